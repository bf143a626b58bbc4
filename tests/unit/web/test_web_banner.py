"""Whom the page is about: in full, or small where the EHR shows it already; never gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smart_app.web.assessment_view import assessment_view
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import words
from tests.browser.invented import PHYSICIAN, looks

LINKS = Links("launch-1", "/assessment/launch-1", "?lang=en", "en", "token-1")


def header(look: str, links: Links = LINKS, *, banner: bool) -> str:
    view = assessment_view(words("sv"), looks()[look], replace(PHYSICIAN, banner=banner))
    page = render("assessment.html", "sv", view=view, links=links)
    return page.partition('<main id="main">')[0]


def test_the_name_stays_when_the_ehr_shows_the_banner_and_the_number_does_not() -> None:
    full, small = header("usual", banner=True), header("usual", banner=False)
    name = full.partition("<h1>")[2].partition(" <span")[0].partition("</h1>")[0]
    assert name.startswith("<bdi>"), "a name's own direction must not turn the personal number after it around"
    assert name.endswith("</bdi>")
    assert f"<h1>{name}</h1>" in small
    assert 'class="num"' in full
    assert 'class="num"' not in small
    assert 'class="banner banner-small"' in small
    assert "läst" in small.lower()


@pytest.mark.parametrize("banner", [True, False])
def test_a_style_of_the_launch_is_linked_where_there_is_one(banner: bool) -> None:
    assert "/style/" not in header("usual", banner=banner)
    assert '<link rel="stylesheet" href="/style/launch-1.css">' in header(
        "usual", replace(LINKS, style="/style/launch-1.css"), banner=banner
    )

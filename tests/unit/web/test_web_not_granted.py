"""What the EHR has not let us write is said before anything is saved, and nothing is offered that would fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smart_app.web.assessment_view import assessment_view
from smart_app.web.render import render
from smart_app.web.views import Links
from smart_app.web.words import Language, words
from tests.browser.invented import PHYSICIAN, looks

LINKS = Links("launch-1", "/assessment/launch-1", "?lang=en", "en", "token-1")
BUTTON = '<button class="primary" disabled'


def html(language: Language, **visitor: object) -> str:
    view = assessment_view(words(language), looks()["usual"], replace(PHYSICIAN, **visitor))  # type: ignore[arg-type]
    return render("assessment.html", language, view=view, links=LINKS)


@pytest.mark.parametrize(
    ("language", "said"),
    [("sv", "har inte gett rätt att skriva riskbedömning och plan"), ("en", "right to write the risk assessment and")],
)
def test_less_is_said_before_saving_and_saving_stays_possible(language: Language, said: str) -> None:
    page = html(language, not_granted=("RiskAssessment", "CarePlan"))
    assert said in page
    assert BUTTON not in page


def test_button_is_off_with_its_reason_where_no_other_way_is_allowed() -> None:
    page = html("sv", not_granted=("RiskAssessment",), no_other_way=True)
    assert BUTTON in page
    assert page.count("rätt att skriva riskbedömning, så inget kan sparas") == 1


def test_nothing_is_said_when_all_was_granted() -> None:
    assert "gett rätt" not in html("sv")
    assert BUTTON not in html("sv", no_other_way=True)

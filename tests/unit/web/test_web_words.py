"""The two languages say the same things, and nothing in a value can become markup."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from smart_app.web.days import distance, moment, short_date
from smart_app.web.figures import age_on, out_of_100
from smart_app.web.words import NoSuchText, words

SV, EN = words("sv"), words("en")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
PAGES = Path(str(files("smart_app.web")))


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    assert SV.texts.keys() == EN.texts.keys()
    differing = [
        key
        for key in SV.texts
        if {p.lower() for p in PLACEHOLDER.findall(SV.texts[key])}
        != {p.lower() for p in PLACEHOLDER.findall(EN.texts[key])}
    ]
    assert differing == []


def test_no_text_is_empty_and_marks_are_paired() -> None:
    for said in (SV, EN):
        assert [key for key, text in said.texts.items() if not text.strip() or text.count("**") % 2] == []


def test_every_text_that_a_page_asks_for_by_name_exists() -> None:
    sources = [*PAGES.glob("*.py"), *PAGES.glob("templates/*.html")]
    asked = {
        key
        for source in sources
        for key in re.findall(r"""\b(?:t|words)\(["']([a-z0-9_.-]+)["']""", source.read_text(encoding="utf-8"))
    }
    assert len(asked) > 100
    assert {key for key in asked if key not in SV.texts} == set()


@pytest.mark.parametrize("name", ["<b>x</b>", "{n}", "**x**"])
def test_a_value_stays_text(name: str) -> None:
    said = SV("page.title_plain", name=name)
    assert "<b>" not in said
    assert "<strong>" not in said
    assert str(said).startswith(name.replace("<", "&lt;").replace(">", "&gt;"))


def test_marked_words_become_strong() -> None:
    assert "<strong>46</strong>" in SV("risk.sentence_individual", n="46", day=90, date="12 januari")


def test_an_unknown_key_is_a_fault() -> None:
    with pytest.raises(NoSuchText):
        SV("no.such.key")


def test_counting_and_joining() -> None:
    assert SV.count("todo.lead", 1).startswith("En är")
    assert SV.count("todo.lead", 3).startswith("Tre är")
    assert EN.count("todo.lead", 13).startswith("13 are")
    assert SV.join(["a", "b", "c"]) == "a, b och c"
    assert SV.join(["a"]) == "a"


@pytest.mark.parametrize(
    ("day", "sv", "en"),
    [
        (date(2026, 11, 20), "i dag", "today"),
        (date(2026, 11, 21), "i morgon", "tomorrow"),
        (date(2026, 11, 26), "om 6 dagar", "in 6 days"),
        (date(2026, 11, 19), "i går", "yesterday"),
        (date(2026, 11, 17), "för 3 dagar sedan", "3 days ago"),
    ],
)
def test_distances(day: date, sv: str, en: str) -> None:
    on = date(2026, 11, 20)
    assert distance(SV, day, on) == sv
    assert distance(EN, day, on) == en


def test_the_year_is_said_when_it_is_another() -> None:
    on = date(2026, 11, 20)
    assert short_date(SV, date(2026, 3, 1), on) == "1\u00a0mars"
    assert short_date(SV, date(2027, 1, 12), on) == "12\u00a0jan\u00a02027"


@pytest.mark.parametrize(
    ("instant", "said"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "01:30"),  # before the clock goes forward
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "03:30"),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), "00:30"),
        (datetime(2026, 3, 28, 22, 30, tzinfo=UTC), "28\u00a0mars 23:30"),
    ],
)
def test_moments_are_swedish_time(instant: datetime, said: str) -> None:
    assert moment(SV, instant, date(2026, 3, 29)) == said


@pytest.mark.parametrize(("share", "said"), [(0.455, "46"), (0.4549, "45"), (0.004, "<1"), (0.0, "0"), (1.0, "100")])
def test_figures_are_whole_and_never_nothing_by_rounding(share: float, said: str) -> None:
    assert out_of_100(share) == said


def test_age_turns_on_the_birthday() -> None:
    assert [age_on(date(1980, 4, 12), date(2026, 4, day)) for day in (11, 12)] == [45, 46]

"""The case card: the guideline's recommended maximum, and which days of the chain concern whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from risk.case import Occupation, SickLeaveCase
from risk.milestones import ChainRule, passed, upcoming
from smart_app.web.case_card import case_card
from smart_app.web.views import CaseCard
from smart_app.web.words import Language, words
from tests.browser.invented import a_case


def card(case: SickLeaveCase, language: Language = "sv") -> CaseCard:
    return case_card(words(language), case, upcoming(case, case.on))


def fact(found: CaseCard, label: str) -> tuple[str, str]:
    one = next(one for one in found.facts if str(one.label) == label)
    return str(one.value), " ".join(str(note) for note in one.notes)


@pytest.mark.parametrize(
    ("icd", "day", "value", "note"),
    [
        ("M545", 37, "23 dagar över", "längst 7–14 dagar, efter arbetets tyngd"),
        ("M545", 15, "1 dag över", "längst 7–14 dagar, efter arbetets tyngd"),
        ("M545", 10, "Beror på fallet", "längst 7–14 dagar, efter arbetets tyngd"),
        ("M545", 5, "2 dagar kvar", "längst 7–14 dagar, efter arbetets tyngd"),
        ("S520", 37, "83 dagar kvar", "längst 120 dagar"),
        ("M23", 37, "Finns inte här", "Bara riktlinjer för tjänstens egna diagnosgrupper är inlagda"),
        (None, 37, "Ingen riktlinje", "Intyget saknar diagnoskod"),
    ],
)
def test_days_over_or_left_or_no_guideline(icd: str | None, day: int, value: str, note: str) -> None:
    said = fact(card(a_case(diagnosis=icd, day=day)), "Riktlinje (FMB 2020)")
    assert said == (value, note)


def test_nobody_is_over_a_guideline_without_a_limit() -> None:
    value, note = fact(card(a_case(diagnosis="F31", day=800), "en"), "Guideline (FMB 2020)")
    assert value == "Depends on the case"
    assert note.endswith("no limit in the most severe cases")


def test_the_guideline_is_drawn_beside_the_certificates() -> None:
    drawn = card(a_case()).strip
    assert drawn.guideline is not None
    assert drawn.guideline_text is not None
    assert drawn.guideline_text.text == "Riktlinje 7–14 dagar"
    assert card(a_case(diagnosis="M23")).strip.guideline_text is None
    early = card(a_case(diagnosis="S520")).strip  # the bar ends beyond the drawing, and is cut there
    assert early.guideline is not None
    assert float(early.guideline.x.rstrip("%")) + float(early.guideline.width.rstrip("%")) <= 100.01


def test_a_case_that_is_over_is_on_no_day_and_has_nothing_ahead() -> None:
    over = card(a_case(until=date(2026, 11, 12), ongoing=False, degree_now=None))
    assert fact(over, "Sjukfallet") == ("29 dagar", "15\u00a0okt–12\u00a0nov")
    assert fact(over, "Riktlinje (FMB 2020)")[0] == "15 dagar över"
    assert "Rehabkedjan" not in [str(one.label) for one in over.facts]
    assert (over.milestones, over.milestone_rows, over.strip.today.text) == (None, (), "i dag")


@pytest.mark.parametrize(
    ("language", "said"), [("sv", "Försäkringskassan avgör."), ("en", "The Social Insurance Agency decides.")]
)
def test_where_the_agency_decides_the_page_says_so(language: Language, said: str) -> None:
    rows = {str(row.head): str(row.cells[1]) for row in card(a_case(), language).milestone_rows}
    decided = [head for head, text in rows.items() if said in text]
    assert [head for head in rows if any(str(day) in head.split() for day in (90, 180, 365, 550))] == decided


@pytest.mark.parametrize(
    ("occupations", "days"),
    [((), (8, 15, 30)), ((Occupation.JOB_SEEKER,), (8,)), ((Occupation.STUDIES,), (15,))],
)
def test_days_that_have_come_concern_only_whom_they_concern(
    occupations: tuple[Occupation, ...], days: tuple[int, ...]
) -> None:
    case = a_case(occupations=frozenset(occupations))
    assert passed(case) == days
    drawn = card(case).milestones
    assert drawn is not None
    assert tuple(int(one.day) for one in drawn.stations if one.state == "done") == days


@pytest.mark.parametrize(
    ("occupation", "said"),
    [
        (Occupation.JOB_SEEKER, "arbetssökande prövas mot normalt förekommande arbete från dag 1"),
        (Occupation.PARENTAL_LEAVE, "Intyg behövs från och med nu"),
        (Occupation.CURRENT_WORK, "Intyg behövs från och med nu"),
    ],
)
def test_the_words_of_a_day_are_those_of_the_occupation(occupation: Occupation, said: str) -> None:
    case = a_case(occupations=frozenset({occupation}), chain_day=4)
    [day_8] = [one for one in upcoming(case, case.on) if one.day == 8 and one.chain]
    assert day_8.text_sv.endswith(said)
    assert ("job seekers" in day_8.text_en) == (occupation is Occupation.JOB_SEEKER)


def test_a_rule_holds_between_its_dates_only() -> None:
    case = a_case(chain_day=45)
    day_90 = case.on + timedelta(days=45)
    rule = ChainRule(90, "sv", "en", True, "source")

    def holds(since: date | None, until: date | None) -> bool:
        dated = replace(rule, valid_from=since, valid_until=until)
        return any(one.day == 90 and one.chain for one in upcoming(case, case.on, rules=(dated,)))

    before, after = day_90 - timedelta(days=1), day_90 + timedelta(days=1)
    assert holds(None, None)
    assert holds(day_90, day_90)
    assert holds(case.on + timedelta(days=10), None)  # in force when the day comes, not today
    assert not holds(after, None)
    assert not holds(None, before)

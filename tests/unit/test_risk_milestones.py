"""Milestones by occupation: every day of the chain, whose it is, and where the agency decides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from risk.case import Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind, SickLeaveCase
from risk.certificates_to_cases import current
from risk.milestones import chain_rules, upcoming

FIRST = date(2026, 1, 1)
WORK, SEEKER, STUDENT, PARENT = (
    Occupation.CURRENT_WORK,
    Occupation.JOB_SEEKER,
    Occupation.STUDIES,
    Occupation.PARENTAL_LEAVE,
)


def first_day(*occupations: Occupation) -> SickLeaveCase:
    period = DegreePeriod(FIRST, FIRST + timedelta(days=19), 1.0)
    certificate = Certificate(
        "a", "a", (period,), occupations=frozenset(occupations), diagnoses=("M54",), first_absence=FIRST
    )
    case = current([certificate], person=Person(), on=FIRST, scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return case


@pytest.mark.parametrize(
    ("occupations", "days"),
    [
        ((), [8, 15, 20, 30, 60, 90, 180, 365, 550]),
        ((WORK,), [8, 15, 20, 30, 60, 90, 180, 365, 550]),
        ((WORK, STUDENT), [8, 15, 20, 30, 60, 90, 180, 365, 550]),
        ((SEEKER,), [8, 20, 365]),
        ((PARENT,), [8, 20, 365]),
        ((STUDENT,), [15, 20, 365]),
    ],
)
def test_the_days_of_each_occupation(occupations: tuple[Occupation, ...], days: list[int]) -> None:
    found = upcoming(first_day(*occupations), FIRST)
    assert [one.day for one in found] == days
    assert all(one.date == FIRST + timedelta(days=one.day - 1) for one in found)
    assert [one.text_sv for one in found if not one.chain] == ["Intyget slutar"]


def test_a_student_is_told_of_the_study_aid_not_of_sick_pay() -> None:
    assert "studiestödet" in upcoming(first_day(STUDENT), FIRST)[0].text_sv
    assert "sjuklönen" in upcoming(first_day(WORK, STUDENT), FIRST)[1].text_sv


def test_where_the_agency_decides() -> None:
    assert [rule.day for rule in chain_rules() if rule.agency_decides] == [90, 180, 365, 550]
    assert {one.day for one in upcoming(first_day(), FIRST) if one.agency_decides} == {90, 180, 365, 550}

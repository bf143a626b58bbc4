"""Interventions that depend on the person: figure, occupation, degree, what is done or ongoing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from risk.advice import advise, choose
from risk.assess import Band, assess
from risk.baseline import NATIONAL_2017
from risk.case import Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind, SickLeaveCase
from risk.certificates_to_cases import current

FIRST = date(2026, 1, 1)
EMPLOYER = {"workplace-adaptation", "ergonomic-assessment"}


def a_case(day: int, *occupations: Occupation, diagnosis: str = "M545") -> SickLeaveCase:
    on = FIRST + timedelta(days=day - 1)
    certificate = Certificate(
        "1",
        "1",
        (DegreePeriod(FIRST, on + timedelta(days=30), 1.0),),
        diagnoses=(diagnosis,),
        occupations=frozenset(occupations),
        first_absence=FIRST,
    )
    case = current([certificate], person=Person(), on=on, scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return case


def ids(case: SickLeaveCase, *done: str, band: Band | None = None) -> set[str]:
    result = assess(case, models=(NATIONAL_2017,))
    if band is not None:
        result = replace(result, band=band)
    return {one.id for one in choose(case, result, done=frozenset(done))}


@pytest.mark.parametrize("only", [Occupation.JOB_SEEKER, Occupation.STUDIES, Occupation.PARENTAL_LEAVE])
def test_without_an_employer_nothing_is_asked_of_one(only: Occupation) -> None:
    assert not EMPLOYER & ids(a_case(37, only))
    assert ids(a_case(37, only, Occupation.CURRENT_WORK)) >= EMPLOYER
    assert ids(a_case(37)) >= EMPLOYER, "not known is not none"


def test_job_seekers_and_students_have_their_own() -> None:
    assert "employment-service-contact" in ids(a_case(20, Occupation.JOB_SEEKER))
    assert "study-adaptation" in ids(a_case(20, Occupation.STUDIES))
    assert not {"employment-service-contact", "study-adaptation"} & ids(a_case(20, Occupation.CURRENT_WORK))


def test_what_is_done_is_followed_up_instead_of_proposed() -> None:
    before, after = ids(a_case(37)), ids(a_case(37), "DV077", "QG003", "GC001")
    gone = {"return-to-work-plan", "exercise-programme", "coordination-contact", "secure-plan"}
    assert gone <= before
    assert not gone & after
    assert {"plan-follow-up", "evaluate-ongoing", "check-started"} <= after - (before - {"check-started"})
    held = {
        one.id: one
        for one in advise(a_case(37), assess(a_case(37), models=(NATIONAL_2017,)), done=frozenset({"DV077"}))[1]
    }
    assert held["return-to-work-plan"].rule == "done-or-ongoing"
    assert held["secure-plan"].why_sv == "En plan finns i journalen."
    assert "cbt" not in held, "it would not have been proposed"


def test_the_figure_changes_what_comes_first() -> None:
    case = a_case(37)
    high = replace(assess(case, models=(NATIONAL_2017,)), band=Band.HIGH)
    rules = {one.id: one for one in choose(case, high)}
    assert rules["coordination-contact"].rule == "coordination-risk"
    share = high.horizons[0].share
    assert share is not None
    assert f"är {round(100 * share)} kvar dag 90" in rules["coordination-contact"].why_sv
    assert "team-conference" in rules
    assert "team-conference" not in ids(case, band=Band.AS_DIAGNOSIS)
    assert "multimodal-rehabilitation" in ids(case)
    assert "multimodal-rehabilitation" not in ids(case, band=Band.LOWER)
    assert "multimodal-rehabilitation" in ids(a_case(60), band=Band.LOWER)


def test_likely_long_cases_meet_the_agency() -> None:
    assert "settlement-meeting" in ids(a_case(65, diagnosis="I63"))
    assert "settlement-meeting" not in ids(a_case(65, diagnosis="G56"))
    assert "settlement-meeting" not in ids(a_case(50, diagnosis="I63"))


def test_those_who_work_in_part_are_asked_for_more_hours() -> None:
    case = a_case(40)
    assert "more-hours" in ids(replace(case, degree_now=0.5))
    assert "more-hours" not in ids(case)
    assert "more-hours" not in ids(replace(case, degree_now=None))

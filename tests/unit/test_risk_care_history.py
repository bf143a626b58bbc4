"""What the record tells of care before the case: seen is known, not seen is none only where it could have been seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from risk.care_history import CareRecord, Contact, ContactKind, Disease, care_history, disease_of
from risk.case import NOT_READ, Certificate, DegreePeriod, Person, Scope, ScopeKind, SickLeaveCase
from risk.certificates_to_cases import current
from risk.days import year_before
from risk.features import build, care_columns

SINCE = date(2026, 3, 1)
VISITS, NIGHTS, OTHERS = "Visits_yearBefore_all_r1_median", "Vtid_yearBefore_all_r1_median", "comorbidity"


def a_case(*diagnoses: str) -> SickLeaveCase:
    period = DegreePeriod(SINCE, SINCE + timedelta(days=40), 1.0)
    one = Certificate("1", "QuestionnaireResponse/1", (period,), diagnoses=diagnoses or ("M545",), first_absence=SINCE)
    found = current([one], person=Person(), on=date(2026, 3, 20), scope=Scope(ScopeKind.PERMITTED))
    assert found is not None
    return found


def visit(days_before: int, *, primary: bool | None = False) -> Contact:
    return Contact(ContactKind.VISIT, SINCE - timedelta(days=days_before), None, primary, f"Encounter/{days_before}")


def stay(first: int, last: int | None) -> Contact:
    until = None if last is None else SINCE - timedelta(days=last)
    return Contact(ContactKind.STAY, SINCE - timedelta(days=first), until, False, f"Encounter/{first}")


def ill(icd: str, since: int = 1000, until: int | None = None) -> Disease:
    last = None if until is None else SINCE - timedelta(days=until)
    return Disease(icd, SINCE - timedelta(days=since), last, f"Condition/{icd}")


OLD = visit(900, primary=True)


def columns(record: CareRecord, *diagnoses: str) -> dict[str, str | None]:
    return care_columns(care_history(record, a_case(*diagnoses)))


def test_what_was_not_read_is_unknown() -> None:
    assert care_history(CareRecord(), a_case()) == NOT_READ
    assert set(columns(CareRecord()).values()) == {None}


@pytest.mark.parametrize(
    ("contacts", "level"),
    [
        ([OLD, visit(10), visit(200)], "aboveMedian"),
        ([visit(10), visit(200)], "aboveMedian"),  # seen is known, however young the record
        ([OLD, visit(10)], "LessT2V"),
        ([OLD], "LessT2V"),
        ([visit(10)], None),  # nothing older: the patient may be new to the record
        ([], None),
        ([OLD, visit(10), visit(370)], "LessT2V"),  # more than a year before
        ([OLD, visit(10), visit(-5)], "LessT2V"),  # in the case
        ([OLD, visit(10), visit(20, primary=None)], None),  # may have been a specialist
        ([OLD, visit(10), visit(20, primary=True)], "LessT2V"),
    ],
)
def test_specialist_visits_of_the_year_before(contacts: list[Contact], level: str | None) -> None:
    assert columns(CareRecord(contacts=tuple(contacts)))[VISITS] == level


@pytest.mark.parametrize(
    ("contacts", "level"),
    [
        ([stay(10, 8)], "aboveMedian"),
        ([OLD, stay(10, 9)], "LessT2V"),  # one night
        ([OLD, stay(10, 10)], "LessT2V"),
        ([stay(10, 9), stay(40, 39)], "aboveMedian"),
        ([OLD], "LessT2V"),
        ([OLD, stay(400, 366)], "LessT2V"),
        ([stay(400, 360)], "aboveMedian"),  # the part inside the year
        ([stay(3, None)], "aboveMedian"),  # still there on day 1
        ([stay(10, 9)], None),
    ],
)
def test_days_in_hospital_of_the_year_before(contacts: list[Contact], level: str | None) -> None:
    assert columns(CareRecord(contacts=tuple(contacts)))[NIGHTS] == level


@pytest.mark.parametrize(
    ("diseases", "certified", "level"),
    [
        ([ill("I109"), ill("E119")], ("M545",), "yes"),
        ([ill("I109"), ill("I10")], ("M545",), "no"),  # one disease, two codes
        ([ill("I109"), ill("J069")], ("M545",), "no"),  # a cold does not last
        ([ill("I109"), ill("E119", until=100)], ("M545",), "no"),  # over before day 1
        ([ill("I109"), ill("E119", since=-5)], ("M545",), "no"),  # found during the case
        ([ill("F321"), ill("I109")], ("F329",), "no"),  # the case's own does not count
        ([ill("I109")], ("M545", "F411"), "yes"),  # the certificate's second diagnosis does
        ([ill("I109", since=100), ill("E119", since=100)], ("M545",), "yes"),
        ([ill("M545", since=100)], ("M545",), None),  # a record that begins with this illness says nothing
        ([], ("M545",), None),
    ],
)
def test_other_long_lasting_diseases(diseases: list[Disease], certified: tuple[str, ...], level: str | None) -> None:
    assert columns(CareRecord(diseases=tuple(diseases)), *certified)[OTHERS] == level


def test_where_it_began_is_asked_of_the_first_unit() -> None:
    began = [columns(CareRecord(first_unit_primary_care=said))["NoCareAtStart"] for said in (True, False, None)]
    assert began == ["NoCareAtStart", "CareAtStart", None]


def test_what_was_counted_is_named() -> None:
    record = CareRecord((ill("I109"), ill("J069")), (OLD, visit(10), visit(20, primary=True), stay(30, 28)))
    assert care_history(record, a_case()).basis == ("Condition/I109", "Encounter/10", "Encounter/30")


@pytest.mark.parametrize(
    ("icd", "disease"),
    [("C509", "cancer"), ("F431", "anxiety"), ("F432", None), ("S525", None), ("M797", "widespread-pain")],
)
def test_diseases_by_code(icd: str, disease: str | None) -> None:
    assert disease_of(icd) == disease


def test_no_earlier_leave_is_known_only_where_the_record_reaches_back() -> None:
    year = year_before(SINCE)
    for record, level in (
        (CareRecord(), None),
        (CareRecord(certified_since=year), None),
        (CareRecord(certified_since=year - timedelta(days=1)), "0"),
        (CareRecord(contacts=(OLD,)), "0"),
    ):
        case = a_case()
        assert build(replace(case, care=care_history(record, case))).columns["SA_1_gross"] == level

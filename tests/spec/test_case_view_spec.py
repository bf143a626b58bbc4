"""How one case looks on a given day: one row per field and rule, certificates in, field out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from risk.case import Basis, Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind
from risk.certificates_to_cases import current

PERMITTED = Scope(ScopeKind.PERMITTED)
EMPLOYEE = frozenset({Occupation.CURRENT_WORK})
STUDENT = frozenset({Occupation.STUDIES})
PHONE = frozenset({Basis.PHONE})
VISIT = frozenset({Basis.PHYSICAL_EXAMINATION, Basis.RECORDS})


def at(month: int, day: int, year: int = 2026) -> date:
    return date(year, month, day)


def one(name: str, since: date, until: date, degree: float | None = 1.0, **more: Any) -> Certificate:
    plain = Certificate(name, name, (DegreePeriod(since, until, degree),), signed=datetime(2026, 1, 1, tzinfo=UTC))
    return replace(plain, **more)


@dataclass(frozen=True)
class Row:
    """Certificates and a day in -> some fields of the case out."""

    rule: str
    certificates: tuple[Certificate, ...]
    on: date
    fields: dict[str, Any]


A = one("a", at(3, 1), at(3, 31), diagnoses=("M545",))
B = one("b", at(4, 1), at(4, 30), 0.5, diagnoses=("F432", "M545"))

TABLE = (
    Row("day 1 is the first day", (A,), at(3, 1), {"day": 1, "chain_day": 1, "ongoing": True}),
    Row("day counts both ends", (A,), at(3, 31), {"day": 31, "ongoing": True}),
    Row("the day after the end", (A,), at(4, 1), {"day": 32, "ongoing": False, "degree_now": None}),
    Row("day 1 unknown: up to 7 days earlier", (A,), at(3, 5), {"day1_known": False, "since_earliest": at(2, 22)}),
    Row(
        "employee, signed ahead: up to 14 days earlier",
        (replace(A, occupations=EMPLOYEE),),
        at(3, 5),
        {"since": at(3, 1), "since_earliest": at(2, 15)},
    ),
    Row(
        "employee, signed on the first day: up to 7 days earlier",
        (replace(A, occupations=EMPLOYEE, signed=datetime(2026, 3, 1, 9, tzinfo=UTC)),),
        at(3, 5),
        {"since_earliest": at(2, 22)},
    ),
    Row(
        "signed 00:30 Swedish time on the first day is not ahead",
        (replace(A, occupations=EMPLOYEE, signed=datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),),
        at(3, 5),
        {"since_earliest": at(2, 22)},
    ),
    Row(
        "student: never 14 days",
        (replace(A, occupations=STUDENT),),
        at(3, 5),
        {"since_earliest": at(2, 22)},
    ),
    Row(
        "uncertainty never reaches into the earlier case",
        (one("z", at(2, 1), at(2, 20)), one("a", at(2, 27), at(3, 31))),
        at(3, 5),
        {"since": at(2, 27), "since_earliest": at(2, 21)},
    ),
    Row(
        "stated first day of absence is day 1",
        (replace(A, first_absence=at(2, 22)),),
        at(3, 1),
        {"since": at(2, 22), "since_earliest": at(2, 22), "day1_known": True, "day": 8},
    ),
    Row(
        "the earliest stated day wins over those of renewals",
        (replace(A, first_absence=at(2, 22)), replace(B, first_absence=at(4, 1))),
        at(4, 2),
        {"since": at(2, 22)},
    ),
    Row(
        "stated day after the start is not used",
        (replace(A, first_absence=at(3, 2)),),
        at(3, 5),
        {"since": at(3, 1), "day1_known": False, "warnings": ("first-absence-after-start",)},
    ),
    Row(
        "stated day inside an earlier case is not used",
        (one("z", at(2, 1), at(2, 20)), one("a", at(2, 27), at(3, 31), first_absence=at(2, 20))),
        at(3, 5),
        {"since": at(2, 27), "day1_known": False, "warnings": ("first-absence-in-earlier-case",)},
    ),
    Row(
        "stated day more than a year before is not used",
        (replace(A, first_absence=at(2, 22, 2016)),),
        at(3, 5),
        {"day1_known": False, "warnings": ("first-absence-far-before-start",)},
    ),
    Row("degree steps", (A, B), at(4, 2), {"degree_now": 0.5, "renewals": 1}),
    Row(
        "overlapping degrees: signed last wins, and the first comes back after it",
        (
            one("a", at(3, 1), at(3, 31), 1.0),
            one("b", at(3, 10), at(3, 20), 0.5, signed=datetime(2026, 3, 9, tzinfo=UTC)),
        ),
        at(3, 12),
        {
            "degree_now": 0.5,
            "warnings": ("overlap",),
            "degrees": (
                DegreePeriod(at(3, 1), at(3, 9), 1.0),
                DegreePeriod(at(3, 10), at(3, 20), 0.5),
                DegreePeriod(at(3, 21), at(3, 31), 1.0),
            ),
        },
    ),
    Row(
        "overlapping degrees: signed last wins also when it begins first",
        (
            one("a", at(3, 1), at(3, 31), 0.5, signed=datetime(2026, 3, 15, tzinfo=UTC)),
            one("b", at(3, 10), at(3, 20), 1.0, signed=datetime(2026, 3, 9, tzinfo=UTC)),
        ),
        at(3, 12),
        {"degrees": (DegreePeriod(at(3, 1), at(3, 31), 0.5),)},
    ),
    Row(
        "same degree in two certificates is one period",
        (A, one("b", at(4, 1), at(4, 30))),
        at(4, 2),
        {"degrees": (DegreePeriod(at(3, 1), at(4, 30), 1.0),)},
    ),
    Row(
        "degree not said is unknown, not zero",
        (replace(one("a", at(3, 1), at(3, 31), None), diagnoses=("M545",), basis=VISIT, occupations=STUDENT),),
        at(3, 2),
        {"degree_now": None, "ongoing": True, "unknown": ("first_absence", "degree", "birth_date", "sex", "region")},
    ),
    Row("diagnosis: latest and first", (A, B), at(4, 2), {"diagnosis": "F432", "first_diagnosis": "M545"}),
    Row("diagnosis: the latest that has one", (A, replace(B, diagnoses=())), at(4, 2), {"diagnosis": "M545"}),
    Row("no diagnosis is unknown", (replace(A, diagnoses=()),), at(3, 2), {"diagnosis": None, "first_diagnosis": None}),
    Row("renewal by phone only", (A, replace(B, basis=PHONE)), at(4, 2), {"renewals_without_examination": 1}),
    Row("renewal with a visit", (A, replace(B, basis=VISIT)), at(4, 2), {"renewals_without_examination": 0}),
    Row("renewal that does not say is not counted", (A, B), at(4, 2), {"renewals_without_examination": 0}),
    Row(
        "the first certificate is no renewal", (replace(A, basis=PHONE),), at(3, 2), {"renewals_without_examination": 0}
    ),
    Row(
        "chain: 89 days between are added",
        (one("z", at(11, 1, 2025), at(11, 30, 2025)), one("a", at(2, 28), at(3, 31))),
        at(2, 28),
        {"day": 1, "chain_day": 31},
    ),
    Row(
        "chain: 90 days between are not",
        (one("z", at(11, 1, 2025), at(11, 30, 2025)), one("a", at(3, 1), at(3, 31))),
        at(3, 1),
        {"day": 1, "chain_day": 1},
    ),
    Row(
        "chain: several earlier cases, each near the next",
        (
            one("y", at(9, 1, 2025), at(9, 10, 2025)),
            one("z", at(11, 1, 2025), at(11, 30, 2025)),
            one("a", at(2, 1), at(3, 31)),
        ),
        at(2, 1),
        {"chain_day": 41},
    ),
    Row(
        "chain: a long break ends it, whatever lies before",
        (
            one("y", at(1, 1, 2025), at(1, 10, 2025)),
            one("z", at(11, 1, 2025), at(11, 30, 2025)),
            one("a", at(2, 1), at(3, 31)),
        ),
        at(2, 1),
        {"chain_day": 31},
    ),
    Row(
        "prior leave: only days in the twelve months before",
        (one("y", at(2, 1, 2025), at(3, 10, 2025)), one("z", at(11, 1, 2025), at(11, 30, 2025)), A),
        at(3, 2),
        {"prior_days_12_months": 40, "prior_longest_case_days": 30},
    ),
    Row("prior leave: none found is 0", (A,), at(3, 2), {"prior_days_12_months": 0, "prior_longest_case_days": 0}),
    Row(
        "prior leave counts certified days, not the days between",
        (one("y", at(1, 1), at(1, 10)), one("z", at(1, 14), at(1, 20)), A),
        at(3, 2),
        {"prior_days_12_months": 17, "prior_longest_case_days": 20},
    ),
    Row(
        "between two cases the ended one is shown", (A, one("b", at(5, 1), at(5, 31))), at(4, 20), {"until": at(3, 31)}
    ),
    Row("spring clock change: 31 days are 31 days", (A,), at(3, 31), {"day": 31}),
    Row("autumn clock change", (one("a", at(10, 1), at(10, 31)),), at(10, 26), {"day": 26}),
    Row("leap day", (one("a", at(2, 1, 2028), at(3, 31, 2028)),), at(3, 1, 2028), {"day": 30}),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_a_case_on_a_day(row: Row) -> None:
    case = current(row.certificates, person=Person(), on=row.on, scope=PERMITTED)
    assert case is not None
    assert {name: getattr(case, name) for name in row.fields} == row.fields


def test_nothing_begun_is_no_case() -> None:
    assert current((A,), person=Person(), on=at(2, 28), scope=PERMITTED) is None
    assert current((), person=Person(), on=at(2, 28), scope=PERMITTED) is None

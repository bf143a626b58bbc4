"""What a model may know of a case: names and levels of the national tool, unknown stays unknown."""

from __future__ import annotations

from datetime import date

import pytest

from risk.case import Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind, Sex
from risk.certificates_to_cases import current
from risk.features import COLUMNS, age_class, build, prior_leave, region


def build_for(person: Person, *certificates: Certificate) -> dict[str, str | None]:
    case = current(certificates, person=person, on=date(2026, 3, 5), scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return build(case).columns


def one(name: str, since: date, until: date, degree: float | None, *occupations: Occupation) -> Certificate:
    return Certificate(name, name, (DegreePeriod(since, until, degree),), occupations=frozenset(occupations))


def test_nothing_known_is_all_unknown() -> None:
    columns = build_for(Person(), one("a", date(2026, 3, 1), date(2026, 3, 31), None))
    assert set(columns) == set(COLUMNS)
    assert {name for name, level in columns.items() if level is not None} == set()


def test_a_case_fills_what_it_knows() -> None:
    columns = build_for(
        Person(Sex.FEMALE, date(1980, 4, 12), "411 05"),
        one("z", date(2025, 9, 1), date(2025, 12, 31), 1.0),
        one("a", date(2026, 3, 1), date(2026, 3, 31), 0.5, Occupation.JOB_SEEKER),
    )
    assert {name: level for name, level in columns.items() if level is not None} == {
        "Sex": "Female",
        "age_cat_fct": "40-49",
        "Region": "Vast",
        "SA_1_gross": "(90,180]",
        "SA_SyssStart_fct": "unemp",
        "SA_ExtentFirst": "0.5",
    }


@pytest.mark.parametrize(
    ("age", "level"),
    [
        (17, "17-29"),
        (29, "17-29"),
        (30, "30-39"),
        (49, "40-49"),
        (50, "50-56"),
        (56, "50-56"),
        (57, "57-63"),
        (70, "57-63"),
    ],
)
def test_age_classes(age: int, level: str) -> None:
    assert age_class(date(2026 - age, 6, 15), date(2026, 6, 15)) == level


def test_age_needs_a_birth_date_in_the_past() -> None:
    assert age_class(None, date(2026, 1, 1)) is None
    assert age_class(date(2026, 1, 2), date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("days", "level"),
    [(0, "0"), (14, "0"), (15, "(0,90]"), (90, "(0,90]"), (91, "(90,180]"), (180, "(90,180]"), (181, "(180,366]")],
)
def test_prior_leave(days: int, level: str) -> None:
    assert prior_leave(days, whole=True) == level
    assert prior_leave(days, whole=False) == (None if level == "0" else level)


@pytest.mark.parametrize(
    ("person", "level"),
    [
        (Person(postal_code="90232"), "Nord"),
        (Person(postal_code="111 22"), "Stockholm"),
        (Person(postal_code="62100"), "Stockholm"),
        (Person(postal_code="21122"), "Syd"),
        (Person(postal_code="58222"), "Mitt"),
        (Person(postal_code="99999", county_code="03"), "Mitt"),
        (Person(county_code="14"), "Vast"),
        (Person(postal_code="00000"), None),
        (Person(), None),
    ],
)
def test_region(person: Person, level: str | None) -> None:
    assert region(person) == level

"""A simulated case as the certificates that a record would hold: renewals, part-time steps, the case before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from risk.case import Basis, Certificate, DegreePeriod, Occupation, Person, Sex
from risk.columns import LEVELS
from risk.training.rows import CaseRows

_PLACE = {name: place for place, name in enumerate(LEVELS)}
_FIRST_LENGTHS, _RENEWAL_LENGTHS = (14, 21, 28), (21, 28, 42, 60)
_STEP_FROM, _STEP_CHANCE = 45, 0.35
_AGES = {"17-29": (19, 29), "30-39": (30, 39), "40-49": (40, 49), "50-56": (50, 56), "57-63": (57, 63)}
_BEFORE = {"(0,90]": (15, 90), "(90,180]": (91, 180), "(180,366]": (181, 330)}
_POSTCODES = {"Stockholm": "11122", "Nord": "90330", "Mitt": "75320", "Vast": "41120", "Syd": "21140"}
_GAP_DAYS = 20


@dataclass(frozen=True, slots=True)
class History:
    """One simulated person as a record shows them; `certificates` ascending, the earlier case's first."""

    person_id: str
    person: Person
    diagnosis: str
    since: date
    certificates: tuple[Certificate, ...]


def histories(cases: CaseRows, seed: int) -> Iterator[History]:
    """One history per case, one at a time; the same for the same seed and person."""
    return (_history(cases, at, seed) for at in range(len(cases.rows)))


def _history(cases: CaseRows, at: int, seed: int) -> History:
    rows = cases.rows
    random = np.random.default_rng([seed, *cases.persons[at].encode(), rows.days[at]])
    level = {name: LEVELS[name][rows.codes[at, place]] for name, place in _PLACE.items()}
    since, diagnosis = cases.starts[at], str(rows.keys[at])
    youngest, oldest = _AGES[level["age_cat_fct"]]
    born = since - timedelta(days=int(365.25 * (youngest + random.random() * (oldest - youngest))) + 20)
    person = Person(Sex.FEMALE if level["Sex"] == "Female" else Sex.MALE, born, _POSTCODES[level["Region"]])
    certificates = [
        *_earlier(level["SA_1_gross"], cases, at, random),
        *_case(
            f"{cases.persons[at]}-{since:%y%m%d}", since, int(rows.days[at]), diagnosis, level, cases.units[at], random
        ),
    ]
    return History(cases.persons[at], person, diagnosis, since, tuple(certificates))


def _earlier(level: str, cases: CaseRows, at: int, random: np.random.Generator) -> list[Certificate]:
    """One certificate for the case in the year before, when the answer says that there was one."""
    if level == "0":
        return []
    shortest, longest = _BEFORE[level]
    until = cases.starts[at] - timedelta(days=_GAP_DAYS)
    since = until - timedelta(days=int(random.integers(shortest, longest + 1)) - 1)
    return [
        Certificate(
            id=f"{cases.persons[at]}-{cases.starts[at]:%y%m%d}-before",
            reference="",
            periods=(DegreePeriod(since, until, 1.0),),
            signed=_signed(since),
            diagnoses=(str(cases.rows.keys[at]),),
            basis=frozenset({Basis.PHYSICAL_EXAMINATION}),
            care_unit=cases.units[at],
        )
    ]


def _case(
    name: str, since: date, days: int, diagnosis: str, level: dict[str, str], unit: str, random: np.random.Generator
) -> list[Certificate]:
    """Certificates without gaps from the first to the last day; later ones may step down in degree."""
    work = Occupation.JOB_SEEKER if level["SA_SyssStart_fct"] == "unemp" else Occupation.CURRENT_WORK
    last, at = since + timedelta(days=days - 1), since
    degree, written = float(level["SA_ExtentFirst"]), list[Certificate]()
    while at <= last:
        length = int(random.choice(_RENEWAL_LENGTHS if written else _FIRST_LENGTHS))
        until = min(at + timedelta(days=length - 1), last)
        if (at - since).days >= _STEP_FROM and degree > 0.25 and random.random() < _STEP_CHANCE:
            degree = max(degree - 0.25 * int(random.integers(1, 3)), 0.25)
        written.append(
            Certificate(
                id=f"{name}-{len(written) + 1}",
                reference="",
                periods=(DegreePeriod(at, until, degree),),
                signed=_signed(at),
                diagnoses=(diagnosis,),
                basis=frozenset({Basis.PHYSICAL_EXAMINATION if random.random() < 0.7 else Basis.PHONE}),
                occupations=frozenset({work}),
                renews=written[-1].id if written else None,
                care_unit=unit,
                first_absence=None if written else since,
            )
        )
        at = until + timedelta(days=1)
    return written


def _signed(day: date) -> datetime:
    return datetime.combine(day, time(8, 15), UTC)

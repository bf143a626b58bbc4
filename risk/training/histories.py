"""A simulated case as a record would hold it: certificates with renewals and part-time steps, what went before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from risk.care_history import Contact, ContactKind, Disease
from risk.case import Basis, Certificate, DegreePeriod, Occupation, Person, Sex
from risk.columns import LEVELS
from risk.training.care_records import contacts_before, other_diseases
from risk.training.persons import FIRST_START
from risk.training.rows import CaseRows

_PLACE = {name: place for place, name in enumerate(LEVELS)}
_FIRST_LENGTHS, _RENEWAL_LENGTHS = (14, 21, 28), (21, 28, 42, 60)
_STEP_FROM, _STEP_CHANCE = 45, 0.35
_AGES = {"17-29": (19, 29), "30-39": (30, 39), "40-49": (40, 49), "50-56": (50, 56), "57-63": (57, 63)}
_BEFORE = {"(0,90]": (15, 90), "(90,180]": (91, 180), "(180,366]": (181, 330)}
_POSTCODES = {"Stockholm": "11122", "Nord": "90330", "Mitt": "75320", "Vast": "41120", "Syd": "21140"}
_GAP_DAYS = 20
_FOLLOWED_YEARS = 4.04


@dataclass(frozen=True, slots=True)
class History:
    """One case of a simulated person as a record shows it; what is the person's is the same in all of their cases.

    Attributes:
        certificates: ascending, the earlier case's first.
        diseases: other long-lasting ones.
        contacts: with care, before the case and on day 1; the reference of that one is the first certificate's id.
    """

    person_id: str
    person: Person
    diagnosis: str
    since: date
    certificates: tuple[Certificate, ...]
    diseases: tuple[Disease, ...]
    contacts: tuple[Contact, ...]


def histories(cases: CaseRows, seed: int) -> Iterator[History]:
    """One history per case, one at a time; the same for the same seed, person and day 1."""
    return (_history(cases, at, seed) for at in range(len(cases.rows)))


def _history(cases: CaseRows, at: int, seed: int) -> History:
    rows, who, since = cases.rows, cases.persons[at], cases.starts[at]
    level = {name: LEVELS[name][rows.codes[at, place]] for name, place in _PLACE.items()}
    diagnosis, name = str(rows.keys[at]), f"{who}-{since:%y%m%d}"
    always, random = Random(f"{seed} {who}"), Random(f"{seed} {name}")  # noqa: S311
    sex = Sex.FEMALE if level["Sex"] == "Female" else Sex.MALE
    certificates = [
        *_earlier(level["SA_1_gross"], cases, at, random),
        *_case(name, since, int(rows.days[at]), diagnosis, level, cases.units[at], random),
    ]
    primary = level["NoCareAtStart"] == "NoCareAtStart"
    first = next(one.id for one in certificates if one.since == since)
    return History(
        who,
        Person(sex, _born(level["age_cat_fct"], always), _POSTCODES[level["Region"]]),
        diagnosis,
        since,
        tuple(certificates),
        other_diseases(level["comorbidity"], diagnosis, FIRST_START, always),
        (
            *contacts_before(level, since, f"{name}-visit", random),
            Contact(ContactKind.VISIT, since, since, primary, first),
        ),
    )


def _born(age_class: str, random: Random) -> date:
    """A day of birth with which the person stays in the age class through all of the time followed."""
    youngest, oldest = _AGES[age_class]
    at_first = youngest + 0.02 + random.random() * (oldest + 1 - youngest - _FOLLOWED_YEARS)
    return FIRST_START - timedelta(days=int(365.25 * at_first))


def _earlier(level: str, cases: CaseRows, at: int, random: Random) -> list[Certificate]:
    """One certificate for the case in the year before, when the answer says that there was one."""
    if level == "0":
        return []
    shortest, longest = _BEFORE[level]
    until = cases.starts[at] - timedelta(days=_GAP_DAYS)
    since = until - timedelta(days=random.randint(shortest, longest) - 1)
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
    name: str, since: date, days: int, diagnosis: str, level: dict[str, str], unit: str, random: Random
) -> list[Certificate]:
    """Certificates without gaps from the first to the last day; later ones may step down in degree."""
    work = Occupation.JOB_SEEKER if level["SA_SyssStart_fct"] == "unemp" else Occupation.CURRENT_WORK
    last, at = since + timedelta(days=days - 1), since
    degree, written = float(level["SA_ExtentFirst"]), list[Certificate]()
    while at <= last:
        length = random.choice(_RENEWAL_LENGTHS if written else _FIRST_LENGTHS)
        until = min(at + timedelta(days=length - 1), last)
        if (at - since).days >= _STEP_FROM and degree > 0.25 and random.random() < _STEP_CHANCE:
            degree = max(degree - 0.25 * random.randint(1, 2), 0.25)
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

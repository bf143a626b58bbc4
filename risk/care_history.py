"""What the record tells of a patient's care before the case: other diseases, visits, days in hospital, where it began.

What is seen is known. What is not seen counts as "none" only where the record could have shown it; else it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from risk.case import CareHistory, SickLeaveCase
from risk.days import length, plus, year_before
from risk.errors import CatalogueFault
from risk.packaged import packaged_toml

_FILE = "rules/long_lasting.toml"


class ContactKind(StrEnum):
    """How the patient met care."""

    VISIT = "visit"
    STAY = "stay"  # in hospital


@dataclass(frozen=True, slots=True)
class Disease:
    """One recorded diagnosis: ICD-10-SE without dot, first and last day (None = unknown, still there)."""

    icd: str
    since: date | None
    until: date | None
    reference: str


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact with care; `primary_care` None = the record does not say which kind of unit it was."""

    kind: ContactKind
    since: date
    until: date | None
    primary_care: bool | None
    reference: str


@dataclass(frozen=True, slots=True)
class CareRecord:
    """What was read of one patient; None = not read.

    Attributes:
        first_unit_primary_care: whether the case's first certificate came from primary care; None = not said.
        certified_since: first day of the oldest certificate; None = not said.
    """

    diseases: tuple[Disease, ...] | None = None
    contacts: tuple[Contact, ...] | None = None
    first_unit_primary_care: bool | None = None
    certified_since: date | None = None


def care_history(record: CareRecord, case: SickLeaveCase) -> CareHistory:
    """The record as the models ask for it: on day 1, and in the twelve months before.

    What is not seen counts as none only where the record reaches back: it holds something older than those twelve
    months, and for diseases a coded diagnosis too. A patient who is new to the record may have all of it elsewhere.

    Source: questions of sklintyg/srs 3.0; docs/explanation/risk.md.
    """
    begin, end = year_before(case.since), plus(case.since, -1)
    contacts, recorded = record.contacts or (), record.diseases or ()
    met_before = any(one.since < begin for one in contacts)
    ill_before = any(one.since is not None and one.since < begin for one in recorded)
    certified_before = record.certified_since is not None and record.certified_since < begin
    visits = [one for one in contacts if one.kind is ContactKind.VISIT and begin <= one.since <= end]
    stays = [one for one in contacts if one.kind is ContactKind.STAY and one.since <= end and _last(one, end) >= begin]
    at_specialists = [one for one in visits if one.primary_care is False]
    diseases, seen = _others(recorded, case)
    return CareHistory(
        other_diseases=diseases,
        diseases_whole=bool(recorded) and (met_before or ill_before),
        specialist_visits=tuple(sorted(one.since for one in at_specialists)),
        visits_whole=met_before and all(one.primary_care is not None for one in visits),
        hospital_days=sum(_nights(one, begin, end) for one in stays),
        stays_whole=met_before,
        leave_whole=met_before or ill_before or certified_before,
        began_in_primary_care=record.first_unit_primary_care,
        basis=tuple(dict.fromkeys([*seen, *(one.reference for one in (*at_specialists, *stays))])),
    )


def disease_of(icd: str) -> str | None:
    """The long-lasting disease that a code stands for; None when it is none of those listed.

    >>> disease_of("E119"), disease_of("J069")
    ('diabetes', None)
    """
    return next((name for name, codes in _long_lasting().items() if any(_covers(one, icd) for one in codes)), None)


def _others(diseases: Iterable[Disease], case: SickLeaveCase) -> tuple[tuple[str, ...], list[str]]:
    """The other long-lasting diseases on day 1, each once, and the references that tell of them."""
    own = {disease_of(code) for code in (case.diagnosis, case.first_diagnosis) if code} | {None}
    found: dict[str, list[str]] = {}
    for one in (*diseases, *_certified(case)):
        name = disease_of(one.icd)
        there = (one.since is None or one.since <= case.since) and (one.until is None or one.until >= case.since)
        if name is not None and name not in own and there:
            found.setdefault(name, []).append(one.reference)
    return tuple(sorted(found)), [one for name in sorted(found) for one in found[name]]


def _certified(case: SickLeaveCase) -> Iterable[Disease]:
    """Second diagnoses on the case's first certificate."""
    first = case.certificates[0]
    return (Disease(code, None, None, first.reference) for code in first.diagnoses[1:])


def _last(stay: Contact, end: date) -> date:
    return end if stay.until is None else stay.until


def _nights(stay: Contact, begin: date, end: date) -> int:
    """Days of a stay inside the year: nights, at least one."""
    since, until = max(stay.since, begin), min(_last(stay, end), end)
    return max(1, length(since, until) - 1)


def _covers(rule: str, icd: str) -> bool:
    first, _, last = rule.partition("-")
    return first <= icd[:3] <= last if last else icd.startswith(first)


@cache
def _long_lasting() -> dict[str, list[str]]:
    listed: dict[str, Any] = packaged_toml(_FILE)["disease"]
    for name, codes in listed.items():
        wrong = [one for one in codes if "-" in one and [len(part) for part in one.split("-")] != [3, 3]]
        if wrong or not codes:
            raise CatalogueFault(file=_FILE, key=name, reason="a code, or a range of three characters each")
    return listed

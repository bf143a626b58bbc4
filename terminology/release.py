"""Editions of the code lists, and the name of what this version ships; every stored result names it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

RELEASE = "kva-2020-04+2021"


@dataclass(frozen=True, slots=True)
class Release:
    """One yearly edition of a code list.

    Attributes:
        system: name of the list ("kva", "icd10se"), or its address when it is none of ours.
        id: the edition, e.g. "2024"; FHIR's CodeSystem.version.
        first_day: from when it holds; it holds until the next one begins.
        last_day: the last day for which it was published; later days are answered, but said to be beyond.
        whole: False when only a selection of the codes is here: an absent code may exist then.
        title: the list's name in words.
        source: where it comes from.
        unjudged: codes whose change from the release before no person has judged.
    """

    system: str
    id: str
    first_day: date
    last_day: date
    whole: bool = True
    title: str = ""
    source: str = ""
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which one release holds, both ends included. `sure` is False beyond the year it was published for."""

    since: date
    until: date
    sure: bool


def of_year(year: int) -> tuple[date, date]:
    """First and last day of a yearly edition."""
    return date(year, 1, 1), date(year, 12, 31)


def surely_held(release: Release, following: Release | None) -> Period:
    """The days on which a release held for sure: its own year, unless the next one began earlier."""
    last = release.last_day
    if following is not None:
        last = min(last, following.first_day - timedelta(days=1))
    return Period(release.first_day, last, sure=True)

"""What a simulated person's record holds of care before a case, so that reading it gives the drawn answers back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from risk.care_history import Contact, ContactKind, Disease, disease_of
from risk.days import plus, year_before
from risk.packaged import packaged_toml

_TABLE = "training/tables/records.toml"
_ILL_SINCE_DAYS, _KNOWN_SINCE_DAYS = (500, 5000), (380, 720)


def other_diseases(answer: str, diagnosis: str, before: date, random: Random) -> tuple[Disease, ...]:
    """Long-lasting diseases beside the certified one: at least two for "yes", else at most one.

    Args:
        before: they were all there more than a year before this day.
    """
    chosen = random.sample(_beside(diagnosis), random.randint(2, 3) if answer == "yes" else random.randint(0, 1))
    return tuple(
        Disease(code, before - timedelta(days=random.randint(*_ILL_SINCE_DAYS)), None, code) for code in chosen
    )


def contacts_before(answers: Mapping[str, str], since: date, name: str, random: Random) -> tuple[Contact, ...]:
    """Visits and stays: one long ago, by which the record is seen to reach back, and those of the year before day 1.

    Args:
        answers: column -> level.
        since: day 1 of the case.
        name: what the references begin with.
    """
    begin, end = year_before(since), plus(since, -1)
    visits = random.randint(*_table()["visits"][answers["Visits_yearBefore_all_r1_median"]])
    nights = random.randint(*_table()["nights"][answers["Vtid_yearBefore_all_r1_median"]])
    met = [(since - timedelta(days=random.randint(*_KNOWN_SINCE_DAYS)), True)]
    met += [(_day(begin, end, random), False) for _ in range(visits)]
    met += [(_day(begin, end, random), True) for _ in range(random.randint(0, 2))]
    found = [Contact(ContactKind.VISIT, on, on, primary, f"{name}-{at}") for at, (on, primary) in enumerate(met)]
    if nights:
        first = _day(begin, plus(end, -nights), random)
        found.append(Contact(ContactKind.STAY, first, plus(first, nights), False, f"{name}-{len(met)}"))
    return tuple(found)


def _day(first: date, last: date, random: Random) -> date:
    return first + timedelta(days=random.randint(0, (last - first).days))


@cache
def _beside(diagnosis: str) -> tuple[str, ...]:
    return tuple(code for code in _table()["other_diseases"] if disease_of(code) != disease_of(diagnosis))


@cache
def _table() -> dict[str, Any]:
    return packaged_toml(_TABLE)

"""Simulated persons: one case or several, at units, with dates; in blocks, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from risk.training.rows import CaseRows
from risk.training.simulate import BLOCK, LAST_DAY, Rows, lasting_of, simulated
from risk.training.truth import truth

FIRST_START = date(2021, 1, 1)
_START_DAYS, _AGAIN, _REST_DAYS, _UNITS = 730, 0.12, 366, 400
FOLLOWED_UNTIL = date(2024, 12, 31)
MADE_UP = "made-up-"
"""How the id of every simulated person begins: what is fitted on one of them says so."""


def simulated_persons(persons: int, seed: int) -> Iterator[CaseRows]:
    """Persons in blocks of 20 000; every eighth has a second case with the same diagnosis and answers, a year later.

    Follow-up stops on 2024-12-31, so late cases are cut off there.

    Args:
        persons: how many.
        seed: of everything.
    """
    for number, first in enumerate(simulated(persons, seed, censored=0.0)):
        random = np.random.default_rng([seed, number, 1])
        starts = random.integers(0, _START_DAYS, BLOCK)[: len(first)]
        units = random.integers(0, _UNITS, BLOCK)[: len(first)]
        again = np.flatnonzero(random.random(BLOCK)[: len(first)] < _AGAIN)
        second = _second(first.of(again), random)
        later = starts[again] + first.days[again] + _REST_DAYS
        names = [f"{MADE_UP}{seed}-{number * BLOCK + at}" for at in range(len(first))]
        keys = np.concatenate([first.keys, second.keys])
        begun = np.concatenate([starts, later])
        left = (FOLLOWED_UNTIL - FIRST_START).days - begun
        days = np.concatenate([first.days, second.days])
        rows = Rows(
            keys,
            np.concatenate([first.codes, second.codes]),
            np.minimum(days, np.maximum(left, 0)).astype(np.int32),
            np.concatenate([first.ended, second.ended]) & (days < left),
        )
        seen = np.flatnonzero(left >= 15)
        who = [*names, *(names[at] for at in again)]
        where = np.concatenate([units, units[again]])
        yield CaseRows(
            rows.of(seen),
            tuple(who[at] for at in seen),
            tuple(FIRST_START + timedelta(days=int(begun[at])) for at in seen),
            tuple(f"unit-{where[at]}" for at in seen),
        )


def made_up(cases: CaseRows) -> bool:
    """Whether simulated persons are among the cases."""
    return any(person.startswith(MADE_UP) for person in cases.persons)


def _second(first: Rows, random: np.random.Generator) -> Rows:
    """The same diagnoses and answers, new lengths."""
    days = first.days.copy()
    thresholds = random.exponential(size=len(first))
    for key in sorted(set(first.keys.tolist())):
        mine = np.flatnonzero(first.keys == key)
        days[mine] = np.minimum(lasting_of(truth(key), first.codes[mine], thresholds[mine]), LAST_DAY)
    return Rows(first.keys, first.codes, days, days < LAST_DAY)

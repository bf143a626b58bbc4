"""Simulated persons: one case or several, at units that differ a little, with dates; in blocks, the same for a seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from risk.packaged import packaged_toml
from risk.training.population import Floats
from risk.training.rows import CaseRows
from risk.training.simulate import BLOCK, LAST_DAY, Rows, lasting_of, simulated
from risk.training.truth import truth

FIRST_START = date(2021, 1, 1)
FOLLOWED_UNTIL = date(2024, 12, 31)
_START_DAYS, _UNITS = 730, 400
_AGAIN, _MOST_CASES, _REST_DAYS = 0.2, 4, (366, 549)
MADE_UP = "made-up-"
"""How the id of every simulated person begins: what is fitted on one of them says so."""


def simulated_persons(persons: int, seed: int) -> Iterator[CaseRows]:
    """Persons in blocks of 20 000; after every fifth case that ends comes another, one to one and a half years later.

    A person's cases have the same diagnosis, answers and unit, and lengths of their own. Follow-up stops on 2024-12-31,
    so late cases are cut off there.

    Args:
        persons: how many.
        seed: of everything.
    """
    ratios = unit_ratios(seed)
    for number, answers in enumerate(simulated(persons, seed, censored=0.0)):
        random = np.random.default_rng([seed, number, 1])
        begun = random.integers(0, _START_DAYS, BLOCK)[: len(answers)]
        units = random.integers(0, _UNITS, BLOCK)[: len(answers)]
        at, rounds = np.arange(len(answers)), []
        for _ in range(_MOST_CASES):
            days = lengths(answers.of(at), random.exponential(size=BLOCK)[at] / ratios[units[at]])
            rounds.append((at, begun, days))
            again = (random.random(BLOCK)[at] < _AGAIN) & (days < LAST_DAY)
            begun = (begun + days + random.integers(*_REST_DAYS, BLOCK)[at])[again]
            at = at[again]
        who, begun, days = (np.concatenate(part) for part in zip(*rounds, strict=True))
        yield _followed(answers, who, begun, days, units, f"{MADE_UP}{seed}-", number * BLOCK)


def unit_ratios(seed: int) -> Floats:
    """What each unit multiplies every hazard by.

    Source: `units` in risk/training/tables/levels.toml.
    """
    spread = float(packaged_toml("training/tables/levels.toml")["units"]["spread"])
    ratios: Floats = np.exp(spread * np.random.default_rng([seed, 2]).standard_normal(_UNITS))
    return ratios


def lengths(answers: Rows, thresholds: Floats) -> npt.NDArray[np.int32]:
    """New lengths for the same diagnoses and answers, at most 550 days.

    Args:
        thresholds: cumulative hazard at which each case ends: standard exponential, divided by its unit's ratio.
    """
    days = np.zeros(len(answers), np.int32)
    for key in sorted(set(answers.keys.tolist())):
        mine = np.flatnonzero(answers.keys == key)
        days[mine] = np.minimum(lasting_of(truth(key), answers.codes[mine], thresholds[mine]), LAST_DAY)
    return days


def made_up(cases: CaseRows) -> bool:
    """Whether simulated persons are among the cases."""
    return any(person.startswith(MADE_UP) for person in cases.persons)


def _followed(
    answers: Rows,
    who: npt.NDArray[np.intp],
    begun: npt.NDArray[np.int64],
    days: npt.NDArray[np.int32],
    units: npt.NDArray[np.int64],
    prefix: str,
    first: int,
) -> CaseRows:
    """The cases of which at least 15 days were seen, cut off where follow-up stopped."""
    left = (FOLLOWED_UNTIL - FIRST_START).days - begun
    seen = np.flatnonzero(left >= 15)
    who, begun, days, left = who[seen], begun[seen], days[seen], left[seen]
    return CaseRows(
        Rows(
            answers.keys[who],
            answers.codes[who],
            np.minimum(days, left).astype(np.int32),
            (days < LAST_DAY) & (days < left),
        ),
        tuple(f"{prefix}{first + at}" for at in who.tolist()),
        tuple(FIRST_START + timedelta(days=day) for day in begun.tolist()),
        tuple(f"unit-{units[at]}" for at in who.tolist()),
    )

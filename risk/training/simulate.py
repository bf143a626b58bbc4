"""Made-up cases from the true model, deterministic by seed, in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.columns import LEVELS, group_of, key_questions
from risk.statistics import national_figures
from risk.training.population import Floats, full_combinations
from risk.training.truth import Truth, sub_shares, truth

BLOCK = 20_000
LAST_DAY = 550


@dataclass(frozen=True)
class Rows:
    """Simulated or read cases, column by column.

    Attributes:
        keys: diagnosis of each case.
        codes: int8 (n, 13), places of the levels in the order of LEVELS; -1 = unknown.
        days: int32 (n,), length of the case, or how long it was seen to run when it had not ended.
        ended: bool (n,), whether the end was seen.
    """

    keys: npt.NDArray[np.str_]
    codes: npt.NDArray[np.int8]
    days: npt.NDArray[np.int32]
    ended: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.days)

    def of(self, chosen: Any) -> Rows:
        """The chosen cases, by mask or place."""
        return Rows(self.keys[chosen], self.codes[chosen], self.days[chosen], self.ended[chosen])


def join(parts: Sequence[Rows]) -> Rows:
    """Several blocks as one."""
    return Rows(
        np.concatenate([one.keys for one in parts]),
        np.concatenate([one.codes for one in parts]),
        np.concatenate([one.days for one in parts]),
        np.concatenate([one.ended for one in parts]),
    )


def key_shares() -> dict[str, float]:
    """Key -> share of all cases: the national counts of 2017 by group, the sub-diagnoses within."""
    total = sum(national_figures()[key].cases for key in key_questions() if key == group_of(key))
    return {
        key: national_figures()[group].cases / total * share
        for group in key_questions()
        if group == group_of(group)
        for key, share in sub_shares(group).items()
    }


def simulated(
    cases: int, seed: int, *, keys: Sequence[str] | None = None, censored: float = 0.1, model: Truth | None = None
) -> Iterator[Rows]:
    """Cases in blocks of 20 000; the same seed gives the same cases, however many are asked for.

    Args:
        cases: how many.
        seed: of the random generator; each block has its own stream.
        keys: drawn with equal shares; the national mix when left out.
        censored: share of the cases whose follow-up may stop before the end (evenly between day 15 and 550).
        model: another truth for the one key in `keys`.
    """
    names = list(keys) if keys is not None else list(key_shares())
    weights = np.full(len(names), 1 / len(names)) if keys is not None else np.array(list(key_shares().values()))
    for block in range(-(-cases // BLOCK)):
        random = np.random.default_rng([seed, block])
        drawn = random.choice(len(names), size=BLOCK, p=weights / weights.sum())
        parts = [
            _of_key(name, int((drawn == place).sum()), random, censored, model) for place, name in enumerate(names)
        ]
        order = np.argsort(np.argsort(drawn, kind="stable"), kind="stable")
        mixed = join(parts).of(order)
        yield mixed.of(slice(0, min(BLOCK, cases - block * BLOCK)))


def _of_key(key: str, count: int, random: np.random.Generator, censored: float, model: Truth | None) -> Rows:
    answers, found = full_combinations(key), model or truth(key)
    at = np.searchsorted(np.cumsum(answers.weights), random.random(count) * (1 - 1e-12))
    codes = answers.codes[at]
    lengths = lasting_of(found, codes, random.exponential(size=count))
    stop = np.where(random.random(count) < censored, random.integers(15, LAST_DAY, count), LAST_DAY)
    return Rows(
        np.full(count, key, dtype="<U5"),
        codes,
        np.minimum(lengths, stop).astype(np.int32),
        lengths < stop,
    )


def lasting_of(model: Truth, codes: npt.NDArray[np.int8], thresholds: Floats) -> npt.NDArray[np.int64]:
    """As `lasting`, for codes of all 13 columns."""
    own = codes[:, [tuple(LEVELS).index(name) for name in model.answers.columns]]
    return lasting(model, own, thresholds)


def lasting(model: Truth, codes: npt.NDArray[np.int8], thresholds: Floats) -> npt.NDArray[np.int64]:
    """Whole days of each case: the last day on which its cumulative hazard is below its threshold."""
    hazards = np.exp(model.log_hazards(codes))
    lengths = np.diff(np.array(model.breaks, float))
    ends = np.cumsum(hazards * lengths, axis=1)
    place = np.minimum((ends < thresholds[:, None]).sum(axis=1), len(lengths) - 1)
    rows = np.arange(len(codes))
    before = np.where(place > 0, ends[rows, place - 1], 0.0)
    days = np.array(model.breaks)[place] + (thresholds - before) / hazards[rows, place]
    whole: npt.NDArray[np.int64] = np.floor(np.minimum(days, 10_000)).astype(np.int64)
    return whole

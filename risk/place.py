"""Where a patient stands among those with the same diagnosis and day, as far as what is known tells it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.explain import Population
from risk.hazard_model import Floats
from risk.unknowns import AnswersRange


@dataclass(frozen=True, slots=True)
class Place:
    """Share of comparable patients who have a lower risk, 0-1; equal ones count half.

    Attributes:
        low, high: between which nine of ten lie who answer the open questions; equal when nothing open matters.
    """

    low: float
    high: float


def place(everyone: Population, answers: AnswersRange, *, day: int, given_day: int) -> Place:
    """The place by the lowest and by the highest share that the open questions leave, on `day` given `given_day`."""
    shares, weights = everyone.curve.each_still_on_leave(day, given_day)
    low = _lower(shares, weights, answers.low)
    return Place(low, low if answers.high == answers.low else _lower(shares, weights, answers.high))


def _lower(shares: Floats, weights: Floats, share: float) -> float:
    same = np.abs(shares - share) <= 1e-12
    return float(weights[(shares < share) & ~same].sum() + weights[same].sum() / 2)

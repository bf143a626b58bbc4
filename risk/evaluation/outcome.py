"""What is known of each case at a horizon, when follow-up may have stopped before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Outcome:
    """Still on leave on the day asked about.

    Attributes:
        longer: bool (n,), whether the case still ran; meaningless where `weight` is 0.
        weight: float64 (n,), 0 where follow-up stopped before; the others stand in for those (inverse probability of
            being followed so long), so that the mean is not pulled towards early ends.
    """

    longer: Bools
    weight: Floats


def outcome(days: Ints, ended: Bools, day: int, given_day: int = 15) -> Outcome:
    """Whether each case still ran on `day`; cases that ended or were lost before `given_day` weigh 0."""
    longer = days >= day
    known = (longer | ended) & (days >= given_day)
    followed = _followed(days, ended)
    until = np.clip(np.minimum(days, day) - 1, 0, len(followed) - 1)
    weight = np.where(known, 1 / np.maximum(followed[until], 1e-3), 0.0)
    return Outcome(longer, weight)


def _followed(days: Ints, ended: Bools) -> Floats:
    """Share still followed after each day (Kaplan-Meier of the follow-up)."""
    size = int(days.max()) + 2
    lost = np.bincount(days[~ended], minlength=size).astype(float)
    seen = np.bincount(days, minlength=size).astype(float)
    at_risk = np.maximum(seen[::-1].cumsum()[::-1], 1.0)
    result: Floats = np.cumprod(1 - lost / at_risk)
    return result

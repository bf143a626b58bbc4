"""How sure the model is of itself: the interval in which the true share lies if the model's form is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from risk.hazard_curve import HazardCurve
from risk.hazard_model import Floats, HazardModel

_Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Interval:
    """A range with nine chances in ten, shares 0-1."""

    low: float
    high: float


def model_interval(
    model: HazardModel, levels: Sequence[int | None], curve: HazardCurve, *, day: int, given_day: int = 15
) -> Interval | None:
    """90 % interval of the share still on leave on `day`; None when the model carries no draws.

    The draws move the log cumulative hazard by its gradient; symmetric there, the interval stays within 0 and 1.
    Open questions are integrated over with the same distribution in every draw.
    """
    draws = model.draws
    if draws is None:
        return None
    start = max(given_day, model.breaks[0])
    share = curve.still_on_leave(day, start)
    slope = _slope(curve, day, start)
    # slope[i, j]: change of the share per unit of the log hazard of combination i in interval j
    moved = draws.intercept @ slope.sum(axis=0)
    sizes = [len(model.columns[name]) for name, level in zip(model.names, levels, strict=True) if level is None]
    shaped = slope.reshape([*sizes, slope.shape[1]])
    unknown = 0
    for name, level in zip(model.names, levels, strict=True):
        effects = draws.effects[name]
        if level is not None:
            if level:
                moved = moved + effects[:, level] @ (draws.basis @ slope.sum(axis=0))
            continue
        others = tuple(i for i in range(len(sizes)) if i != unknown)
        along = shaped.sum(axis=others)
        moved = moved + np.einsum("dlm,mj,lj->d", effects, draws.basis, along, optimize=True)
        unknown += 1
    width = _Z90 * float(moved.std(ddof=1)) / (share * -np.log(share))
    cumulative = -np.log(share)
    return Interval(float(np.exp(-cumulative * np.exp(width))), float(np.exp(-cumulative * np.exp(-width))))


def _slope(curve: HazardCurve, day: int, start: int) -> Floats:
    """d(S(day) / S(start)) / d(log hazard): float64 (n, J)."""
    left, right = np.array(curve.breaks[:-1], float), np.array(curve.breaks[1:], float)
    to_day, to_start = np.clip(float(day), left, right) - left, np.clip(float(start), left, right) - left
    remaining = curve.weights * np.exp(-curve.cumulative(day))
    before = curve.weights * np.exp(-curve.cumulative(start))
    share, base = remaining.sum() / before.sum(), before.sum()
    return curve.hazards * (-remaining[:, None] * to_day + share * before[:, None] * to_start) / base  # type: ignore[no-any-return]

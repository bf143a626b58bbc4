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
    """90 % interval of the share still on leave on `day`; None when the model carries no draws."""
    found = model_intervals(model, levels, curve, days=(day,), given_day=given_day)
    return found[0] if found else None


def model_intervals(
    model: HazardModel, levels: Sequence[int | None], curve: HazardCurve, *, days: Sequence[int], given_day: int = 15
) -> tuple[Interval, ...]:
    """90 % interval of the share still on leave on each of `days`; empty when the model carries no draws.

    The draws move the log cumulative hazard by its gradient; symmetric there, the interval stays within 0 and 1.
    Open questions are integrated over with the same distribution in every draw.
    """
    draws = model.draws
    if draws is None or not days:
        return ()
    sizes = [len(model.columns[name]) for name, level in zip(model.names, levels, strict=True) if level is None]
    slope = _Slope(curve, sizes, days, max(given_day, model.breaks[0]))
    in_all = slope.by(0)[0]
    moved = in_all @ draws.intercept.T
    known = in_all @ draws.basis.T
    unknown = 0
    for name, level in zip(model.names, levels, strict=True):
        effects = draws.effects[name]
        if level is None:
            unknown += 1
            along = np.concatenate(list(slope.by(unknown) @ draws.basis.T), axis=1)
            moved = moved + along @ effects.reshape(len(effects), -1).T
        elif level:
            moved = moved + known @ effects[:, level].T
    cumulative = -np.log(slope.shares)
    width = _Z90 * moved.std(axis=1, ddof=1) / (slope.shares * cumulative)
    low, high = np.exp(-cumulative * np.exp(width)), np.exp(-cumulative * np.exp(-width))
    return tuple(Interval(*both) for both in zip(low.tolist(), high.tolist(), strict=True))


class _Slope:
    """How the shares still on leave on K days move with the log hazards; `sizes` are those of the open questions."""

    def __init__(self, curve: HazardCurve, sizes: Sequence[int], days: Sequence[int], start: int) -> None:
        left, right = np.array(curve.breaks[:-1], float), np.array(curve.breaks[1:], float)
        running = curve.weights * np.exp(-np.stack([curve.cumulative(day) for day in (start, *days)]))
        running /= running[0].sum()
        self.shares: Floats = running[1:].sum(axis=1)
        self._running = running.reshape(len(running), 1, *sizes)
        self._hazards = curve.hazards.reshape(1, *sizes, -1)
        self._until = np.clip(np.array([start, *days], float)[:, None], left, right) - left

    def by(self, axis: int) -> Floats:
        """d(S(day) / S(start)) / d(log hazard of those with a level, in interval j): float64 (levels, K, J).

        Axis 0 has one level, which is everybody; axis 1 is the first open question.
        """
        levels, (days, intervals) = self._hazards.shape[axis], self._until.shape
        running = np.moveaxis(self._running, axis + 1, 0).reshape(levels, days, -1)
        hazards = np.moveaxis(self._hazards, axis, 0).reshape(levels, -1, intervals)
        lost = running @ hazards * self._until
        slope: Floats = self.shares[:, None] * lost[:, :1] - lost[:, 1:]
        return slope

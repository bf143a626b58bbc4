"""Unanswered questions: integrated over what comparable patients answer, never replaced by a mean or a default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from risk.hazard_curve import HazardCurve
from risk.hazard_model import Floats, HazardModel

_OUTER = 0.05
_CERTAIN = np.ones(1)


@dataclass(frozen=True, slots=True)
class AnswersRange:
    """What the share still on leave may be once every question is answered.

    Attributes:
        low, high: where nine of ten comparable patients lie; equal when nothing is unanswered.
        least, most: the lowest and highest of all combinations of answers.
    """

    low: float
    high: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that nobody has answered; `movement` is how far its answer is expected to move the share (0-1)."""

    column: str
    movement: float


def person_curve(model: HazardModel, levels: Sequence[int | None]) -> HazardCurve:
    """S(t) of one person: one piece per combination of the unknown answers, weighed as in comparable patients.

    Comparable are patients with the same diagnosis and known answers; later, those still on leave weigh as they remain.

    Args:
        model: of the diagnosis.
        levels: as `HazardModel.levels` gives them; None = unknown.
    """
    total = model.intercept + model.stacked[model.rows(levels)].sum(axis=0)
    rows = total[None, :]
    if None not in levels:
        return HazardCurve(model.breaks, np.exp(rows), _CERTAIN)
    for name, level in zip(model.names, levels, strict=True):
        if level is None:
            rows = (rows[:, None, :] + model.effects[name][None, :, :]).reshape(-1, len(total))
    return HazardCurve(model.breaks, np.exp(rows), model.answers.given(levels))


def answers_range(curve: HazardCurve, *, day: int, given_day: int) -> AnswersRange:
    """How far the share still on leave on `day` may move when the open questions are answered."""
    if len(curve.weights) == 1:
        share = curve.still_on_leave(day, given_day)
        return AnswersRange(share, share, share, share)
    shares, weights = curve.each_still_on_leave(day, given_day)
    order = np.argsort(shares)
    passed = np.cumsum(weights[order])
    low = shares[order[min(int(np.searchsorted(passed, _OUTER)), len(order) - 1)]]
    high = shares[order[min(int(np.searchsorted(passed, 1 - _OUTER)), len(order) - 1)]]
    return AnswersRange(float(low), float(high), float(shares[order[0]]), float(shares[order[-1]]))


def open_questions(
    model: HazardModel, levels: Sequence[int | None], curve: HazardCurve, *, day: int, given_day: int
) -> tuple[OpenQuestion, ...]:
    """The unanswered columns, the one whose answer is expected to move the share most first."""
    unknown = [name for name, level in zip(model.names, levels, strict=True) if level is None]
    if not unknown:
        return ()
    shares, weights = curve.each_still_on_leave(day, given_day)
    sizes = [len(model.columns[name]) for name in unknown]
    mean = float(weights @ shares)
    by, common = (weights * shares).reshape(sizes), weights.reshape(sizes)
    found = [OpenQuestion(name, _movement(by, common, axis, mean)) for axis, name in enumerate(unknown)]
    return tuple(sorted(found, key=lambda one: -one.movement))


def _movement(by: Floats, common: Floats, axis: int, mean: float) -> float:
    others = tuple(i for i in range(by.ndim) if i != axis)
    weight = common.sum(axis=others)
    share = by.sum(axis=others) / np.maximum(weight, 1e-300)
    return float(weight @ np.abs(share - mean))

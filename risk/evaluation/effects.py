"""What each answer does to a model's figures, for reading: points at the horizons, with the model's own interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.hazard_model import Floats, HazardModel
from risk.result import HORIZONS


@dataclass(frozen=True, slots=True)
class Effect:
    """One answer instead of the column's first one, everything else at its first level.

    Attributes:
        column, level: the answer.
        points: change of the share still on leave at 90, 180 and 365 days, in points of 100.
        low, high: 90 % interval of the first; None when the model carries no draws.
    """

    column: str
    level: str
    points: tuple[float, ...]
    low: float | None
    high: float | None


def effects(model: HazardModel) -> tuple[Effect, ...]:
    """Every answer of a model, in the order of its columns."""
    reference = np.zeros((1, len(model.names)), dtype=np.int8)
    base = model.survival(reference, HORIZONS)[0]
    found = []
    for place, (name, levels) in enumerate(model.columns.items()):
        for code, level in enumerate(levels):
            if code:
                row = reference.copy()
                row[0, place] = code
                points = 100 * (model.survival(row, HORIZONS)[0] - base)
                low, high = _interval(model, name, code)
                found.append(Effect(name, level, tuple(points.tolist()), low, high))
    return tuple(found)


def _interval(model: HazardModel, name: str, code: int) -> tuple[float | None, float | None]:
    if model.draws is None:
        return None, None
    spent = model.exposure(HORIZONS[:1])[:, 0]
    plain = model.intercept + model.draws.intercept
    moved = plain + model.effects[name][code] + model.draws.effects[name][:, code] @ model.draws.basis
    change: Floats = 100 * (np.exp(-np.exp(moved) @ spent) - np.exp(-np.exp(plain) @ spent))
    low, high = np.quantile(change, (0.05, 0.95))
    return float(low), float(high)

"""Whether risks come true: calibration slope, intercept and curve; Brier score and its mean over the horizons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.evaluation.outcome import Bools, Floats

_STEPS, _EDGE, _FAR = 30, 1e-9, 40.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic recalibration of the outcome on logit(risk): right when slope is 1 and intercept 0.

    `intercept` is that of the model with slope 1 (calibration in the large).
    """

    slope: float
    intercept: float


def calibration(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> Calibration:
    """Slope and intercept; `longer` may also be the true probability.

    >>> found = calibration(np.array([0.2, 0.5, 0.8]), np.array([0.2, 0.5, 0.8]))
    >>> round(found.slope, 6), round(abs(found.intercept), 6)
    (1.0, 0.0)
    """
    weights = np.ones(len(risk)) if weight is None else weight
    clipped = np.clip(risk, _EDGE, 1 - _EDGE)
    score = np.log(clipped / (1 - clipped))
    truth = np.asarray(longer, float)
    both = np.array([0.0, 1.0])  # intercept, slope
    design = np.stack([np.ones_like(score), score], axis=1)
    alone = 0.0
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(np.clip(-design @ both, -_FAR, _FAR)))
        spread = weights * said * (1 - said)
        both = both + np.linalg.solve(
            (design.T * spread) @ design + _EDGE * np.eye(2), design.T @ (weights * (truth - said))
        )
        once = 1 / (1 + np.exp(np.clip(-(alone + score), -_FAR, _FAR)))
        alone += float((weights * (truth - once)).sum() / (weights * once * (1 - once)).sum())
    return Calibration(float(both[1]), alone)


def brier(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> float:
    """Mean squared error of the risk; 0 is best.

    >>> brier(np.array([0.5, 0.5]), np.array([True, False]))
    0.25
    """
    weights = np.ones(len(risk)) if weight is None else weight
    return float((weights * (np.asarray(longer, float) - risk) ** 2).sum() / weights.sum())


def calibration_curve(
    risk: Floats, longer: Bools, weight: Floats | None = None, *, parts: int = 10
) -> tuple[tuple[float, float, int], ...]:
    """(mean risk, share longer, cases) in classes of equal size, ascending."""
    weights = np.ones(len(risk)) if weight is None else weight
    order = np.argsort(risk, kind="stable")
    rows = []
    for part in np.array_split(order, parts):
        total = weights[part].sum()
        if total > 0:
            mean, share = (weights[part] * risk[part]).sum() / total, (weights[part] * longer[part]).sum() / total
            rows.append((float(mean), float(share), len(part)))
    return tuple(rows)

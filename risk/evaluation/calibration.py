"""Whether risks come true: calibration slope, intercept and curve; Brier score and its mean over the horizons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.evaluation.outcome import Bools, Floats
from risk.evaluation.spread import Figure, share_interval, weighted_mean

_STEPS, _EDGE, _FAR, _STILL = 30, 1e-9, 40.0, 1e-10


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
    slope, intercept = calibration_figures(risk, longer, weight)
    return Calibration(slope.value, intercept.value)


def calibration_figures(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> tuple[Figure, Figure]:
    """Slope, and intercept with slope 1, each with its uncertainty (sandwich); the slope of equal risks is NaN."""
    weights = np.ones(len(risk)) if weight is None else weight
    clipped = np.clip(risk, _EDGE, 1 - _EDGE)
    score, truth = np.log(clipped / (1 - clipped)), np.asarray(longer, float)
    return _slope(score, truth, weights), _intercept(score, truth, weights)


def _slope(score: Floats, truth: Floats, weights: Floats) -> Figure:
    if np.ptp(score) < _EDGE:
        return Figure(float("nan"), np.zeros(len(score)))
    both = np.array([0.0, 1.0])  # intercept, slope
    design = np.stack([np.ones_like(score), score], axis=1)
    for _ in range(_STEPS):
        said = _logistic(design @ both)
        information = (design.T * (weights * said * (1 - said))) @ design + _EDGE * np.eye(2)
        step = np.linalg.solve(information, design.T @ (weights * (truth - said)))
        both = both + step
        if np.abs(step).max() < _STILL:
            break
    pull = np.linalg.solve(information, design.T * (weights * (truth - said)))[1]
    return Figure(float(both[1]), pull)


def _intercept(score: Floats, truth: Floats, weights: Floats) -> Figure:
    alone = 0.0
    for _ in range(_STEPS):
        said = _logistic(alone + score)
        information = float((weights * said * (1 - said)).sum())
        step = float((weights * (truth - said)).sum() / information)
        alone += step
        if abs(step) < _STILL:
            break
    return Figure(alone, weights * (truth - said) / information)


def _logistic(score: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(np.clip(-score, -_FAR, _FAR)))
    return result


def brier(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> float:
    """Mean squared error of the risk; 0 is best.

    >>> brier(np.array([0.5, 0.5]), np.array([True, False]))
    0.25
    """
    return brier_figure(risk, longer, weight).value


def brier_figure(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> Figure:
    """As `brier`, with its uncertainty."""
    return weighted_mean((np.asarray(longer, float) - risk) ** 2, np.ones(len(risk)) if weight is None else weight)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One class of the calibration curve: mean risk said, share that came true with its 95 % interval, cases."""

    said: float
    came_true: float
    low: float
    high: float
    cases: int


def calibration_curve(
    risk: Floats, longer: Bools, weight: Floats | None = None, *, parts: int = 10
) -> tuple[CurvePoint, ...]:
    """Classes of equal size, ascending; fewer than `parts` when the cases are few."""
    weights = np.ones(len(risk)) if weight is None else weight
    order = np.argsort(risk, kind="stable")
    points = []
    for part in np.array_split(order[weights[order] > 0], parts):
        if len(part):
            own = weights[part]
            total = own.sum()
            said, share = float((own * risk[part]).sum() / total), float((own * longer[part]).sum() / total)
            low, high = share_interval(share, float(total**2 / (own**2).sum()))
            points.append(CurvePoint(said, share, low, high, len(part)))
    return tuple(points)

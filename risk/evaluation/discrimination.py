"""How well risks tell cases apart: AUC at a horizon and the C-index over all of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from risk.evaluation.outcome import Bools, Floats, Ints
from risk.evaluation.spread import Figure

_BINS = 512


def auc(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> float:
    """Chance that a longer case has the higher risk; ties count half.

    Args:
        risk: float64 (n,), higher = longer.
        longer: whether the case was longer, or the probability of it (then the AUC of that truth).
        weight: float64 (n,).

    >>> auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    return auc_figure(risk, longer, weight).value


def auc_figure(risk: Floats, longer: Bools | Floats, weight: Floats | None = None) -> Figure:
    """As `auc`, with its uncertainty (DeLong 1988); NaN when all were longer, or none."""
    weights = np.ones(len(risk)) if weight is None else weight
    _, place = np.unique(risk, return_inverse=True)
    mine, other = weights * longer, weights * (1 - np.asarray(longer, float))
    more, less = np.bincount(place, mine), np.bincount(place, other)
    all_more, all_less = more.sum(), less.sum()
    if all_more * all_less <= 0:
        return Figure(float("nan"), np.zeros(len(risk)))
    below = (np.cumsum(less) - less / 2) / all_less
    above = (all_more - np.cumsum(more) + more / 2) / all_more
    area = float((more * below).sum() / all_more)
    return Figure(area, mine * (below[place] - area) / all_more + other * (above[place] - area) / all_less)


def c_index(risk: Floats, days: Ints, ended: Bools) -> float:
    """Harrell's C: among pairs where one is known to end first, the share in which it has the lower risk.

    Risks are put into 512 classes by rank; ties count half.
    """
    return c_figure(risk, days, ended).value


def c_figure(risk: Floats, days: Ints, ended: Bools) -> Figure:
    """As `c_index`, with its uncertainty; NaN when no pair can be compared."""
    bins = min(_BINS, len(risk))
    rank = np.minimum(np.searchsorted(np.sort(risk), risk, side="left") * bins // max(len(risk), 1), bins - 1)
    lengths, day = np.unique(days, return_inverse=True)
    shape = (len(lengths), bins)
    cell = np.ravel_multi_index((day, rank), shape)
    end, lost = (np.bincount(cell[chosen], minlength=shape[0] * bins).reshape(shape) for chosen in (ended, ~ended))
    every, gone = end + lost, np.cumsum(end, axis=0)
    later = np.cumsum(every[::-1], axis=0)[::-1] - end  # lasted longer than a case that ended on the day
    before = gone - end  # known to have ended before one that ended on the day; one lost on it outlasted these too
    total = later.sum(axis=1)[day]
    right = np.where(ended, total - _up_to(later).ravel()[cell], 0.0)
    pairs = np.where(ended, total, 0.0)
    right_later = np.where(ended, _up_to(before).ravel()[cell], _up_to(gone).ravel()[cell])
    pairs_later = np.where(ended, before.sum(axis=1)[day], gone.sum(axis=1)[day])
    counted = pairs.sum()
    if not counted:
        return Figure(float("nan"), np.zeros(len(risk)))
    found = float(right.sum() / counted)
    return Figure(found, ((right + right_later) - found * (pairs + pairs_later)) / counted)


def _up_to(counts: npt.NDArray[np.integer]) -> Floats:
    """Counts of lower ranks, and half of the same rank."""
    result: Floats = np.cumsum(counts, axis=1) - counts / 2
    return result

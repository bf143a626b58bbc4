"""How well risks tell cases apart: AUC at a horizon and the C-index over all of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from risk.evaluation.outcome import Bools, Floats, Ints
from risk.evaluation.spread import Figure

Places = npt.NDArray[np.int64]
_BINS = 1024


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

    Risks are put into 1 024 classes by rank; ties count half.
    """
    return c_figure(risk, days, ended).value


def c_figure(risk: Floats, days: Ints, ended: Bools) -> Figure:
    """As `c_index`, with its uncertainty; NaN when no pair can be compared."""
    ties = np.searchsorted(np.sort(risk), risk, side="left") * _BINS // max(len(risk), 1)
    ranks = np.minimum(ties, _BINS - 1).astype(np.int64)
    right, pairs = _as_first(ranks, days, ended)
    right_later, pairs_later = _as_later(ranks, days, ended)
    total = pairs.sum()
    if not total:
        return Figure(float("nan"), np.zeros(len(risk)))
    found = float(right.sum() / total)
    return Figure(found, ((right + right_later) - found * (pairs + pairs_later)) / total)


def _blocks(days: Ints, *, descending: bool) -> list[Places]:
    """Rows with the same length, block by block."""
    order = np.argsort(-days if descending else days, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(days[order])) + 1)


def _as_first(ranks: Places, days: Ints, ended: Bools) -> tuple[Floats, Floats]:
    """For each row that ended: the pairs with those that lasted longer, and how many of them are told apart rightly."""
    still, right, pairs = np.zeros(_BINS), np.zeros(len(days)), np.zeros(len(days))
    for block in _blocks(days, descending=True):
        ending, lost = block[ended[block]], block[~ended[block]]
        later = still + np.bincount(ranks[lost], minlength=_BINS)
        total = later.sum()
        above = total - np.cumsum(later) + later / 2
        right[ending], pairs[ending] = above[ranks[ending]], total
        still += np.bincount(ranks[block], minlength=_BINS)
    return right, pairs


def _as_later(ranks: Places, days: Ints, ended: Bools) -> tuple[Floats, Floats]:
    """For each row: the pairs with those known to have ended before it, and how many are told apart rightly."""
    gone, right, pairs = np.zeros(_BINS), np.zeros(len(days)), np.zeros(len(days))
    for block in _blocks(days, descending=False):
        ending, lost = block[ended[block]], block[~ended[block]]
        now = np.bincount(ranks[ending], minlength=_BINS)
        for rows, before in ((ending, gone), (lost, gone + now)):
            below = np.cumsum(before) - before / 2
            right[rows], pairs[rows] = below[ranks[rows]], before.sum()
        gone += now
    return right, pairs

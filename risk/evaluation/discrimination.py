"""How well risks tell cases apart: AUC at a horizon and the C-index over all of it."""

from __future__ import annotations

import numpy as np

from risk.evaluation.outcome import Bools, Floats, Ints

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
    weights = np.ones(len(risk)) if weight is None else weight
    _, place = np.unique(risk, return_inverse=True)
    more = np.bincount(place, weights * longer)
    less = np.bincount(place, weights * (1 - np.asarray(longer, float)))
    below = np.cumsum(less) - less / 2
    total = more.sum() * less.sum()
    return float((more * below).sum() / total) if total > 0 else float("nan")


def c_index(risk: Floats, days: Ints, ended: Bools) -> float:
    """Harrell's C: among pairs where one is known to end first, the share in which it has the lower risk.

    Risks are put into 1 024 classes by rank; ties count half.
    """
    ranks = np.minimum((np.argsort(np.argsort(risk, kind="stable")) * _BINS) // max(len(risk), 1), _BINS - 1)
    ties = np.searchsorted(np.sort(risk), risk, side="left") * _BINS // max(len(risk), 1)
    ranks = np.minimum(np.minimum(ranks, ties), _BINS - 1).astype(np.int64)
    order = np.argsort(-days, kind="stable")
    edges = np.flatnonzero(np.diff(days[order])) + 1
    still = np.zeros(_BINS)
    right = pairs = 0.0
    for block in np.split(order, edges):
        ending = block[ended[block]]
        lost = block[~ended[block]]
        later = still + np.bincount(ranks[lost], minlength=_BINS)
        ends = np.bincount(ranks[ending], minlength=_BINS)
        above = later.sum() - np.cumsum(later) + later / 2
        right += float((ends * above).sum())
        pairs += float(ends.sum() * later.sum())
        still += np.bincount(ranks[block], minlength=_BINS)
    return right / pairs if pairs else float("nan")

"""How sure a figure is: every row's pull on it, summed by person, gives its interval and that of differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk.evaluation.outcome import Floats

Persons = npt.NDArray[np.integer]
Interval = list[float | None]
_Z95, _DIGITS = 1.959964, 4


@dataclass(frozen=True)
class Figure:
    """A figure with each row's influence on it.

    Attributes:
        value: NaN when it cannot be told.
        pull: float64 (n,), how much the row moves the figure; they sum to about 0.

    Source: infinitesimal jackknife (Efron 1982); for the AUC it is DeLong's, for the C-index that of a ratio of sums
    over pairs.
    """

    value: float
    pull: Floats

    def minus(self, other: Figure) -> Figure:
        """The difference of two figures on the same rows: paired, so what they share falls away."""
        return Figure(self.value - other.value, self.pull - other.pull)

    def interval(self, persons: Persons | None = None) -> Interval:
        """[value, low, high] at 95 per cent; a person's cases count as one. None where it cannot be told.

        >>> Figure(0.5, np.array([0.03, -0.03])).interval()
        [0.5, 0.3824, 0.6176]
        """
        if not np.isfinite(self.value):
            return [None, None, None]
        sums = self.pull if persons is None else np.bincount(persons, self.pull)
        counted = len(sums) if persons is None else len(np.unique(persons))
        spread = float(np.sqrt((sums**2).sum() * counted / max(counted - 1, 1)))
        if not np.isfinite(spread) or counted < 2:
            return [round(self.value, _DIGITS), None, None]
        reach = _Z95 * spread
        return [round(self.value, _DIGITS), round(self.value - reach, _DIGITS), round(self.value + reach, _DIGITS)]


def weighted_mean(values: Floats, weight: Floats) -> Figure:
    """A weighted mean.

    >>> weighted_mean(np.array([1.0, 3.0]), np.ones(2)).value
    2.0
    """
    total = weight.sum()
    mean = float((weight * values).sum() / total) if total > 0 else float("nan")
    return Figure(mean, weight * (values - mean) / total if total > 0 else np.zeros(len(values)))


def share_interval(share: float, cases: float) -> tuple[float, float]:
    """95 per cent interval of a share (Wilson).

    >>> [round(one, 3) for one in share_interval(0.5, 100)]
    [0.404, 0.596]
    """
    inner = 1 + _Z95**2 / cases
    middle = (share + _Z95**2 / (2 * cases)) / inner
    reach = _Z95 / inner * float(np.sqrt(max(share * (1 - share), 0) / cases + _Z95**2 / (4 * cases**2)))
    return middle - reach, middle + reach

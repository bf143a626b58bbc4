"""S(t) of one person whose answers may be partly unknown: the mean over what the answers may be."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from risk.errors import BeforeCurve, BeyondCurve, DayPassed

Floats = npt.NDArray[np.float64]
_FIRST_DAY, _LAST_SHOWN = 15, 365


@dataclass(frozen=True)
class HazardCurve:
    """A mixture of piecewise exponential curves; one of them when every answer is known.

    Attributes:
        breaks: J + 1 days, the first is 15.
        hazards: float64 (n, J), hazard per day of each combination of the unknown answers.
        weights: float64 (n,), how common each is on day 15 among comparable patients; sums to 1.
    """

    breaks: tuple[int, ...]
    hazards: Floats
    weights: Floats

    @property
    def last_day(self) -> int:
        return self.breaks[-1]

    @cached_property
    def _at_breaks(self) -> Floats:
        lengths = np.diff(np.array(self.breaks, float))
        return np.concatenate([np.zeros((len(self.hazards), 1)), np.cumsum(self.hazards * lengths, axis=1)], axis=1)

    def cumulative(self, day: int) -> Floats:
        """Cumulative hazard of each combination from day 15: float64 (n,).

        Raises:
            BeforeCurve, BeyondCurve: the day lies outside the curve.
        """
        if day < self.breaks[0]:
            raise BeforeCurve(day=day, first_day=self.breaks[0])
        if day > self.breaks[-1]:
            raise BeyondCurve(day=day, last_day=self.breaks[-1])
        place = min(bisect_right(self.breaks, day) - 1, len(self.breaks) - 2)
        result: Floats = self._at_breaks[:, place] + self.hazards[:, place] * (day - self.breaks[place])
        return result

    def at(self, day: int) -> float:
        """S(day), in (0, 1]."""
        if "daily" in self.__dict__ and self.breaks[0] <= day <= self.breaks[-1]:
            return float(self.daily[day - self.breaks[0]])
        return float(self.weights @ np.exp(-self.cumulative(day)))

    def still_on_leave(self, day: int, given_day: int = _FIRST_DAY) -> float:
        """S(day) / S(max(given_day, 15)): those still on leave on `given_day` weigh as they remain.

        Raises:
            DayPassed: the case already runs on `day`.
            BeyondCurve: `day` is after the last day known.
        """
        if given_day >= day:
            raise DayPassed(day=day, given_day=given_day)
        return self.at(day) / self.at(max(given_day, self.breaks[0]))

    def each_still_on_leave(self, day: int, given_day: int = _FIRST_DAY) -> tuple[Floats, Floats]:
        """P(still on leave on `day`) for each combination, and how common it is among those on leave on `given_day`."""
        given = max(given_day, self.breaks[0])
        before = self.cumulative(given)
        remaining = self.weights * np.exp(-before)
        return np.exp(before - self.cumulative(day)), remaining / remaining.sum()

    def points(self, given_day: int = _FIRST_DAY, until_day: int = _LAST_SHOWN) -> tuple[tuple[int, float], ...]:
        """(day, share still on leave) from `given_day` (1.0) to `until_day`, for plotting; empty past the curve."""
        start, stop = max(given_day, self.breaks[0]), min(until_day, self.breaks[-1])
        if start > stop:
            return ()
        shares = self.daily[start - self.breaks[0] : stop - self.breaks[0] + 1]
        return tuple(zip(range(start, stop + 1), (shares / shares[0]).tolist(), strict=True))

    @cached_property
    def daily(self) -> Floats:
        """S on every day from 15 to the last."""
        parts = [np.ones(1)]
        for place, (left, right) in enumerate(zip(self.breaks[:-1], self.breaks[1:], strict=True)):
            inside = self.hazards[:, place : place + 1] * np.arange(1, right - left + 1)
            parts.append(self.weights @ np.exp(-(self._at_breaks[:, place : place + 1] + inside)))
        return np.concatenate(parts)

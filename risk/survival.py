"""Survival curves S(t): share of the cases that reached day 15 and still run on day t."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Protocol

from risk.errors import BeforeCurve, BeyondCurve, DayPassed
from risk.features import Features
from risk.group_match import GroupMatch

FIRST_DAY = 15
LAST_DAY = 365


class Curve(Protocol):
    """S(t) of one case or group; S(15) = 1, known up to `last_day` only."""

    @property
    def last_day(self) -> int: ...

    def at(self, day: int) -> float: ...

    def still_on_leave(self, day: int, given_day: int = FIRST_DAY) -> float: ...

    def points(self, given_day: int = FIRST_DAY, until_day: int = LAST_DAY) -> tuple[tuple[int, float], ...]: ...


class Model(Protocol):
    """Anything that answers S(t | x): the national baseline now, fitted hazards later.

    `individual` says whether the patient counts or only the group; `simulated` whether it was fitted on made-up cases;
    `reviewed` whether somebody else than who brought it in approved it, or it ships.
    """

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def name_sv(self) -> str: ...

    @property
    def name_en(self) -> str: ...

    @property
    def basis_sv(self) -> str: ...

    @property
    def basis_en(self) -> str: ...

    @property
    def simulated(self) -> bool: ...

    @property
    def individual(self) -> bool: ...

    @property
    def reviewed(self) -> bool: ...

    def match(self, diagnosis: str | None) -> GroupMatch:
        """The group that answers; raises NoDiagnosis or NoModel."""
        ...

    def cases(self, match: GroupMatch) -> int:
        """How many cases the group's figures rest on."""
        ...

    def curve(self, features: Features) -> Curve:
        """S(t | x); raises NoDiagnosis, NoModel or WrongColumns."""
        ...

    def group_curve(self, match: GroupMatch) -> Curve:
        """S(t) of everyone in the group."""
        ...


@dataclass(frozen=True, slots=True)
class PiecewiseCurve:
    """Piecewise constant hazard between knots, so log S(t) is linear between them.

    Attributes:
        days: ascending, the first is 15.
        shares: S at each of `days`; 1.0 first, falling, each in (0, 1].
    """

    days: tuple[int, ...]
    shares: tuple[float, ...]

    @property
    def last_day(self) -> int:
        return self.days[-1]

    def at(self, day: int) -> float:
        """S(day), in (0, 1].

        Raises:
            BeforeCurve: `day` is before day 15.
            BeyondCurve: `day` is after the last knot; nothing is extrapolated.

        >>> PiecewiseCurve((15, 30, 90), (1.0, 0.8, 0.5)).at(30)
        0.8
        """
        if day < self.days[0]:
            raise BeforeCurve(day=day, first_day=self.days[0])
        if day > self.days[-1]:
            raise BeyondCurve(day=day, last_day=self.days[-1])
        at = bisect_left(self.days, day)
        if self.days[at] == day:
            return self.shares[at]
        left, right = self.days[at - 1], self.days[at]
        part = (day - left) / (right - left)
        return math.exp((1 - part) * math.log(self.shares[at - 1]) + part * math.log(self.shares[at]))

    def still_on_leave(self, day: int, given_day: int = FIRST_DAY) -> float:
        """Share of the cases running on `given_day` that still run on `day`: S(day) / S(max(given_day, 15)).

        Args:
            day: day of the case asked about, day 1 = first day of absence.
            given_day: the case is known to run on this day; days before 15 count as 15, where the curve begins.

        Raises:
            DayPassed: the case already runs on `day`; ask for a later one.
            BeyondCurve: `day` is after the last day known.

        >>> round(PiecewiseCurve((15, 30, 90), (1.0, 0.8, 0.5)).still_on_leave(90, 30), 3)
        0.625
        """
        if given_day >= day:
            raise DayPassed(day=day, given_day=given_day)
        return self.at(day) / self.at(max(given_day, self.days[0]))

    def points(self, given_day: int = FIRST_DAY, until_day: int = LAST_DAY) -> tuple[tuple[int, float], ...]:
        """(day, share still on leave) from `given_day` (1.0) to `until_day`, for plotting; empty past the curve."""
        start, stop = max(given_day, self.days[0]), min(until_day, self.days[-1])
        if start > stop:
            return ()
        begin = self.at(start)
        return tuple((day, self.at(day) / begin) for day in range(start, stop + 1))


def curve(model: Model, features: Features) -> Curve:
    """S(t | x) for one case.

    Raises:
        NoModel: the model does not answer for this diagnosis.
        WrongColumns: the features are not those the model was fitted on.
    """
    return model.curve(features)

"""Predictions and what is known of their cases since, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from risk.certificates_to_cases import MAX_GAP_DAYS
from risk.days import plus
from risk.survival import FIRST_DAY

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
KNOTS = (15, 22, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, 365)
"""Days on which a kept prediction says S(t); between them the hazard is taken as constant."""


@dataclass(frozen=True, slots=True)
class Followed:
    """One prediction and its case.

    Attributes:
        since: day 1 of the case, as it was known when the prediction was made.
        day: day of the case on which it was made.
        shares: S at KNOTS, S(15) = 1.
        until: last day that the certificates cover, as last read.
        read_on: when they were last read.
        groups: diagnosis, sex, age, unit; what is unknown is left out.
        opinion: the physician's own view and the day of the case on which it was given; None when none was.
    """

    since: date
    day: int
    shares: tuple[float, ...]
    until: date
    read_on: date
    groups: Mapping[str, str]
    opinion: tuple[str, int] | None = None

    @property
    def settled(self) -> date:
        """The last day on which it is settled whether the case ran: a later certificate cannot reach back to it.

        All cases are followed to this day and no longer. Were a running one followed to the day of the reading, its
        last days would be counted, and those of a case that perhaps ended just then would not.
        """
        return plus(self.read_on, -(MAX_GAP_DAYS + 1))

    @property
    def ended(self) -> bool:
        """Whether it ended before the settled day."""
        return self.until < self.settled

    @property
    def last(self) -> int:
        """The last day of the case on which it is known to have run; below 1 when none is."""
        return (min(self.until, self.settled) - self.since).days + 1

    def lost(self, on: date) -> bool:
        """Whether its certificates have run out long ago and nobody has read the record since."""
        return not self.ended and on > plus(self.until, MAX_GAP_DAYS + 1)


@dataclass(frozen=True)
class Cases:
    """Many of them. A case counts from `entry`, the day of the prediction but at least 15, where the curves begin.

    Attributes:
        entry, last: int (n,), days of the case.
        ended: bool (n,), whether it ended on `last`; else follow-up stopped there.
        since: int (n,), day 1 as an ordinal.
        hazard: float64 (n, len(KNOTS) - 1), predicted share of those on leave that end per day, between two knots.
        shares: float64 (n, len(KNOTS)), S at KNOTS.
    """

    entry: Ints
    last: Ints
    ended: Bools
    since: Ints
    hazard: Floats
    shares: Floats

    def __len__(self) -> int:
        return len(self.entry)

    def of(self, chosen: Bools) -> Cases:
        """Those chosen."""
        return Cases(*(getattr(self, name)[chosen] for name in Cases.__dataclass_fields__))

    def entered_later(self, days: Ints) -> Cases:
        """The same cases, counted from a later day."""
        return Cases(np.maximum(self.entry, days), self.last, self.ended, self.since, self.hazard, self.shares)


def columns(followed: Sequence[Followed]) -> Cases:
    """Columns of predictions, in their order."""
    shares = np.array([one.shares for one in followed], float).reshape(len(followed), len(KNOTS))
    per_day = np.diff(np.log(np.maximum(shares, 1e-12)), axis=1) / np.diff(np.array(KNOTS, float))
    return Cases(
        entry=np.array([max(one.day, FIRST_DAY) for one in followed], int),
        last=np.array([one.last for one in followed], int),
        ended=np.array([one.ended for one in followed], bool),
        since=np.array([one.since.toordinal() for one in followed], int),
        hazard=-np.expm1(per_day),
        shares=shares,
    )

"""Observed against expected: the product-limit estimate with late entry, and what was predicted for the same days.

Day by day from 15: n cases are known to run and followed to the next day, d of them end, and the predictions expected
e = the sum of their hazards to end. Observed S(N) is the product of (1 - d/n), expected S(N) that of (1 - e/n): the
same patients on the same days, so that cases still running and cases found late weigh alike on both sides.

Source: Kaplan and Meier 1958, with delayed entry; the expected curve after Ederer and Heise 1959 ("Ederer II").
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from risk.follow_up.cases import KNOTS, Bools, Cases, Floats, Ints
from risk.survival import FIRST_DAY

_Z95 = 1.959964
_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """One group at one horizon.

    Attributes:
        cases: those whose prediction was made before the horizon; they had reached day 15.
        from_day: the first day on which enough of them were there to be counted; 15 unless all were found later.
        ended: seen to end before the horizon. reached: seen to run on it. The rest still run, and count as far as seen.
        observed: share still on leave on the day, of those on leave on `from_day`; None when nobody has come so far.
        expected: the same, as predicted.
        ratio: observed / expected, with its 95 % interval.
        ends, ends_expected: how many ended, and how many should have, in the days followed.
        ends_ratio: their ratio (calibration in the large), with its 95 % interval.
        brier: mean squared distance of what was said and what came; None when nobody has come so far.
    """

    cases: int
    from_day: int
    ended: int
    reached: int
    observed: float | None
    expected: float | None
    ratio: tuple[float, float, float] | None
    ends: int
    ends_expected: float
    ends_ratio: tuple[float, float, float] | None
    brier: float | None


@dataclass(frozen=True, slots=True)
class Days:
    """Per day from 15 to the one before the horizon, float64 (horizon - 15,).

    Attributes:
        at_risk, ends, expected: cases at risk, ended, expected to end.
        hazard: expected / at risk; where all have ended already, the mean over all that were there to be seen.
    """

    at_risk: Floats
    ends: Floats
    expected: Floats
    hazard: Floats

    def after(self, place: int) -> Days:
        """The days from a place on."""
        return Days(*(getattr(self, name)[place:] for name in Days.__dataclass_fields__))


def compared(cases: Cases, horizon: int) -> Compared:
    """Everything about one group at one horizon."""
    cases = cases.of((cases.entry < horizon) & (cases.last >= cases.entry))
    days = by_day(cases, horizon)
    begun = days.after(_begin(days))
    observed = _product_limit(begun)
    known = observed is not None
    expected = float(np.prod(1 - begun.hazard)) if known else None
    ended = int((cases.ended & (cases.last < horizon)).sum())
    ends, wanted = int(days.ends.sum()), float(days.expected.sum())
    return Compared(
        cases=len(cases),
        from_day=FIRST_DAY + _begin(days),
        ended=ended,
        reached=int((cases.last >= horizon).sum()),
        observed=observed,
        expected=expected,
        ratio=_shares_ratio(observed, expected, begun),
        ends=ends,
        ends_expected=wanted,
        ends_ratio=ends_ratio(ends, wanted),
        brier=_brier(cases, horizon) if known else None,
    )


def by_day(cases: Cases, horizon: int) -> Days:
    """At risk, ended and expected to end, day by day."""
    found = [_one_day(cases, day) for day in range(FIRST_DAY, horizon)]
    return Days(*(np.array(column, float) for column in zip(*found, strict=True)))


def hazards_on(cases: Cases, day: int) -> Floats:
    """Predicted share to end on a day, of those on leave: float64 (n,)."""
    result: Floats = cases.hazard[:, min(bisect_right(KNOTS, day), len(KNOTS) - 1) - 1]
    return result


def at_risk_on(cases: Cases, day: int) -> Bools:
    """Those known to run on the day, and known to run or to have ended on the next."""
    result: Bools = (cases.entry <= day) & ((cases.last > day) | (cases.ended & (cases.last == day)))
    return result


def ends_ratio(ends: int, expected: float) -> tuple[float, float, float] | None:
    """Ends seen over ends expected, with 95 % (Byar's approximation); None when next to none was expected.

    >>> [round(one, 2) for one in ends_ratio(20, 20.0)]
    [1.0, 0.61, 1.54]
    """
    if expected < 1e-9:
        return None
    low = ends * (1 - 1 / (9 * ends) - _Z95 / (3 * math.sqrt(ends))) ** 3 if ends else 0.0
    more = ends + 1
    high = more * (1 - 1 / (9 * more) + _Z95 / (3 * math.sqrt(more))) ** 3
    return ends / expected, low / expected, high / expected


def _begin(days: Days) -> int:
    """The first place where `_ENOUGH` are at risk: an estimate that began with one case could be at nought at once."""
    return int(np.argmax(days.at_risk >= min(_ENOUGH, days.at_risk.max(initial=0))))


def _product_limit(days: Days) -> float | None:
    """S at the horizon; 0 where the last one ended before; None where nobody was followed so far."""
    empty = np.flatnonzero(days.at_risk == 0)
    until = int(empty[0]) if len(empty) else len(days.at_risk)
    share = float(np.prod(1 - days.ends[:until] / days.at_risk[:until]))
    return share if until == len(days.at_risk) or (until and share == 0) else None


def _one_day(cases: Cases, day: int) -> tuple[int, int, float, float]:
    here, hazards = at_risk_on(cases, day), hazards_on(cases, day)
    there = here if here.any() else cases.entry <= day
    return (
        int(here.sum()),
        int((here & cases.ended & (cases.last == day)).sum()),
        float(hazards[here].sum()),
        float(hazards[there].mean()) if there.any() else 0.0,
    )


def _shares_ratio(observed: float | None, expected: float | None, days: Days) -> tuple[float, float, float] | None:
    """With Greenwood's variance of log S."""
    if not observed or not expected:
        return None
    spread = math.sqrt(float((days.ends / (days.at_risk * (days.at_risk - days.ends))).sum()))
    ratio = observed / expected
    return ratio, ratio * math.exp(-_Z95 * spread), ratio * math.exp(_Z95 * spread)


def _brier(cases: Cases, horizon: int) -> float | None:
    """Each known outcome stands in for those lost before it, by the product limit of being followed."""
    followed = _followed(cases, horizon)
    until = np.minimum(cases.last, horizon - 1)
    known = cases.ended | (cases.last >= horizon)
    weight = np.where(known, followed[cases.entry - FIRST_DAY] / np.maximum(followed[until - FIRST_DAY], 1e-3), 0.0)
    if not weight.sum():
        return None
    said = share_at(cases, horizon) / share_at(cases, cases.entry)
    return float((weight * (said - (cases.last >= horizon)) ** 2).sum() / weight.sum())


def share_at(cases: Cases, day: int | Ints) -> Floats:
    """Predicted S on a day, or on one day per case: float64 (n,)."""
    days = np.broadcast_to(np.asarray(day), (len(cases),))
    place = np.clip(np.searchsorted(np.array(KNOTS), days, side="right") - 1, 0, len(KNOTS) - 2)
    rows = np.arange(len(cases))
    result: Floats = cases.shares[rows, place] * (1 - cases.hazard[rows, place]) ** (days - np.array(KNOTS)[place])
    return result


def _followed(cases: Cases, horizon: int) -> Floats:
    """Share still followed after each day from 15: float64 (horizon - 15,)."""
    shares, left = [], 1.0
    for day in range(FIRST_DAY, horizon):
        lost = int((~cases.ended & (cases.last == day)).sum())
        at_risk = int(((cases.entry <= day) & (cases.last >= day)).sum())
        left *= 1 - lost / at_risk if at_risk else 1.0
        shares.append(left)
    return np.array(shares)

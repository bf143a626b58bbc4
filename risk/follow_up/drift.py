"""Drift: by rules that are data, whether seen and expected ends are so far apart that somebody must look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

from risk.errors import CatalogueFault
from risk.follow_up.cases import Cases
from risk.follow_up.compare import at_risk_on, ends_ratio, hazards_on
from risk.packaged import packaged_toml
from risk.survival import FIRST_DAY, LAST_DAY

_FILE = "rules/drift.toml"
KINDS = ("quarter", "diagnosis")


@dataclass(frozen=True, slots=True)
class DriftRule:
    """One rule of drift.toml."""

    id: str
    by: str
    in_a_row: int
    z: float
    off: float
    least: float
    sv: str
    en: str


@dataclass(frozen=True, slots=True)
class Ends:
    """Ends seen and expected in one group, for instance a quarter."""

    level: str
    cases: int
    seen: int
    expected: float

    @property
    def ratio(self) -> tuple[float, float, float] | None:
        """Seen / expected with its 95 % interval."""
        return ends_ratio(self.seen, self.expected)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rule that spoke, the group at which it did, and which way: more ends than expected, or fewer."""

    rule: DriftRule
    level: str
    more: bool


def drift_version() -> str:
    """Version of the rules."""
    return str(packaged_toml(_FILE)["version"])


@cache
def drift_rules() -> tuple[DriftRule, ...]:
    """The rules, as listed.

    Raises:
        CatalogueFault: a rule looks at an unknown kind of group, or its limits are not above nil.
    """
    rules = []
    for row in packaged_toml(_FILE)["rule"]:
        rule = DriftRule(**{name: row[name] for name in DriftRule.__dataclass_fields__})
        if rule.by not in KINDS or min(rule.in_a_row, rule.z, rule.off, rule.least) <= 0:
            raise CatalogueFault(file=_FILE, key=rule.id, reason=f"by must be one of {KINDS}, limits above 0")
        rules.append(rule)
    return tuple(rules)


def alarms(by: str, groups: Sequence[Ends]) -> tuple[Alarm, ...]:
    """Which rules speak over groups of one kind; quarters in their order."""
    found = []
    for rule in drift_rules():
        if rule.by != by:
            continue
        run: list[bool] = []
        for one in groups:
            way = _way(rule, one)
            run = [] if way is None else [*run, way] if not run or run[-1] == way else [way]
            if way is not None and len(run) >= rule.in_a_row:
                found.append(Alarm(rule, one.level, way))
    return tuple(found)


def by_quarter(cases: Cases) -> tuple[Ends, ...]:
    """Ends by the quarter in which they came (not in which the prediction was made), over all days followed."""
    if not len(cases):
        return ()
    first = _quarter(date.fromordinal(int(cases.since.min()) + FIRST_DAY))
    number = _quarter(date.fromordinal(int((cases.since + cases.last).max()) + 1)) - first + 1
    quarters = np.array([_quarter(date.fromordinal(one)) for one in range(cases.since.min(), _end(cases) + 1)]) - first
    seen, expected, here_at = np.zeros(number), np.zeros(number), np.zeros((number, len(cases)), bool)
    for day in range(FIRST_DAY, LAST_DAY):
        here = at_risk_on(cases, day)
        place = quarters[cases.since[here] + day - cases.since.min()]
        expected += np.bincount(place, hazards_on(cases, day)[here], number)
        seen += np.bincount(place, (cases.ended & (cases.last == day))[here], number)
        here_at[place, np.flatnonzero(here)] = True
    return tuple(
        Ends(_name(first + at), int(here_at[at].sum()), int(seen[at]), float(expected[at])) for at in range(number)
    )


def _end(cases: Cases) -> int:
    return int((cases.since + np.maximum(cases.last, LAST_DAY)).max())


def _way(rule: DriftRule, one: Ends) -> bool | None:
    """True = more ends than expected, False = fewer; None = the rule has nothing to say."""
    if max(one.seen, one.expected) < rule.least or one.expected <= 0:
        return None
    far = (one.seen - one.expected) / math.sqrt(one.expected)
    if abs(far) < rule.z or abs(one.seen / one.expected - 1) < rule.off:
        return None
    return far > 0


def _quarter(on: date) -> int:
    return on.year * 4 + (on.month - 1) // 3


def _name(quarter: int) -> str:
    return f"{quarter // 4} Q{quarter % 4 + 1}"

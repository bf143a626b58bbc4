"""The rules of the worklist's order, checked when they are loaded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from string import Formatter
from typing import Any

from risk.errors import CatalogueFault
from risk.packaged import packaged_toml

GROUPS = frozenset({"today", "week", "watch"})
DUE_WORDS = frozenset({"today", "until", "near", "milestone"})
_PLAIN_PLACES = ("day", "chain_day", "near", "unexamined", "first", "now", "share", "horizon")
_WORDED_PLACES = ("ends", "until", "near", "gap", "milestone", "follow_up")
PLACES = frozenset(_PLAIN_PLACES) | {f"{place}_{tongue}" for place in _WORDED_PLACES for tongue in ("sv", "en")}
_FILE = "rules/worklist.toml"


@dataclass(frozen=True, slots=True)
class ChainNear:
    """One of `days` of the chain lies at most `within` days ahead."""

    days: tuple[int, ...]
    within: int


@dataclass(frozen=True, slots=True)
class RankWhen:
    """Conditions of a rule; None = not asked."""

    ongoing: bool | None = None
    ended: bool | None = None
    ends_within: int | None = None
    follow_up_booked: bool | None = None
    plan_exists: bool | None = None
    day_from: int | None = None
    day_to: int | None = None
    diagnosis_known: bool | None = None
    diagnosis_changed: bool | None = None
    chain_longer: bool | None = None
    unexamined_from: int | None = None
    share_from: float | None = None
    employee: bool | None = None
    chain_near: ChainNear | None = None


@dataclass(frozen=True, slots=True)
class RankRule:
    """One rule; `last` puts its cases after all others whatever its place in the file."""

    id: str
    group: str
    due: str | int
    when: RankWhen
    sv: str
    en: str
    last: bool = False


@cache
def rank_rules() -> tuple[RankRule, ...]:
    """The packaged rules, most urgent first; the last one holds always.

    Raises:
        CatalogueFault: a rule is wrong.
    """
    return checked(packaged_toml(_FILE))


def checked(parsed: dict[str, Any]) -> tuple[RankRule, ...]:
    """Rules from a parsed file.

    Raises:
        CatalogueFault: a rule is wrong, or no rule holds always.
    """
    rules = tuple(_rule(row) for row in parsed["rule"])
    if rules[-1].when != RankWhen():
        raise CatalogueFault(_FILE, rules[-1].id, "the last rule must hold always")
    return rules


def _rule(row: dict[str, Any]) -> RankRule:
    name = str(row.get("id", "?"))
    names = {one.name for one in fields(RankRule)}
    if row.keys() - names or names - {"last"} - row.keys():
        raise CatalogueFault(_FILE, name, f"a rule has {sorted(names)}")
    if row["group"] not in GROUPS:
        raise CatalogueFault(_FILE, name, f"group is one of {sorted(GROUPS)}")
    if not isinstance(row["due"], int) and row["due"] not in DUE_WORDS:
        raise CatalogueFault(_FILE, name, f"due is a number of days or one of {sorted(DUE_WORDS)}")
    for text in (row["sv"], row["en"]):
        places = {place for _, place, _, _ in Formatter().parse(text) if place is not None}
        if places - PLACES:
            raise CatalogueFault(_FILE, name, f"unknown place {sorted(places - PLACES)}")
    return RankRule(**{**row, "when": _when(name, row["when"])})


def _when(name: str, row: dict[str, Any]) -> RankWhen:
    unknown = row.keys() - {one.name for one in fields(RankWhen)}
    if unknown:
        raise CatalogueFault(_FILE, name, f"unknown condition {sorted(unknown)}")
    near = row.get("chain_near")
    if near is None:
        return RankWhen(**row)
    if near.keys() != {"days", "within"}:
        raise CatalogueFault(_FILE, name, "chain_near has days and within")
    return RankWhen(**{**row, "chain_near": ChainNear(tuple(near["days"]), near["within"])})

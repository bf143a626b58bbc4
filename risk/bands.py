"""Words for a figure by rules that are data: against the diagnosis, by place in it, by fixed limits, by capacity."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

from risk.errors import CatalogueFault
from risk.packaged import packaged_toml
from risk.place import Place

_FILE = "rules/bands.toml"
COMPARED = ("lower", "as-diagnosis", "raised", "high")  # what a figure against the diagnosis can be called
MAIN = "against-diagnosis"
OPEN = "not-placed"
"""The word where what is unknown leaves too much open to compare the patient with others."""
MOST_CASES = 200
Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class BandRule:
    """One rule: `kind` says what is compared with `limits`, ascending, each with its word."""

    id: str
    sv: str
    en: str
    kind: str
    limits: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class NamedBand:
    """A code with its words, and the rule that gave it; `to` is the furthest word that open questions allow."""

    rule: str
    version: str
    band: str
    to: str
    sv: str
    en: str
    word_sv: str
    word_en: str


@cache
def band_rules() -> tuple[BandRule, ...]:
    """The rules, as listed.

    Raises:
        CatalogueFault: a rule's kind, words or order of limits is wrong.
    """
    read, rules = _read(), []
    for row in read["rule"]:
        limits = tuple((float(one["from"]), str(one["band"])) for one in row["bands"])
        if (
            row["kind"] not in ("ratio", "percentile", "share")
            or not {word for _, word in limits} <= read["words"].keys()
        ):
            raise CatalogueFault(file=_FILE, key=row["id"], reason="unknown kind or word")
        if row["id"] == MAIN and not {word for _, word in limits} <= set(COMPARED):
            raise CatalogueFault(file=_FILE, key=row["id"], reason=f"its words must be among {COMPARED}")
        if limits[0][0] != 0.0 or any(a[0] >= b[0] for a, b in pairwise(limits)):
            raise CatalogueFault(file=_FILE, key=row["id"], reason="the limits must begin at 0 and rise")
        rules.append(BandRule(row["id"], row["sv"], row["en"], row["kind"], limits))
    return tuple(rules)


def bands(
    *, share: float, group_share: float, place: Place, between: tuple[float, float] | None = None
) -> tuple[NamedBand, ...]:
    """One word per rule; "not-placed" for those that compare with others, when the answers would decide the word.

    Args:
        between: the shares that `place` goes from and to; left out when nothing is unanswered.

    >>> [one.band for one in bands(share=0.4, group_share=0.5, place=Place(0.3, 0.3))]
    ['lower', 'middle', 'raised']
    >>> [one.band for one in bands(share=0.4, group_share=0.5, place=Place(0.05, 0.95), between=(0.2, 0.5))]
    ['not-placed', 'not-placed', 'raised']
    """
    low, high = between or (share, share)
    ends = {
        "share": (share, share),
        "ratio": (low / group_share, high / group_share),
        "percentile": (place.low, place.high),
    }
    said, known = [], placed(place)
    for rule in band_rules():
        first, last = (_word(rule, end) for end in ends[rule.kind])
        if first != last and not known:
            first = last = OPEN
        elif rule.kind == "ratio":
            first = last = _word(rule, share / group_share)
        said.append(_named(rule, first, last))
    return tuple(said)


def placed(place: Place) -> bool:
    """Whether enough is known to compare the patient with others: the open questions leave few enough places."""
    return place.high - place.low <= _widest()


def against_diagnosis(share: float, group_share: float) -> str:
    """How a share compares with the diagnosis's on the same day: one of COMPARED.

    >>> [against_diagnosis(share, 0.5) for share in (0.44, 0.45, 0.59, 0.6, 0.75)]
    ['lower', 'as-diagnosis', 'as-diagnosis', 'raised', 'high']
    """
    rule = next(one for one in band_rules() if one.id == MAIN)
    return _word(rule, share / group_share)


def most_urgent(shares: Mapping[Id, float | None], capacity: int) -> frozenset[Id]:
    """By capacity: the k cases of a unit with the highest share; equal shares by id, those without a share never.

    >>> sorted(most_urgent({"a": 0.4, "b": 0.7, "c": None, "d": 0.1}, 2))
    ['a', 'b']
    """
    known = [(one, share) for one, share in shares.items() if share is not None]
    ordered = sorted(known, key=lambda pair: (-pair[1], str(pair[0])))
    return frozenset(one for one, _ in ordered[: max(capacity, 0)])


@dataclass(frozen=True, slots=True)
class Capacity:
    """The rule by capacity: how many cases of a unit count as its most urgent ones."""

    id: str
    version: str
    cases: int


@cache
def capacity() -> Capacity:
    """The packaged rule.

    Raises:
        CatalogueFault: it names no number of cases.
    """
    said = _read()["capacity"]
    if not isinstance(said["cases"], int) or not 0 < said["cases"] <= MOST_CASES:
        raise CatalogueFault(file=_FILE, key="capacity", reason=f"cases is a number from 1 to {MOST_CASES}")
    return Capacity(said["id"], str(_read()["version"]), said["cases"])


@cache
def _widest() -> float:
    widest = _read()["place"]["widest"]
    if not isinstance(widest, float) or not 0 < widest < 1:
        raise CatalogueFault(file=_FILE, key="place", reason="widest is a share between 0 and 1")
    return widest


@cache
def _read() -> dict[str, Any]:
    return packaged_toml(_FILE)


def _named(rule: BandRule, band: str, to: str) -> NamedBand:
    read = _read()
    one, other = read["words"][band], read["words"][to]
    sv = one["sv"] if band == to else f"{one['sv']} till {other['sv']}"
    en = one["en"] if band == to else f"{one['en']} to {other['en']}"
    return NamedBand(rule.id, str(read["version"]), band, to, rule.sv, rule.en, sv, en)


def _word(rule: BandRule, value: float) -> str:
    return [word for limit, word in rule.limits if value >= limit][-1]

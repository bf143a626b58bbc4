"""From one code to what corresponds to it: later or earlier KVÅ codes, groups, addresses of systems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from terminology.concept import Certainty
from terminology.known_changes import Change, ChangeKind

Equivalence = Literal["equal", "equivalent", "wider", "narrower", "relatedto", "inexact", "unmatched"]


@dataclass(frozen=True, slots=True)
class Match:
    """A code that corresponds. `equivalence` says how the target stands to the source, as FHIR R4 has it."""

    system: str
    code: str
    text: str | None
    equivalence: Equivalence
    certainty: Certainty
    why_sv: str = ""
    why_en: str = ""
    source: str = ""


Translate = Callable[[str, str, date, bool], tuple[Match, ...]]
"""From (system, code, day, reverse) to matches."""


@dataclass(frozen=True, slots=True)
class ConceptMap:
    """One map. `sources` and `targets` are our names of systems, or addresses: it may be asked for these only.

    `one_way`: what lies behind a target cannot be listed.
    """

    url: str
    version: str | None
    title: str
    sources: frozenset[str]
    targets: frozenset[str]
    translate: Translate
    one_way: bool = False


def over_time(changes: Sequence[Change], system: str) -> Translate:
    """Follow judged successions up to a day: what was called `code` before is called ... on that day.

    Reverse follows them backwards, to what the code was called before the change.
    """

    def translate(asked: str, code: str, on: date, reverse: bool) -> tuple[Match, ...]:
        if asked != system:
            return ()
        steps = [each for each in changes if each.system == system and each.after and each.before and _linking(each)]
        known = [each for each in steps if each.on is None or each.on <= on]
        return _followed(known, code, reverse)

    return translate


def _linking(change: Change) -> bool:
    return change.kind in (ChangeKind.REPLACED_BY, ChangeKind.SPLIT)


def _followed(changes: Sequence[Change], code: str, reverse: bool) -> tuple[Match, ...]:
    found: dict[str, Match] = {}
    waiting: list[tuple[str, tuple[Change, ...]]] = [(code, ())]
    while waiting:
        at, path = waiting.pop(0)
        onward = [each for each in changes if at in (each.after if reverse else each.before) and each not in path]
        if not onward and path and at not in found:
            found[at] = _match(at, path, reverse)
        for each in onward:
            waiting += [(target, (*path, each)) for target in (each.before if reverse else each.after)]
    return tuple(found.values())


def _match(code: str, path: tuple[Change, ...], reverse: bool) -> Match:
    last = path[-1]
    certain = all(each.certainty is Certainty.VERIFIED for each in path)
    split = any(each.kind is ChangeKind.SPLIT for each in path)
    same = all(each.comparable for each in path)
    equivalence: Equivalence = "equivalent" if same else "inexact"
    if split:
        equivalence = "wider" if reverse else "narrower"
    if not certain:
        equivalence = "relatedto"
    return Match(
        last.system,
        code,
        None,
        equivalence,
        Certainty.VERIFIED if certain else Certainty.INFERRED,
        last.why_sv,
        last.why_en,
        last.source,
    )

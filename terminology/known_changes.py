"""What a person has judged of the changes between releases (known_changes.toml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from terminology.concept import Certainty
from terminology.errors import TerminologyFault
from terminology.packaged import packaged_toml


class ChangeKind(StrEnum):
    """What became of a code; see known_changes.toml."""

    REPLACED_BY = "replaced-by"
    SPLIT = "split"
    NARROWED = "narrowed"
    WITHDRAWN = "withdrawn"
    RENAMED = "renamed"
    ADDED = "added"


LINKS = frozenset({ChangeKind.REPLACED_BY, ChangeKind.SPLIT})
SAME_CODE = frozenset({ChangeKind.RENAMED, ChangeKind.NARROWED})


@dataclass
class WrongJudgement(TerminologyFault):
    """An entry of a file of judged changes or families cannot be used. `number` counts from 1."""

    number: int
    why: str

    def __str__(self) -> str:
        return f"entry {self.number}: {self.why}"


@dataclass(frozen=True, slots=True)
class Change:
    """One judged change.

    Attributes:
        on: first day of the new state; None = the year is not known.
        comparable: whether counts before and after may be added up as one.
    """

    system: str
    kind: ChangeKind
    before: tuple[str, ...]
    after: tuple[str, ...]
    on: date | None
    comparable: bool
    certainty: Certainty
    source: str
    why_sv: str
    why_en: str

    @property
    def joins(self) -> bool:
        """Whether it lets a trend go on without a word: comparable, and said by a source."""
        return self.comparable and self.certainty is Certainty.VERIFIED


def read_changes(document: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes of a TOML document, checked.

    Raises:
        WrongJudgement: naming the entry and what is wrong with it.
    """
    return tuple(_change(number, entry) for number, entry in enumerate(document.get("change", ()), start=1))


@cache
def known_changes() -> tuple[Change, ...]:
    """The changes that ship with the product."""
    return read_changes(packaged_toml("known_changes.toml"))


class Event(StrEnum):
    """What is seen of a code from one release to the next."""

    BEGUN = "begun"
    ENDED = "ended"
    TEXT_CHANGED = "text-changed"


def judging(
    changes: Iterable[Change], system: str, code: str, event: Event, *, since: date, until: date
) -> Change | None:
    """The judgement of what happened to a code between two days; one without a year counts when none is dated."""
    touching = [each for each in changes if each.system == system and _is_about(each, code, event)]
    dated = [each for each in touching if each.on is not None and since <= each.on <= until]
    return next(iter(dated), next((each for each in touching if each.on is None), None))


def _is_about(change: Change, code: str, event: Event) -> bool:
    if event is Event.TEXT_CHANGED:
        return change.kind in SAME_CODE and code in change.before
    return change.kind not in SAME_CODE and code in (change.after if event is Event.BEGUN else change.before)


def _change(number: int, entry: Mapping[str, Any]) -> Change:
    try:
        change = Change(
            system=str(entry["system"]),
            kind=ChangeKind(entry["kind"]),
            before=tuple(map(str, entry.get("from", ()))),
            after=tuple(map(str, entry.get("to", ()))),
            on=entry.get("on"),
            comparable=_truth(entry["comparable"]),
            certainty=Certainty(entry["certainty"]),
            source=str(entry["source"]),
            why_sv=str(entry["why_sv"]),
            why_en=str(entry.get("why_en", entry["why_sv"])),
        )
    except (KeyError, ValueError, TypeError) as fault:
        raise WrongJudgement(number, f"{type(fault).__name__}: {fault}") from None
    if wrong := _wrong(change):
        raise WrongJudgement(number, wrong)
    return change


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("comparable must be true or false")
    return value


def _wrong(change: Change) -> str | None:
    if change.on is not None and type(change.on) is not date:
        return "on must be a day, e.g. 2024-01-01"
    if change.certainty is Certainty.UNVERIFIED:
        return "certainty must be verified or inferred"
    if not change.source.strip():
        return "a source is needed"
    shape = (len(change.before), len(change.after))
    fits = {
        ChangeKind.REPLACED_BY: shape == (1, 1),
        ChangeKind.SPLIT: shape[0] == 1 and shape[1] > 1,
        ChangeKind.WITHDRAWN: shape[0] >= 1 and shape[1] == 0,
        ChangeKind.ADDED: shape[0] == 0 and shape[1] >= 1,
    }
    if change.kind in SAME_CODE:
        return None if change.before == change.after and shape[0] == 1 else "from and to must be the same one code"
    return None if fits[change.kind] else f"{change.kind} does not fit {shape[0]} codes before and {shape[1]} after"

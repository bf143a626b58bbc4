"""Where a trend may be cut: what happened to the codes, as judged by a person, or that nobody has judged it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from terminology.catalogue import Catalogue
from terminology.concept import Certainty
from terminology.known_changes import SAME_CODE, Change, Event, judging
from terminology.release import Period
from terminology.stretches import Stretch, same_text

_DAY = timedelta(days=1)


class BreakKind(StrEnum):
    """The judged kinds, and what was only seen."""

    REPLACED_BY = "replaced-by"
    SPLIT = "split"
    NARROWED = "narrowed"
    WITHDRAWN = "withdrawn"
    RENAMED = "renamed"
    ADDED = "added"
    APPEARED = "appeared"
    ENDED = "ended"
    TEXT_CHANGED = "text-changed"
    TEXT_NOT_SEEN = "text-not-seen"
    NO_RELEASE = "no-release"


@dataclass(frozen=True, slots=True)
class Break:
    """Something that happened.

    Attributes:
        on: first day of the new state; None = in a year that is not known.
        comparable: whether counts before and after may be added up; None = not known, nobody has judged it.
        certainty: of `comparable`; None when nobody has judged it.
    """

    kind: BreakKind
    on: date | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    comparable: bool | None
    certainty: Certainty | None
    why_sv: str
    why_en: str
    source: str = ""

    def joined(self, accept_inferred: bool) -> bool:
        """Whether the trend goes on over it."""
        return self.comparable is True and (self.certainty is Certainty.VERIFIED or accept_inferred)


def breaks_of(
    catalogue: Catalogue,
    changes: Sequence[Change],
    system: str,
    codes: Sequence[str],
    stretches: Sequence[Stretch],
    gaps: Sequence[Period],
    since: date,
    until: date,
) -> tuple[Break, ...]:
    """Everything that happened to the codes in the span, each judged change once, by day."""
    found: list[Break] = [_no_release(gap) for gap in gaps]
    span = _Span(catalogue, changes, system, gaps, since, until)
    for code in codes:
        own = [each for each in stretches if each.code == code]
        for each in (*span.edges(code, own), *span.between(code, own), *span.undated(code, own)):
            if each not in found:
                found.append(each)
    return tuple(sorted(found, key=lambda each: (each.on or date.max, each.kind, each.before, each.after)))


@dataclass(frozen=True, slots=True)
class _Span:
    catalogue: Catalogue
    changes: Sequence[Change]
    system: str
    gaps: Sequence[Period]
    first: date
    last: date

    def edges(self, code: str, own: Sequence[Stretch]) -> Iterator[Break]:
        """The code's beginning and end, when they fall on days whose releases are here."""
        if not own:
            return
        begins, ends = own[0].since, own[-1].until + _DAY
        if begins > self.first and self._known(begins - _DAY):
            yield self._judged(code, Event.BEGUN, begins, begins) or _appeared(code, begins)
        if ends <= self.last and self._known(ends):
            yield self._judged(code, Event.ENDED, ends, ends) or _ended(code, ends)

    def between(self, code: str, own: Sequence[Stretch]) -> Iterator[Break]:
        """From each text to the next."""
        for one, other in pairwise(own):
            after = one.until + _DAY
            missing = after < other.since and all(self._known(day) for day in (after, other.since - _DAY))
            if missing:
                yield self._judged(code, Event.ENDED, after, after) or _ended(code, after)
                yield self._judged(code, Event.BEGUN, other.since, other.since) or _appeared(code, other.since)
            elif not same_text(one.text, other.text):
                yield self._judged(code, Event.TEXT_CHANGED, after, other.since) or _text_changed(one, other)
            elif {one.certainty, other.certainty} != {Certainty.VERIFIED}:
                yield _text_not_seen(code, other, doubted=self._doubted(code))

    def undated(self, code: str, own: Sequence[Stretch]) -> Iterator[Break]:
        """Changes of the same code in a year that nobody knows, as long as not every year's text was seen."""
        seen = bool(own) and all(each.certainty is Certainty.VERIFIED for each in own) and not self.gaps
        for each in self.changes:
            if not seen and self._is_undated(each, code):
                yield _as_break(each, None)

    def _is_undated(self, change: Change, code: str) -> bool:
        same = change.system == self.system and change.kind in SAME_CODE
        return same and change.on is None and code in change.before

    def _doubted(self, code: str) -> bool:
        """Whether the code is said to have changed in some year."""
        return any(self._is_undated(each, code) and not each.comparable for each in self.changes)

    def _known(self, day: date) -> bool:
        return not any(gap.since <= day <= gap.until for gap in self.gaps)

    def _judged(self, code: str, event: Event, since: date, until: date) -> Break | None:
        found = judging(self.changes, self.system, code, event, since=since, until=until)
        return _as_break(found, found.on or until) if found else None


def _as_break(change: Change, on: date | None) -> Break:
    return Break(
        BreakKind(change.kind.value),
        on,
        change.before,
        change.after,
        change.comparable,
        change.certainty,
        change.why_sv,
        change.why_en,
        change.source,
    )


def _no_release(gap: Period) -> Break:
    return Break(
        BreakKind.NO_RELEASE,
        gap.since,
        (),
        (),
        None,
        None,
        f"Ingen utgåva för {gap.since} till {gap.until} finns här. Läs in årens filer.",
        f"No release for {gap.since} to {gap.until} is here. Import the years' files.",
    )


def _appeared(code: str, on: date) -> Break:
    return Break(
        BreakKind.APPEARED,
        on,
        (),
        (code,),
        None,
        None,
        f"{code} finns inte före {on}. Ingen har bedömt vad som motsvarade koden tidigare.",
        f"{code} does not stand in the list before {on}. Nobody has judged what corresponded to it earlier.",
    )


def _ended(code: str, on: date) -> Break:
    return Break(
        BreakKind.ENDED,
        on,
        (code,),
        (),
        None,
        None,
        f"{code} gäller inte längre från {on}. Ingen har bedömt vad som ersatte koden.",
        f"{code} is no longer valid from {on}. Nobody has judged what took its place.",
    )


def _text_changed(one: Stretch, other: Stretch) -> Break:
    known = one.text is not None and other.text is not None
    return Break(
        BreakKind.TEXT_CHANGED if known else BreakKind.TEXT_NOT_SEEN,
        other.since,
        (one.code,),
        (one.code,),
        None,
        None,
        f"{one.code}: texten är en annan från {other.since}. Ingen har bedömt om innebörden ändrades."
        if known
        else f"{one.code}: texten är inte känd för alla år.",
        f"{one.code}: another text from {other.since}. Nobody has judged whether the meaning changed."
        if known
        else f"{one.code}: the text is not known for every year.",
    )


def _text_not_seen(code: str, other: Stretch, *, doubted: bool) -> Break:
    return Break(
        BreakKind.TEXT_NOT_SEEN,
        other.since,
        (code,),
        (code,),
        None if doubted else True,
        None if doubted else Certainty.INFERRED,
        f"{code}: att texten är densamma från {other.since} är en slutsats; årets lista är inte läst.",
        f"{code}: that the text is the same from {other.since} is a conclusion; that year's list was not read.",
    )

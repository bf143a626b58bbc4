"""The history of a code or a code family: texts, validity, and over which days its counts may be compared.

What no source says never joins a trend silently: the trend is cut there, and the cut says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from terminology.catalogue import Catalogue
from terminology.concept import Certainty, Kind
from terminology.errors import UnknownSubject
from terminology.families import Family, Member
from terminology.history_breaks import Break, BreakKind, breaks_of
from terminology.known_changes import LINKS, Change
from terminology.stretches import Stretch, stretches_of

__all__ = ["Break", "BreakKind", "History", "Segment", "Stretch", "history"]


@dataclass(frozen=True, slots=True)
class Segment:
    """Days (ends included) over which the counts of `codes` together are one trend.

    `inferred` are the cuts that were joined over because the caller accepts what is only concluded.
    """

    since: date
    until: date
    codes: tuple[str, ...]
    inferred: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """A code or family over a span of days.

    Attributes:
        codes: all that are told, the asked code's predecessors and successors among them.
        stretches: each code's days with one text.
        breaks: everything that happened, also what joins.
        segments: where counts may be added up; days in none of them must not be counted.
        comparable: True when one segment covers the whole span; False when something is known to differ;
            None when it is not known.
    """

    subject: str
    system: str
    since: date
    until: date
    codes: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    breaks: tuple[Break, ...]
    segments: tuple[Segment, ...]
    comparable: bool | None


def history(
    catalogue: Catalogue,
    changes: Sequence[Change],
    subject: str | Family,
    *,
    system: str,
    since: date,
    until: date,
    accept_inferred: bool = False,
) -> History:
    """Tell what became of a code or a family from `since` to `until`, ends included.

    Args:
        changes: what people have judged.
        subject: a code as kept, or a family.
        accept_inferred: join over changes that are only concluded; the segments then name them.

    Raises:
        UnknownSystem; UnknownSubject: the code stands in no release and in no judged change.
    """
    members = _members(catalogue, changes, subject, system)
    name = subject.id if isinstance(subject, Family) else subject
    stretches = stretches_of(catalogue, system, members, since, until)
    gaps = catalogue.gaps(system, since, until)
    breaks = breaks_of(catalogue, changes, system, tuple(members), stretches, gaps, since, until)
    segments = _segments(stretches, breaks, accept_inferred)
    return History(
        name,
        system,
        since,
        until,
        tuple(members),
        stretches,
        breaks,
        segments,
        _comparable(segments, breaks, since, until),
    )


def _members(
    catalogue: Catalogue, changes: Sequence[Change], subject: str | Family, system: str
) -> Mapping[str, Member]:
    if isinstance(subject, Family):
        return {each.code: each for each in subject.members}
    linked = _linked(changes, subject, system)
    stands = any(
        (found := store.find(subject)) is not None and found.kind is Kind.CODE for store in catalogue.releases(system)
    )
    if not stands and linked == {subject}:
        raise UnknownSubject(subject)
    return {code: Member(code, None, None, Certainty.VERIFIED) for code in sorted(linked)}


def _linked(changes: Sequence[Change], code: str, system: str) -> set[str]:
    """The code with everything that it came from or became."""
    links = [each for each in changes if each.system == system and each.kind in LINKS]
    found, before = {code}, 0
    while len(found) > before:
        before = len(found)
        for each in links:
            if found & {*each.before, *each.after}:
                found |= {*each.before, *each.after}
    return found


def _segments(stretches: Sequence[Stretch], breaks: Sequence[Break], accept_inferred: bool) -> tuple[Segment, ...]:
    """Runs of days with at least one code, cut wherever a break does not join."""
    cuts = {each.on for each in breaks if each.on is not None and not each.joined(accept_inferred)}
    edges = sorted(cuts | {each.since for each in stretches} | {each.until + timedelta(days=1) for each in stretches})
    found: list[Segment] = []
    for first, after in pairwise(edges):
        last = after - timedelta(days=1)
        codes = {each.code for each in stretches if each.since <= first and last <= each.until}
        if not codes:
            continue
        before = found[-1] if found else None
        if before is not None and before.until + timedelta(days=1) == first and first not in cuts:
            found[-1] = Segment(before.since, last, tuple(sorted({*before.codes, *codes})))
        else:
            found.append(Segment(first, last, tuple(sorted(codes))))
    return tuple(
        Segment(each.since, each.until, each.codes, _inferred_inside(each, breaks, accept_inferred)) for each in found
    )


def _inferred_inside(segment: Segment, breaks: Sequence[Break], accept_inferred: bool) -> tuple[Break, ...]:
    return tuple(
        each
        for each in breaks
        if accept_inferred
        and each.on is not None
        and segment.since < each.on <= segment.until
        and not each.joined(accept_inferred=False)
    )


def _comparable(segments: Sequence[Segment], breaks: Sequence[Break], since: date, until: date) -> bool | None:
    if any(each.comparable is False and each.certainty is Certainty.VERIFIED for each in breaks):
        return False
    whole = len(segments) == 1 and (segments[0].since, segments[0].until) == (since, until)
    undated = any(each.on is None for each in breaks)
    return True if whole and not undated and not segments[0].inferred else None

"""Days on which a code stood in the releases with one and the same text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from terminology.catalogue import Catalogue
from terminology.concept import Certainty, Edition
from terminology.families import Member
from terminology.release import Period


@dataclass(frozen=True, slots=True)
class Stretch:
    """One code with one text. `text` None = not known; `releases` are those that say so."""

    code: str
    since: date
    until: date
    text: str | None
    certainty: Certainty
    releases: tuple[str, ...]


def same_text(one: str | None, other: str | None) -> bool:
    """Whether two texts are the same but for blanks; an unknown text is like no other."""
    return one is not None and other is not None and " ".join(one.split()) == " ".join(other.split())


def stretches_of(
    catalogue: Catalogue, system: str, members: Mapping[str, Member], since: date, until: date
) -> tuple[Stretch, ...]:
    """The stretches of every member inside the span, by code and day."""
    periods = catalogue.periods(system, since, until)
    found: list[Stretch] = []
    for code, member in members.items():
        own: list[Stretch] = []
        for store, period in periods:
            edition = store.find(code)
            if edition is not None and edition.active:
                own += _inside(edition, member, period, store.release.id)
        found += _joined(own)
    return tuple(found)


def _inside(edition: Edition, member: Member, period: Period, release: str) -> Iterator[Stretch]:
    first = max(day for day in (period.since, edition.since, member.since) if day is not None)
    last = min(day for day in (period.until, edition.until, member.until) if day is not None)
    if first <= last:
        yield Stretch(edition.code, first, last, edition.text, edition.certainty, (release,))


def _joined(stretches: list[Stretch]) -> Iterator[Stretch]:
    """Neighbours with the same text as one, when both texts were seen in their own release."""
    current: Stretch | None = None
    for each in stretches:
        if current is None:
            current = each
        elif _same(current, each):
            current = Stretch(
                each.code, current.since, each.until, each.text, each.certainty, (*current.releases, *each.releases)
            )
        else:
            yield current
            current = each
    if current is not None:
        yield current


def _same(one: Stretch, other: Stretch) -> bool:
    seen = one.certainty is Certainty.VERIFIED and other.certainty is Certainty.VERIFIED
    return seen and one.until + timedelta(days=1) == other.since and same_text(one.text, other.text)

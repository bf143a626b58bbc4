"""What is different from one release to the next, and which of it nobody has judged yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from terminology.concept import Edition, Kind
from terminology.known_changes import Change, Event, judging
from terminology.store import ReleaseStore
from terminology.stretches import same_text


@dataclass(frozen=True, slots=True)
class Difference:
    """One code. `before` None = it is new; `after` None = it is gone, or no longer valid."""

    code: str
    before: str | None
    after: str | None
    judged: bool

    def __str__(self) -> str:
        mark = "" if self.judged or self.before is None else "  (not judged)"
        if self.before is None:
            return f"+ {self.code}  {self.after}"
        if self.after is None:
            return f"- {self.code}  {self.before}{mark}"
        return f"~ {self.code}  {self.before}\n{' ' * (len(self.code) + 2)}-> {self.after}{mark}"


@dataclass(frozen=True, slots=True)
class Differences:
    """All of it. `selection`: the release before is only a selection, so new codes say nothing and are left out."""

    before: str
    after: str
    selection: bool
    all: tuple[Difference, ...]

    def unjudged(self) -> tuple[Difference, ...]:
        """Codes that ended or changed their text, and no person has said what it means."""
        return tuple(each for each in self.all if each.before is not None and not each.judged)

    def counted(self) -> str:
        """One line of numbers."""
        new = sum(each.before is None for each in self.all)
        gone = sum(each.after is None for each in self.all)
        said = f"{new} new, {gone} gone, {len(self.all) - new - gone} with another text"
        if self.selection:
            said = f"{said} (only the codes of {self.before} that are here were compared)"
        return f"{self.before} -> {self.after}: {said}; {len(self.unjudged())} not judged"


def differences(
    before: ReleaseStore, after_id: str, after: Mapping[str, Edition], first_day: date, changes: Iterable[Change]
) -> Differences:
    """Compare a release with the codes of the next one.

    Args:
        after: the codes of the later release by code.
        first_day: of the later release.
        changes: judged ones; only those with a day between the two releases settle a difference.
    """
    judged = tuple(each for each in changes if each.on is not None)
    found = list(_ended_or_changed(before, after, first_day, judged))
    if before.release.whole:
        found += [
            Difference(code, None, each.text, judged=True)
            for code, each in after.items()
            if each.kind is Kind.CODE and before.find(code) is None
        ]
    ordered = tuple(sorted(found, key=lambda each: each.code))
    return Differences(before.release.id, after_id, not before.release.whole, ordered)


def _ended_or_changed(
    before: ReleaseStore, after: Mapping[str, Edition], first_day: date, changes: tuple[Change, ...]
) -> Iterator[Difference]:
    release = before.release
    window = {"since": release.first_day + timedelta(days=1), "until": first_day}
    for old in before.every():
        if old.kind is not Kind.CODE or not old.valid_on(first_day - timedelta(days=1)):
            continue
        new = after.get(old.code)
        if new is None or not new.valid_on(first_day):
            judged = judging(changes, release.system, old.code, Event.ENDED, **window) is not None
            yield Difference(old.code, old.text or "(text not known)", None, judged)
        elif old.text is not None and not same_text(old.text, new.text):
            judged = judging(changes, release.system, old.code, Event.TEXT_CHANGED, **window) is not None
            yield Difference(old.code, old.text, new.text, judged)

"""All releases of all code lists that are here, and which one held on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from terminology.codes import system_name
from terminology.errors import NoReleaseHeld, NotInRelease, UnknownRelease, UnknownSystem
from terminology.release import RELEASE, Period, surely_held
from terminology.store import ReleaseStore


@dataclass(frozen=True, slots=True)
class Held:
    """The release that answers for a day. `beyond`: the day lies after the year it was published for."""

    store: ReleaseStore
    beyond: bool


class Catalogue:
    """Releases by system and first day. Of two with the same system and id, the later one given counts."""

    def __init__(self, stores: Iterable[ReleaseStore]) -> None:
        given = {(each.release.system, each.release.id): each for each in stores}
        self._by_system: dict[str, list[ReleaseStore]] = defaultdict(list)
        for each in given.values():
            self._by_system[each.release.system].append(each)
        for listed in self._by_system.values():
            listed.sort(key=lambda each: (each.release.first_day, each.release.id))

    def systems(self) -> tuple[str, ...]:
        """Names of the systems that are here, in order."""
        return tuple(sorted(self._by_system))

    def system(self, uri: str) -> str:
        """Our name of the system that an address, OID or name means.

        Raises:
            UnknownSystem: none of it is here.
        """
        name = system_name(uri) or uri
        if name not in self._by_system:
            raise UnknownSystem(uri)
        return name

    def releases(self, system: str) -> tuple[ReleaseStore, ...]:
        """Every release of a system, oldest first. Raises UnknownSystem."""
        if system not in self._by_system:
            raise UnknownSystem(system)
        return tuple(self._by_system[system])

    def release(self, system: str, version: str) -> ReleaseStore:
        """One release by its id; the name that stored results carry means the last one shipped.

        Raises:
            UnknownSystem, UnknownRelease
        """
        listed = self.releases(system)
        for each in reversed(listed):
            if each.release.id == version or (version == RELEASE and system == "kva" and not each.release.whole):
                return each
        raise UnknownRelease(system, version, tuple(each.release.id for each in listed))

    def held_on(self, system: str, day: date) -> Held:
        """The release that held on a day: the last one that had begun.

        Raises:
            UnknownSystem; NoReleaseHeld: the day lies before all of them.
        """
        listed = self.releases(system)
        for each in reversed(listed):
            if each.release.first_day <= day:
                return Held(each, beyond=day > each.release.last_day)
        raise NoReleaseHeld(system, day, listed[0].release.first_day)

    def periods(self, system: str, since: date, until: date) -> tuple[tuple[ReleaseStore, Period], ...]:
        """The releases that held for sure on days from `since` to `until`, with those days."""
        listed = self.releases(system)
        found = []
        for each, following in zip(listed, [*listed[1:], None], strict=True):
            held = surely_held(each.release, following.release if following else None)
            first, last = max(held.since, since), min(held.until, until)
            if first <= last:
                found.append((each, Period(first, last, sure=True)))
        return tuple(found)

    def gaps(self, system: str, since: date, until: date) -> tuple[Period, ...]:
        """Days from `since` to `until` for which no release was published that is here."""
        found, day = [], since
        for _, period in self.periods(system, since, until):
            if period.since > day:
                found.append(Period(day, period.since - timedelta(days=1), sure=False))
            day = max(day, period.until + timedelta(days=1))
        if day <= until:
            found.append(Period(day, until, sure=False))
        return tuple(found)

    def not_in(self, store: ReleaseStore, code: str) -> NotInRelease:
        """The fault for a code that `store` has not, with the releases that have it."""
        release = store.release
        found = tuple(
            each.release.id for each in self.releases(release.system) if each is not store and each.find(code)
        )
        return NotInRelease(release.system, code, release.id, release.whole, found)

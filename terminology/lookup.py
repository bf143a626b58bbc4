"""What one release says of a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from terminology.catalogue import Catalogue
from terminology.concept import Certainty, Edition
from terminology.errors import NotValidThen
from terminology.release import Release
from terminology.spelling import other_spellings, spelled
from terminology.store import ReleaseStore


@dataclass(frozen=True, slots=True)
class Looked:
    """A code as found.

    Attributes:
        store: where it was found.
        beyond: the day asked for lies after the year the release was published for.
        asked: the code as it was written in the question.
    """

    store: ReleaseStore
    edition: Edition
    beyond: bool
    asked: str

    @property
    def release(self) -> Release:
        return self.store.release

    @property
    def children(self) -> tuple[str, ...]:
        """Codes directly below."""
        return self.store.children(self.edition.code)

    def not_valid(self, day: date) -> NotValidThen | None:
        """Why the code was not valid on that day, when the release says so."""
        each = self.edition
        if each.valid_on(day):
            return None
        inferred = each.validity is not Certainty.VERIFIED
        return NotValidThen(self.release.system, each.code, day, each.since, each.until, inferred)


def chosen(catalogue: Catalogue, system: str, *, on: date, version: str | None = None) -> tuple[ReleaseStore, bool]:
    """The release by its id when one is given, else the one that held on the day; and whether the day is beyond it.

    Raises:
        UnknownSystem, UnknownRelease, NoReleaseHeld
    """
    if version is not None:
        return catalogue.release(system, version), False
    held = catalogue.held_on(system, on)
    return held.store, held.beyond


def find_spelled(store: ReleaseStore, text: str) -> Edition | None:
    """The code in any of the spellings that occur; None when it does not stand there."""
    found = store.find(text)
    if found is not None:
        return found
    return next(filter(None, map(store.find, other_spellings(store.release.system, text))), None)


def look_up(catalogue: Catalogue, system: str, text: str, *, on: date, version: str | None = None) -> Looked:
    """Everything that a release says of a code.

    Args:
        system: our name of the system.
        text: the code in any spelling that occurs.
        on: the day; chooses the release unless `version` does.

    Raises:
        UnknownSystem, UnknownRelease, NoReleaseHeld; NotInRelease: the code does not stand there.
    """
    store, beyond = chosen(catalogue, system, on=on, version=version)
    edition = find_spelled(store, text)
    if edition is None:
        raise catalogue.not_in(store, spelled(system, text))
    return Looked(store, edition, beyond, text)

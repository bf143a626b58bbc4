"""From the bytes of an official file to a release that can be written; nothing is written here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from terminology.catalogue import Catalogue
from terminology.concept import Edition, Kind
from terminology.differences import Difference, Differences, differences
from terminology.errors import TerminologyFault, UnknownSystem
from terminology.known_changes import Change
from terminology.memory_store import MemoryRelease
from terminology.reading.official_file import read_official_file
from terminology.release import Release, of_year
from terminology.shipped import TITLES
from terminology.store import ReleaseStore

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}")
Unjudged = Literal["stop", "mark"]


@dataclass
class NotJudged(TerminologyFault):
    """Codes ended or changed their text, and no person has said what that means; nothing was imported."""

    compared: tuple[Differences, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        return tuple(each for one in self.compared for each in one.unjudged())

    def __str__(self) -> str:
        listed = "\n".join(map(str, self.differences[:50]))
        more = f"\nand {len(self.differences) - 50} more" if len(self.differences) > 50 else ""
        return f"{len(self.differences)} changes that nobody has judged:\n{listed}{more}"


@dataclass
class WrongReleaseId(TerminologyFault):
    """A release cannot have that name."""

    release: str
    why: str

    def __str__(self) -> str:
        return f"release {self.release[:30]!r}: {self.why}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A release ready to be written."""

    release: Release
    editions: tuple[Edition, ...]
    warnings: tuple[str, ...]
    compared: tuple[Differences, ...]

    @property
    def codes(self) -> int:
        """Number of codes, headings not counted."""
        return sum(each.kind is Kind.CODE for each in self.editions)


def prepare(
    content: bytes,
    *,
    system: str,
    release_id: str,
    first_day: date | None,
    catalogue: Catalogue,
    changes: Sequence[Change],
    unjudged: Unjudged = "stop",
    sheets: Sequence[str] = (),
    step: Callable[[], object] = lambda: None,
) -> Prepared:
    """Read and check a file, and hold it against the releases before and after it.

    Args:
        system: "kva" or "icd10se".
        release_id: the year, e.g. "2024"; other names need `first_day`.
        first_day: from when it holds; None = the first of January of the year.
        step: called when the file is read, and when it is compared.
        unjudged: "stop" when a code ended or changed its text and nobody has judged it, or "mark" it in the release.

    Raises:
        UnknownSystem, WrongReleaseId, UnreadableFile, WrongRows; NotJudged.
    """
    if system not in TITLES:
        raise UnknownSystem(system)
    first, last = _held(release_id, first_day)
    _refuse_same_day(catalogue, system, release_id, first)
    digest = hashlib.sha256(content).hexdigest()[:16]
    source = f"{TITLES[system]} {release_id}, imported file {digest}"
    reading = read_official_file(content, system, source="", sheets=sheets)
    step()
    compared = tuple(_compared(catalogue, system, release_id, reading.editions, first, changes))
    step()
    left = tuple(sorted({each.code for one in compared for each in one.unjudged()}))
    if left and unjudged == "stop":
        raise NotJudged(compared)
    release = Release(system, release_id, first, last, True, TITLES[system], source, left)
    editions = tuple(reading.editions[code] for code in sorted(reading.editions))
    return Prepared(release, editions, tuple(reading.warnings), compared)


def _held(release_id: str, first_day: date | None) -> tuple[date, date]:
    if not _ID.fullmatch(release_id):
        raise WrongReleaseId(release_id, "letters, digits, dots and hyphens, at most 20")
    if release_id.isascii() and release_id.isdigit() and len(release_id) == 4:
        first, last = of_year(int(release_id))
        return (first_day or first), max(last, first_day or first)
    if first_day is None:
        raise WrongReleaseId(release_id, "a release that is not named by its year needs its first day")
    return first_day, date(first_day.year, 12, 31)


def _refuse_same_day(catalogue: Catalogue, system: str, release_id: str, first: date) -> None:
    """Of two releases from one day nobody could know which one answers."""
    here = catalogue.releases(system) if system in catalogue.systems() else ()
    other = next((each.release.id for each in here if each.release.first_day == first), release_id)
    if other != release_id:
        raise WrongReleaseId(release_id, f"release {other} begins on {first} too; import it as {other}")


def _compared(
    catalogue: Catalogue,
    system: str,
    release_id: str,
    editions: dict[str, Edition],
    first: date,
    changes: Sequence[Change],
) -> list[Differences]:
    """Against the nearest release before, and the nearest after, when years are read in another order."""
    others = [each for each in catalogue.releases(system) if each.release.id != release_id]
    found = []
    earlier = [each for each in others if each.release.first_day < first]
    if earlier:
        found.append(differences(earlier[-1], release_id, editions, first, changes))
    later = next((each for each in others if each.release.first_day > first and each.release.whole), None)
    if later is not None:
        found.append(_to_later(release_id, system, editions, first, later, changes))
    return found


def _to_later(
    release_id: str,
    system: str,
    editions: dict[str, Edition],
    first: date,
    later: ReleaseStore,
    changes: Sequence[Change],
) -> Differences:
    new = MemoryRelease(Release(system, release_id, first, first), editions.values())
    after = {each.code: each for each in later.every()}
    return differences(new, later.release.id, after, later.release.first_day, changes)

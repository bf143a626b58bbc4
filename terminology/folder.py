"""The folder of a site: its imported releases, and what it has judged itself."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from terminology.catalogue import Catalogue
from terminology.errors import TerminologyFault
from terminology.known_changes import Change, known_changes, read_changes
from terminology.release import Release
from terminology.shipped import shipped
from terminology.sqlite_store import SqliteRelease

JUDGED = "known_changes.toml"


class WrongFolder(TerminologyFault):
    """Something in the folder cannot be used; the text names the file."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Everything that is known of codes: what ships, then what the site imported and judged."""

    catalogue: Catalogue
    changes: tuple[Change, ...]


def release_path(folder: Path, release: Release) -> Path:
    """Where a release is kept."""
    return folder / f"{release.system}-{release.id}.sqlite"


def open_codes(folder: Path | None) -> Codes:
    """Shipped codes, and those of the folder when there is one.

    Raises:
        NotARelease, WrongFolder: a file in it is damaged or cannot be understood. Nothing is left out silently:
            without one of its releases, a day would be answered by another year's texts.
    """
    if folder is None or not folder.is_dir():
        return Codes(Catalogue(shipped()), known_changes())
    imported = [SqliteRelease(path) for path in sorted(folder.glob("*.sqlite"))]
    return Codes(Catalogue([*shipped(), *imported]), (*_judged(folder / JUDGED), *known_changes()))


def _judged(path: Path) -> tuple[Change, ...]:
    if not path.exists():
        return ()
    try:
        return read_changes(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TerminologyFault) as fault:
        raise WrongFolder(f"{path.name}: {fault}") from fault


class FolderWatch:
    """Tells when something in the folder was put, taken away or judged anew; looks at most once in a while."""

    def __init__(self, folder: Path | None, every_s: float = 1.0) -> None:
        self._folder = folder
        self._every_s = every_s
        self._seen = self._look()
        self._next = monotonic() + every_s
        self._changed = False

    def changed(self) -> bool:
        """Whether the folder is another than when the watch began; once it is, it stays so."""
        if not self._changed and monotonic() >= self._next:
            self._next = monotonic() + self._every_s
            self._changed = self._look() != self._seen
        return self._changed

    def _look(self) -> tuple[tuple[int, int] | None, ...]:
        """A release comes by being moved into the folder, which changes the folder's own time."""
        return () if self._folder is None else (_state(self._folder), _state(self._folder / JUDGED))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size

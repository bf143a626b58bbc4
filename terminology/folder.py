"""The folder of a site: its imported releases, and what it has judged itself."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

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

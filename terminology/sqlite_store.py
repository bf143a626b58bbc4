"""One release as one immutable SQLite file: written once, whole or not at all, and only read afterwards."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Any

from terminology.concept import Certainty, Edition, Kind
from terminology.errors import TerminologyFault
from terminology.release import Release
from terminology.word_index import WordIndex
from terminology.words import plain

FORMAT = "sickleave-terminology-1"
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE edition (
    code TEXT PRIMARY KEY, text TEXT, certainty TEXT NOT NULL, source TEXT NOT NULL, since TEXT, until TEXT,
    validity TEXT NOT NULL, parent TEXT, kind TEXT NOT NULL, active INTEGER NOT NULL,
    notes TEXT NOT NULL, designations TEXT NOT NULL
) WITHOUT ROWID;
"""
_COLUMNS = "code, text, certainty, source, since, until, validity, parent, kind, active, notes, designations"
_FIND = f"SELECT {_COLUMNS} FROM edition WHERE code = ?"  # noqa: S608
_AT_ONCE = 500
MOST_KEPT = 20_000
_CERTAINTY = {each.value: each for each in Certainty}
_KIND = {each.value: each for each in Kind}


class NotWritten(TerminologyFault):
    """A release could not be written; the text says why."""


class NotARelease(TerminologyFault):
    """The file is no release written by us, or it is damaged."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path.name}: {why}")


def write_release(path: Path, release: Release, editions: Iterable[Edition]) -> None:
    """Write a release beside its place, then move it there: a broken write leaves what was there untouched.

    Raises:
        NotWritten: the disk is full, or takes no more.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with _alone_in(path.parent):
        for left_behind in path.parent.glob(f".{path.name}.*.partial*"):
            left_behind.unlink()
        try:
            with closing(sqlite3.connect(partial)) as file:
                _fill(file, release, editions)
            partial.chmod(0o444)
            _to_disk(partial)
            os.replace(partial, path)
            _to_disk(path.parent)
        except sqlite3.Error as fault:
            raise NotWritten(f"{path.name} could not be written: {fault}") from fault
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Writers wait for each other: what a living one has begun is not what a dead one left behind."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _fill(file: sqlite3.Connection, release: Release, editions: Iterable[Edition]) -> None:
    file.executescript(_SCHEMA)
    with file:
        marks = ", ".join("?" * 12)
        for each in editions:
            file.execute(f"INSERT INTO edition ({_COLUMNS}) VALUES ({marks})", _row(each))  # noqa: S608
        file.executemany("INSERT INTO about VALUES (?, ?)", _about(release).items())
        file.execute("CREATE INDEX below ON edition (parent, code) WHERE parent IS NOT NULL")
    file.execute("ANALYZE")
    file.commit()


def _about(release: Release) -> dict[str, str]:
    return {
        "format": FORMAT,
        "system": release.system,
        "id": release.id,
        "first_day": release.first_day.isoformat(),
        "last_day": release.last_day.isoformat(),
        "whole": "yes" if release.whole else "no",
        "title": release.title,
        "source": release.source,
        "unjudged": json.dumps(release.unjudged),
    }


def _row(each: Edition) -> tuple[Any, ...]:
    return (
        each.code,
        each.text,
        each.certainty.value,
        each.source,
        each.since.isoformat() if each.since else None,
        each.until.isoformat() if each.until else None,
        each.validity.value,
        each.parent,
        each.kind.value,
        int(each.active),
        json.dumps(each.notes, ensure_ascii=False),
        json.dumps(each.designations, ensure_ascii=False),
    )


def _edition(row: tuple[Any, ...]) -> Edition:
    code, text, certainty, source, since, until, validity, parent, kind, active, notes, designations = row
    return Edition(
        code,
        text,
        _CERTAINTY[certainty],
        source,
        date.fromisoformat(since) if since else None,
        date.fromisoformat(until) if until else None,
        _CERTAINTY[validity],
        parent,
        _KIND[kind],
        bool(active),
        () if notes == "[]" else tuple((name, value) for name, value in json.loads(notes)),
        () if designations == "[]" else tuple((language, value) for language, value in json.loads(designations)),
    )


def _plain_texts(text: str | None, designations: str) -> tuple[str, ...]:
    own = () if text is None else (plain(text),)
    return own if designations == "[]" else (*own, *(plain(value) for _, value in json.loads(designations)))


def _below(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found = defaultdict(list)
    for code, parent in pairs:
        found[parent].append(code)
    return {parent: tuple(codes) for parent, codes in found.items()}


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class SqliteRelease:
    """A `ReleaseStore` over one file, opened read-only and immutable; may be used from several threads.

    What is small and asked for in every call (how a code's text compares, what stands below it) is read into memory
    together with the words of the texts, and from the file before that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            about = dict(self._file.execute("SELECT name, value FROM about"))
            self._total: int = self._file.execute("SELECT count(*) FROM edition").fetchone()[0]
            self._release = _release(about)
        except (sqlite3.Error, KeyError, ValueError) as fault:
            raise NotARelease(path, str(fault)) from fault
        self._lock = Lock()
        self._read: dict[str, Edition] = {}
        self._plain_texts: dict[str, tuple[str, ...]] = {}
        self._below: dict[str, tuple[str, ...]] = {}
        self._index: WordIndex | None = None
        self._indexing = Lock()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    @property
    def release(self) -> Release:
        return self._release

    @property
    def total(self) -> int:
        return self._total

    def find(self, code: str) -> Edition | None:
        known = self._read.get(code)
        if known is not None:
            return known
        rows = self._rows(_FIND, code)
        return self._kept(rows[0]) if rows else None

    def plain_texts(self, code: str) -> tuple[str, ...]:
        if self._index is not None:
            return self._plain_texts.get(code, ())
        rows = self._rows("SELECT text, designations FROM edition WHERE code = ?", code)
        return _plain_texts(*rows[0]) if rows else ()

    def find_all(self, codes: Collection[str]) -> tuple[Edition, ...]:
        wanted = set(codes)
        found = [known for code in wanted if (known := self._read.get(code)) is not None]
        for part in _parts(list(wanted.difference(each.code for each in found))):
            marks = ", ".join("?" * len(part))
            asked = f"SELECT {_COLUMNS} FROM edition WHERE code IN ({marks})"  # noqa: S608
            found += map(self._kept, self._rows(asked, *part))
        return tuple(sorted(found, key=attrgetter("code")))

    def _kept(self, row: tuple[Any, ...]) -> Edition:
        """What was read once need not be read again: the file never changes."""
        if len(self._read) >= MOST_KEPT:
            self._read.clear()
        made = self._read[row[0]] = _edition(row)
        return made

    def children(self, code: str) -> tuple[str, ...]:
        if self._index is not None:
            return self._below.get(code, ())
        return tuple(row[0] for row in self._rows("SELECT code FROM edition WHERE parent = ? ORDER BY code", code))

    def page(self, offset: int, count: int) -> tuple[Edition, ...]:
        asked = f"SELECT {_COLUMNS} FROM edition ORDER BY code LIMIT ? OFFSET ?"  # noqa: S608
        return tuple(map(_edition, self._rows(asked, count, offset)))

    def every(self) -> Iterator[Edition]:
        return map(_edition, self._rows(f"SELECT {_COLUMNS} FROM edition ORDER BY code"))  # noqa: S608

    def index(self) -> WordIndex:
        if self._index is None:
            with self._indexing:
                if self._index is None:
                    rows = self._rows("SELECT code, parent, text, designations FROM edition ORDER BY code")
                    self._plain_texts = {code: _plain_texts(*texts) for code, _, *texts in rows}
                    self._below = _below((code, parent) for code, parent, *_ in rows if parent is not None)
                    self._index = WordIndex((code, text) for code, _, text, _ in rows)
        return self._index

    @property
    def indexed(self) -> bool:
        return self._index is not None

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        try:
            with self._lock:
                return self._file.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as fault:
            raise NotARelease(self._path, str(fault)) from fault


def _release(about: dict[str, str]) -> Release:
    if about["format"] != FORMAT:
        raise ValueError(f"format {about['format']}, not {FORMAT}")
    return Release(
        about["system"],
        about["id"],
        date.fromisoformat(about["first_day"]),
        date.fromisoformat(about["last_day"]),
        about["whole"] == "yes",
        about["title"],
        about["source"],
        tuple(json.loads(about["unjudged"])),
    )


def _parts(codes: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(codes), _AT_ONCE):
        yield codes[start : start + _AT_ONCE]

"""Rows for training and evaluation: the schema, reading with row-precise faults, writing.

One row is one case of at least 15 days. Columns, all known on day 15 at the latest but the last two:

| column | holds |
|---|---|
| person | any id of the person; never shown; several cases of a person stay on the same side of every split |
| start | first day of the case, YYYY-MM-DD |
| unit | any id of the care unit; may be left out |
| icd10 | ICD-10-SE, with or without dot |
| the 13 columns of `risk.columns.LEVELS` | a level; empty = unknown |
| days | whole days the case lasted, or was seen to last; at least 15 |
| ended | 1 when the end was seen, 0 when follow-up stopped |
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from risk.columns import LEVELS, key_questions
from risk.diagnoses import find_key
from risk.errors import RiskFault
from risk.evaluation.discrimination import auc
from risk.training.simulate import Rows
from terminology.codes import normal_icd
from terminology.errors import UnknownCode

NEEDED = ("person", "start", "icd10", *LEVELS, "days", "ended")
ALLOWED = (*NEEDED, "unit", "row")
LONGEST = 10_000
_TELLING, _LEAST_TO_TELL, _MOST_NAMED = 0.85, 200, 1000
_SURE, _USUAL, _LEAST_OF_LEVEL, _TOLD_DAYS = 0.97, 0.7, 100, (30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one place; `row` is the 1-based line of data, 0 the header, None the whole column."""

    row: int | None
    column: str
    reason: str

    def __str__(self) -> str:
        where = "header" if self.row == 0 else ("all rows" if self.row is None else f"row {self.row}")
        return f"{where}, column {self.column}: {self.reason}"


@dataclass
class BadRows(RiskFault):
    """The rows were refused as a whole; nothing was trained."""

    faults: tuple[RowFault, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


@dataclass(frozen=True)
class CaseRows:
    """Rows with what tells them apart; everything in the same order.

    Attributes:
        no_key: how many more stood in the file whose diagnosis no key answers for, by three characters, most first.
    """

    rows: Rows
    persons: tuple[str, ...]
    starts: tuple[date, ...]
    units: tuple[str, ...]
    no_key: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, chosen: npt.NDArray[np.bool_]) -> CaseRows:
        """The cases where `chosen` holds."""
        at = np.flatnonzero(chosen).tolist()
        persons, units = (tuple(part[one] for one in at) for part in (self.persons, self.units))
        return CaseRows(self.rows.of(at), persons, tuple(self.starts[one] for one in at), units)

    @property
    def person_numbers(self) -> npt.NDArray[np.intp]:
        """Each case's person as a number; a person's cases share it."""
        return np.unique(np.array(self.persons), return_inverse=True)[1]


@dataclass
class _Read:
    keys: list[str] = field(default_factory=list)
    codes: list[list[int]] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    ended: list[bool] = field(default_factory=list)
    persons: list[str] = field(default_factory=list)
    starts: list[date] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    no_key: Counter[str] = field(default_factory=Counter)


_PLACES = {name: {"": -1, **{level: place for place, level in enumerate(levels)}} for name, levels in LEVELS.items()}


def read_rows(lines: Iterable[str]) -> CaseRows:
    """Cases from CSV text.

    Returns:
        The cases whose diagnosis has a key, with the key in place of the diagnosis; the others are counted.

    Raises:
        BadRows: every fault found, at most a thousand, each with row and column.
    """
    reader = csv.reader(lines)
    header = next(reader, [])
    faults = _header_faults(header)
    if faults:
        raise BadRows(tuple(faults))
    place = {name: number for number, name in enumerate(header)}
    read = _Read()
    for number, row in enumerate(reader, start=1):
        if len(faults) >= _MOST_NAMED:
            break
        if len(row) != len(header):
            faults.append(RowFault(number, "-", f"{len(row)} values, the header has {len(header)}"))
            continue
        faults += _take(read, row, place, number)
    faults += _doubles(read)
    found = _cases(read)
    faults += _knowing(found.rows) if not faults else []
    if not faults and not len(found.rows):
        faults.append(RowFault(None, "icd10", "no row has a diagnosis with a model key"))
    if faults:
        raise BadRows(tuple(faults[:_MOST_NAMED]))
    return found


def _header_faults(header: Sequence[str]) -> list[RowFault]:
    faults = [RowFault(0, name, "missing") for name in NEEDED if name not in header]
    faults += [
        RowFault(0, name, "not in the schema: only what is known when the case begins may stand here")
        for name in header
        if name not in ALLOWED
    ]
    return faults + [RowFault(0, name, "twice") for name in {*header} if header.count(name) > 1]


def _take(read: _Read, row: list[str], place: dict[str, int], number: int) -> list[RowFault]:
    """Adds one row; a faulty one is named and left out."""
    faults: list[RowFault] = []

    def wrong(column: str, reason: str) -> None:
        faults.append(RowFault(number, column, reason))

    codes = []
    for name, places in _PLACES.items():
        level = places.get(row[place[name]])
        if level is None:
            wrong(name, f"{row[place[name]]!r} is none of {', '.join(LEVELS[name])}")
        codes.append(-1 if level is None else level)
    days = _whole(row[place["days"]])
    if days is None or not 15 <= days <= LONGEST:
        wrong("days", f"{row[place['days']]!r} is no number of days from 15 to {LONGEST}")
    ended = {"1": True, "true": True, "0": False, "false": False}.get(row[place["ended"]].lower())
    if ended is None:
        wrong("ended", f"{row[place['ended']]!r} is neither 1 nor 0")
    start = _date(row[place["start"]])
    if start is None:
        wrong("start", f"{row[place['start']]!r} is no date YYYY-MM-DD")
    person = row[place["person"]].strip()
    if not person:
        wrong("person", "empty")
    key = code = ""
    try:
        code = normal_icd(row[place["icd10"]])
        key = find_key(code, key_questions().keys()) or ""
    except UnknownCode as unknown:
        wrong("icd10", str(unknown))
    if not faults and days is not None and ended is not None and start is not None:
        read.keys.append(key)
        read.no_key.update([] if key else [code[:3]])
        read.codes.append(codes)
        read.days.append(days)
        read.ended.append(ended)
        read.persons.append(person)
        read.starts.append(start)
        read.units.append(row[place["unit"]] if "unit" in place else "")
        read.numbers.append(number)
    return faults


def _doubles(read: _Read) -> Iterator[RowFault]:
    """A person's cases may not begin before the one before has ended."""
    last: dict[str, tuple[int, int]] = {}
    for at in sorted(range(len(read.days)), key=lambda one: (read.persons[one], read.starts[one], one)):
        begun = read.starts[at].toordinal()
        until, number = last.get(read.persons[at], (0, 0))
        if begun < until:
            yield RowFault(read.numbers[at], "person", f"overlaps the case of the same person in row {number}")
        last[read.persons[at]] = (begun + read.days[at], read.numbers[at])


def _knowing(rows: Rows) -> Iterator[RowFault]:
    """A column that knows the future tells the length far better than anything known at the start can.

    Either its levels together do, on one of four days; or nearly every case with one of them (or with none) was longer,
    though many others were not.
    """
    told: dict[str, int] = {}
    for day in _TOLD_DAYS:
        longer = rows.days >= day
        known = longer | rows.ended
        if known.sum() < _LEAST_TO_TELL or longer[known].all() or not longer[known].any():
            continue
        for place, name in enumerate(LEVELS):
            level = rows.codes[known, place] + 1
            count = np.bincount(level, minlength=9)
            share = np.bincount(level, longer[known], 9) / np.maximum(count, 1)
            sure = (count >= _LEAST_OF_LEVEL) & (share > _SURE) & (longer[known].mean() < _USUAL)
            if sure.any() or auc(share[level], longer[known]) > _TELLING:
                told.setdefault(name, day)
    for name, day in told.items():
        reason = f"tells the length of the case almost exactly (day {day}): it was filled in afterwards"
        yield RowFault(None, name, reason)


def _cases(read: _Read) -> CaseRows:
    have = [at for at, key in enumerate(read.keys) if key]
    rows = Rows(
        np.array([read.keys[at] for at in have], dtype="<U5"),
        np.array([read.codes[at] for at in have], dtype=np.int8).reshape(len(have), len(LEVELS)),
        np.array([read.days[at] for at in have], dtype=np.int32),
        np.array([read.ended[at] for at in have], dtype=np.bool_),
    )
    return CaseRows(
        rows,
        tuple(read.persons[at] for at in have),
        tuple(read.starts[at] for at in have),
        tuple(read.units[at] for at in have),
        dict(read.no_key.most_common()),
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_file(path: Path) -> CaseRows:
    """As `read_rows`, from a file in UTF-8."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return read_rows(lines)


def in_rows(cases: CaseRows) -> Iterator[list[str]]:
    """The cases as lines of the schema, the header first."""
    yield ["person", "start", "unit", "icd10", *LEVELS, "days", "ended"]
    levels = [("", *found) for found in LEVELS.values()]
    rows = cases.rows
    for at in range(len(rows)):
        answers = [names[code + 1] for names, code in zip(levels, rows.codes[at], strict=True)]
        yield [
            cases.persons[at],
            cases.starts[at].isoformat(),
            cases.units[at],
            str(rows.keys[at]),
            *answers,
            str(rows.days[at]),
            str(int(rows.ended[at])),
        ]

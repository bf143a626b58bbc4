"""Sealing anew, under the first key of SECRET_KEY, what an older one sealed; the service may run meanwhile.

Every sealed column of every table stands in `SEALED`; a test holds that against the tables themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, select, tuple_, update
from sqlmodel import SQLModel

import smart_app.migrations.all_tables  # noqa: F401  (fills SQLModel.metadata)
from smart_app.assessment import kept_answers, look
from smart_app.fhir_records import keep as records
from smart_app.follow_up import keep as predictions
from smart_app.launch import kept_forms, sealed, signing_keys
from smart_app.outbox import payload
from smart_app.sealing import CannotUnseal, Sealer
from smart_app.store.database import Store
from smart_app.worklist import display, unit_reading

BATCH = 200


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where sealed values stand.

    Attributes:
        bound_to: the columns that make the row id a value is bound to.
        may_go: a row that no key opens stands in somebody's way, and may be forgotten: it is as if it never was.
    """

    table: str
    purpose: str
    column: str
    bound_to: tuple[str, ...]
    may_go: bool = False

    @property
    def of(self) -> Table:
        """The table itself."""
        return SQLModel.metadata.tables[self.table]


SEALED = (
    SealedColumn("launch", sealed.PURPOSE, sealed.COLUMN, ("id",)),
    SealedColumn("kept_form", kept_forms.PURPOSE, kept_forms.COLUMN, ("id",), may_go=True),
    SealedColumn("signing_key", signing_keys.PURPOSE, signing_keys.COLUMN, ("kid",)),
    SealedColumn("look", look.PURPOSE, look.COLUMN, ("launch_id",)),
    SealedColumn("case_answers", kept_answers.PURPOSE, kept_answers.COLUMN, ("case_id",), may_go=True),
    SealedColumn("prediction", predictions.PURPOSE, predictions.COLUMN, ("case_id", "model_id", "model_version")),
    SealedColumn("worklist_task", display.PURPOSE, display.COLUMN, ("id",)),
    SealedColumn("worklist_unit_reading", unit_reading.PURPOSE, unit_reading.COLUMN, ("id",)),
    SealedColumn("fhir_record", records.PURPOSE, records.COLUMN, ("key",)),
    SealedColumn("outbox", payload.PURPOSE, payload.COLUMN, ("id",)),
)


@dataclass
class Resealed:
    """Values of one column, counted.

    Attributes:
        newest: were sealed under the first key already.
        again: opened by an older key; sealed anew now, unless only looked at.
        meanwhile: changed by somebody between our look and our write; a later run looks at them again.
        lost: no key opens them; left as they are, or forgotten with their rows.
    """

    newest: int = 0
    again: int = 0
    meanwhile: int = 0
    lost: int = 0


def reseal(store: Store, sealer: Sealer, *, only_look: bool = False, forget_lost: bool = False) -> dict[str, Resealed]:
    """Go through everything sealed, some rows to a transaction; run again, it goes on where it was stopped.

    A value is replaced only while it is the one we read, so that nothing that the service writes meanwhile is lost.

    Args:
        only_look: count, and change nothing.
        forget_lost: delete the rows in somebody's way (`SealedColumn.may_go`) that no key opens.

    Returns:
        By "table.column".
    """
    return {
        f"{each.table}.{each.column}": _column(store, sealer, each, only_look, forget_lost and each.may_go)
        for each in SEALED
    }


def _column(store: Store, sealer: Sealer, where: SealedColumn, only_look: bool, forget: bool) -> Resealed:
    found = Resealed()
    for rows in _batches(store, where):
        new: dict[tuple[Any, ...], tuple[str, str | None]] = {}
        for key, row_id, before in rows:
            try:
                after = sealer.resealed(where.purpose, row_id, where.column, before)
            except CannotUnseal:
                found.lost += 1
                if forget and not only_look:
                    _write(store, where, {key: (before, None)})
                continue
            if after is None:
                found.newest += 1
            else:
                new[key] = before, after
        written = len(new) if only_look else _write(store, where, new)
        found.again += written
        found.meanwhile += len(new) - written
    return found


def _batches(store: Store, where: SealedColumn) -> Iterator[list[tuple[tuple[Any, ...], str, str]]]:
    """Primary key, row id and sealed value of every row that holds one, in the order of the key."""
    table = where.of
    key, sealed_column = tuple(table.primary_key.columns), table.columns[where.column]
    bound_to = tuple(table.columns[name] for name in where.bound_to)
    begun: tuple[Any, ...] | None = None
    while True:
        wanted = select(*key, *bound_to, sealed_column).where(sealed_column.is_not(None)).order_by(*key).limit(BATCH)
        if begun is not None:
            wanted = wanted.where(tuple_(*key) > begun)
        with store.reading() as session:
            rows = [tuple(row) for row in session.execute(wanted)]
        if not rows:
            return
        size = len(key)
        yield [(row[:size], "/".join(map(str, row[size:-1])), row[-1]) for row in rows]
        begun = rows[-1][:size]


def _write(store: Store, where: SealedColumn, new: dict[tuple[Any, ...], tuple[str, str | None]]) -> int:
    """Replace each value that is still as it was read, None = delete its row; how many."""
    if not new:
        return 0
    table, written = where.of, 0
    with store.transaction() as session:
        for key, (before, after) in new.items():
            same = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
            same.append(table.columns[where.column] == before)
            done = delete(table) if after is None else update(table).values({where.column: after})
            written += session.execute(done.where(*same)).rowcount  # type: ignore[attr-defined]
    return written

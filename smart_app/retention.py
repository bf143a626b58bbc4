"""Deleting what has been kept long enough; how long is data (retention.toml), one entry per table."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlmodel import SQLModel, delete, select

import smart_app.migrations.all_tables  # noqa: F401  (fills SQLModel.metadata)
from smart_app.case_register.tables import CaseRow
from smart_app.clock import stockholm_day
from smart_app.outbox.listing import erase_parked
from smart_app.store.database import Store

PARKED_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Period:
    """How long rows of a table are kept.

    Attributes:
        column: the instant that says how old a row is; None = the row belongs to a case, and its age is counted from
            the last day that the case's certificates cover.
        kept: from then.
    """

    column: str | None
    kept: timedelta


def periods() -> dict[str, Period]:
    """How long rows are kept, by table.

    Raises:
        KeyError: the file names a table or column that does not exist.
    """
    data = tomllib.loads((files("smart_app") / "retention.toml").read_text(encoding="utf-8"))
    for table, entry in data.items():
        SQLModel.metadata.tables[table].columns[entry.get("instant", "case_id")]
    return {table: _period(entry) for table, entry in data.items()}


def purge(store: Store, now: datetime) -> dict[str, int]:
    """Delete rows past their time, one transaction per table; how many went, by table (only where some did)."""
    gone: dict[str, int] = {}
    for name, period in periods().items():
        table = SQLModel.metadata.tables[name]
        with store.transaction() as session:
            count = session.exec(delete(table).where(_past(table, period, now))).rowcount
        if count:
            gone[name] = count
    with store.transaction() as session:
        erased = erase_parked(session, kept=PARKED_KEPT, now=now)
    if erased:
        gone["outbox: content of refused writes"] = erased
    return gone


def _period(entry: dict[str, Any]) -> Period:
    if "days_after_case" in entry:
        return Period(None, timedelta(days=entry["days_after_case"]))
    return Period(entry["instant"], timedelta(days=entry["days"]))


def _past(table: Table, period: Period, now: datetime) -> ColumnElement[bool]:
    if period.column is not None:
        return table.columns[period.column] < now - period.kept
    over = select(CaseRow.id).where(CaseRow.until < stockholm_day(now) - period.kept)
    return table.columns["case_id"].in_(over)

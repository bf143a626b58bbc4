"""Deleting what has been kept long enough; how long is data (retention.toml), one entry per table."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from importlib.resources import files

from sqlmodel import SQLModel, delete

import smart_app.migrations.all_tables  # noqa: F401  (fills SQLModel.metadata)
from smart_app.outbox.listing import erase_parked
from smart_app.store.database import Store

PARKED_KEPT = timedelta(days=30)


def periods() -> dict[str, tuple[str, timedelta]]:
    """Column that says how old a row is, and how long it is kept, by table.

    Raises:
        KeyError: the file names a table or column that does not exist.
    """
    data = tomllib.loads((files("smart_app") / "retention.toml").read_text(encoding="utf-8"))
    for table, entry in data.items():
        SQLModel.metadata.tables[table].columns[entry["instant"]]
    return {table: (entry["instant"], timedelta(days=entry["days"])) for table, entry in data.items()}


def purge(store: Store, now: datetime) -> dict[str, int]:
    """Delete rows past their time, one transaction per table; how many went, by table (only where some did)."""
    gone: dict[str, int] = {}
    for name, (column, kept) in periods().items():
        table = SQLModel.metadata.tables[name]
        with store.transaction() as session:
            count = session.exec(delete(table).where(table.columns[column] < now - kept)).rowcount
        if count:
            gone[name] = count
    with store.transaction() as session:
        erased = erase_parked(session, kept=PARKED_KEPT, now=now)
    if erased:
        gone["outbox: content of refused writes"] = erased
    return gone

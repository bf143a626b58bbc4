"""Opening the database, and the one way to work in it: an explicit transaction that ends before the answer is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlmodel import Session

from smart_app.store.private_folder import private_folder

BUSY_MS = 10_000
MIGRATION_LOCK = 7804


class Store:
    """A database opened for work; SQLite with one process, PostgreSQL with many."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on any exception; never hold it over an await."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading only: takes no write lock and always rolls back; what was read stays usable after."""
        engine = self.engine.execution_options(sqlite_begin="DEFERRED")
        with Session(engine, expire_on_commit=False) as session:
            yield session
            session.expunge_all()  # a rollback would otherwise empty every row that was read
            session.rollback()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str, *, migrate: bool = True) -> Store:
    """Open the database at `url` and bring its tables up to date.

    Args:
        url: SQLAlchemy URL; `postgresql://` is taken as psycopg 3. A missing SQLite folder is made (0700).
        migrate: run pending migrations first.
    """
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername.startswith("sqlite") and parsed.database and parsed.database != ":memory:":
        private_folder(Path(parsed.database).resolve().parent)
        os.close(os.open(parsed.database, os.O_RDWR | os.O_CREAT, 0o600))  # what SQLite puts beside it is made alike
        os.chmod(parsed.database, 0o600)
    engine = create_engine(
        parsed,
        pool_pre_ping=parsed.drivername.startswith("postgresql"),
        hide_parameters=True,  # the text of a database fault would hold a row's values
    )
    if engine.dialect.name == "sqlite":
        _serialise_writers(engine)
    if migrate:
        upgrade(engine)
    return Store(engine)


def newest_migration() -> str:
    """The number that the newest migration's file begins with, which is its revision."""
    names = (each.name for each in files("smart_app").joinpath("migrations", "versions").iterdir())
    return max(name[:4] for name in names if name[:4].isdecimal())


def _stands_at(engine: Engine) -> str | None:
    with engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine) -> None:
    """Run all migrations that this database has not seen."""
    if _stands_at(engine) == newest_migration():
        return  # as at almost every start; the tool that migrates takes longer to load than all the rest of a command
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "smart_app:migrations")
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # several processes may start at once on an empty database
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _serialise_writers(engine: Engine) -> None:
    """SQLite: WAL, full sync, and BEGIN IMMEDIATE so that a writer waits at the start instead of failing at the end."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

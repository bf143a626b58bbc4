"""The migrations make exactly the tables that the code works with, on both databases, and can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

import smart_app.migrations.all_tables  # noqa: F401
from smart_app.store.database import newest_migration, open_store


def config(connection: Any = None) -> Config:
    made = Config()
    made.set_main_option("script_location", "smart_app:migrations")
    made.attributes["connection"] = connection
    return made


def migrate(engine: Engine, to: str, *, down: bool = False) -> None:
    with engine.connect() as connection:
        (command.downgrade if down else command.upgrade)(config(connection), to)
        connection.commit()


def test_models_and_migrations_agree(database_url: str) -> None:
    store = open_store(database_url)
    with store.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    store.close()
    assert differences == []


def test_there_is_one_line_of_migrations() -> None:
    assert ScriptDirectory.from_config(config()).get_heads() == [newest_migration()]


def test_what_stands_is_not_migrated_again_and_what_is_behind_is(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(database_url)
    called: list[str] = []
    with monkeypatch.context() as watched:
        watched.setattr(command, "upgrade", lambda *_: called.append("upgrade"))
        open_store(database_url).close()
        assert called == []
        migrate(store.engine, "0003", down=True)
        open_store(database_url).close()
        assert called == ["upgrade"]
    open_store(database_url).close()
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest_migration()
    store.close()


def test_a_database_of_the_first_version_is_brought_up_with_what_it_holds(database_url: str) -> None:
    store = open_store(database_url, migrate=False)
    migrate(store.engine, "0001")
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO outbox_pause (issuer, until) VALUES ('demo', '2026-11-22 12:00:00')"))
    migrate(store.engine, "head")
    assert {"step", "step_why"} <= {column["name"] for column in inspect(store.engine).get_columns("outbox")}
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox_pause")).scalar_one() == 1
    migrate(store.engine, "0001", down=True)
    assert "step" not in {column["name"] for column in inspect(store.engine).get_columns("outbox")}
    store.close()

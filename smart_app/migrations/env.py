"""Alembic environment: runs on the connection that the store hands over, or on SICKLEAVE_DATABASE_URL."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import smart_app.migrations.all_tables  # noqa: F401  (fills SQLModel.metadata)


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    _run(connection)
else:
    from smart_app.store.database import open_store

    with open_store(os.environ["SICKLEAVE_DATABASE_URL"], migrate=False).engine.connect() as own:
        _run(own)
        own.commit()

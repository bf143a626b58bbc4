"""Tables that belong to no single room: facts about this installation."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class InstallationRow(SQLModel, table=True):
    """One fact about this installation, fixed at first start (for instance the identifier namespace)."""

    __tablename__ = "installation"

    key: str = Field(primary_key=True, max_length=64)
    value: str

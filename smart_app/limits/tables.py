"""How much of a minute's share has been given out."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from smart_app.store.columns import Instant


class LimitRow(SQLModel, table=True):
    """One caller in the latest minute in which they asked. `key` is a keyed digest and tells no address."""

    __tablename__ = "limit_share"

    key: str = Field(primary_key=True, max_length=64)
    minute: int
    taken: int
    used_at: datetime = Field(sa_type=Instant, index=True)

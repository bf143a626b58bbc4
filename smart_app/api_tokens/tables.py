"""The tokens' table."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from smart_app.store.columns import Instant, Owned, new_id


class ApiTokenRow(Owned, table=True):
    """One token; its text is nowhere, only its digest. `scopes` are SMART v2, e.g. "system/Task.rs"."""

    __tablename__ = "api_token"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    client: str = Field(max_length=64)
    scopes: str
    digest: str = Field(unique=True, max_length=64)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)

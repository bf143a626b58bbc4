"""The audit log's table."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from smart_app.store.columns import Instant, Owned


class AuditRow(Owned, table=True):
    """One thing that someone saw or did. Rows are added, never changed.

    Attributes:
        id: 1, 2, 3, ... without gaps; given by the log, not by the database.
        actor: reference or HSA-id of the person, or the API client's name.
        action: an `smart_app.audit.log.Action`.
        patient_reference: whose chart; None when the act concerned no single patient.
        purpose: why, a fixed word such as "care" or "operations"; None = not said.
        detail: a fixed word or count; never a value from a chart.
        previous: `hash` of the row before; 64 zeros in the first.
        hash: SHA-256 over everything above.
    """

    __tablename__ = "audit"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    actor: str = Field(max_length=256)
    role: str | None = Field(default=None, max_length=32)
    action: str = Field(max_length=32)
    patient_reference: str | None = Field(default=None, index=True, max_length=256)
    purpose: str | None = Field(default=None, max_length=64)
    detail: str | None = Field(default=None, max_length=256)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64, unique=True)

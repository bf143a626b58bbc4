"""Tables of the case register: ids once given stay, their certificates with them, every change is an event."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from smart_app.store.columns import Instant, Owned

OPEN = "open"
FORWARDED = "forwarded"
CLOSED = "closed"


class CaseRow(Owned, table=True):
    """One case id ever given to a patient; also the row that outbox workers lock to keep a case's writes in order.

    Attributes:
        id: random, given once.
        number: place among the patient's ids, in the order in which they were given.
        since, until: first and last day covered, as last seen while the id was live.
        state: "open" (live), "forwarded" (another id answers) or "closed" (no certificate counts any more).
        forwarded_to: the id that answers; None unless forwarded.
        read_on: the day on which the certificates were last read while the id was live; None = not since this is kept.
    """

    __tablename__ = "sick_leave_case"
    __table_args__ = (UniqueConstraint("issuer", "care_provider", "patient_reference", "number"),)

    id: str = Field(primary_key=True, max_length=36)
    patient_reference: str = Field(max_length=128)
    number: int
    since: date
    until: date
    state: str = Field(default=OPEN, max_length=16)
    forwarded_to: str | None = Field(default=None, foreign_key="sick_leave_case.id", max_length=36)
    opened_at: datetime = Field(sa_type=Instant)
    read_on: date | None = None


class CaseCertificateRow(Owned, table=True):
    """One certificate that a case holds (`live`), or held when its id ended.

    A certificate belongs to at most one live case: the database itself refuses a second one.
    """

    __tablename__ = "case_certificate"
    __table_args__ = (
        Index(
            "one_live_case_per_certificate",
            "issuer",
            "care_provider",
            "patient_reference",
            "certificate_id",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
    )

    case_id: str = Field(primary_key=True, foreign_key="sick_leave_case.id", max_length=36)
    certificate_id: str = Field(primary_key=True, max_length=256)
    patient_reference: str = Field(max_length=128)
    live: bool = True


class CaseEventRow(Owned, table=True):
    """One recorded change of a case id (`risk.case_history.CaseEvent`); rows are only ever added."""

    __tablename__ = "case_event"

    id: int | None = Field(default=None, primary_key=True)
    patient_reference: str = Field(index=True, max_length=128)
    kind: str = Field(max_length=16)
    source: str | None = Field(default=None, max_length=36)
    target: str | None = Field(default=None, max_length=36)
    cause: str | None = Field(default=None, max_length=256)
    at: datetime = Field(sa_type=Instant)

"""Writing and reading the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlmodel import Session, col, select

from smart_app.audit.chain import GENESIS, row_hash
from smart_app.audit.tables import AuditRow
from smart_app.store.owner import Owner

_LOCK = 7_804_001
"""Key of the PostgreSQL advisory lock that makes writers wait for each other; SQLite has one writer anyway."""


class Action(StrEnum):
    """What was done."""

    LAUNCH = "launch"
    LOGOUT = "logout"
    READ = "read"
    COMPUTE = "compute"
    WRITE = "write"
    CHANGE = "change"
    LIST = "list"
    EXPORT = "export"
    REVEAL = "reveal"  # a protected identity was shown
    DENIED = "denied"
    TOKEN = "token"  # noqa: S105  # an API token was made or revoked


def write(
    session: Session,
    *,
    owner: Owner,
    actor: str,
    role: str | None,
    action: Action,
    now: datetime,
    patient_reference: str | None = None,
    purpose: str | None = None,
    detail: str | None = None,
) -> AuditRow:
    """Add one row, in the caller's transaction: what is rolled back was not done and is not logged.

    A denial is therefore written in a transaction of its own. Call this last in a transaction on
    PostgreSQL: from here to its end other writers of the log wait.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = session.exec(select(AuditRow).order_by(col(AuditRow.id).desc()).limit(1)).one_or_none()
    row = AuditRow(
        id=last.id + 1 if last else 1,
        **owner.columns(),
        at=now,
        actor=actor,
        role=role,
        action=action.value,
        patient_reference=patient_reference,
        purpose=purpose,
        detail=detail,
        previous=last.hash if last else GENESIS,
        hash="",
    )
    row.hash = row_hash(row)
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class By:
    """Who did it, in which role (None = the EHR does not say)."""

    actor: str
    role: str | None


def in_care(
    session: Session, owner: Owner, by: By, action: Action, detail: str, *, now: datetime, patient: str | None = None
) -> AuditRow:
    """Add a row for something done to care for a patient, or for a list of them (`patient` None)."""
    return write(
        session,
        owner=owner,
        actor=by.actor,
        role=by.role,
        action=action,
        patient_reference=patient,
        purpose="care",
        detail=detail,
        now=now,
    )


def rows(
    session: Session,
    owner: Owner,
    *,
    patient_reference: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> tuple[AuditRow, ...]:
    """The care provider's rows, latest first; `since` included, `until` not."""
    query = select(AuditRow).where(*owner.within_provider(AuditRow))
    if patient_reference is not None:
        query = query.where(AuditRow.patient_reference == patient_reference)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    return tuple(session.exec(query.order_by(col(AuditRow.id).desc()).limit(limit)))

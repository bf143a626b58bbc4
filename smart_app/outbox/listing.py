"""The outbox for operations: lines and counts, without patients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from smart_app.outbox.faults import Fault
from smart_app.outbox.tables import DELIVERED, KEPT, OPEN_STATES, PARKED, OutboxRow


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One entry as operations see it."""

    id: int
    issuer: str
    care_unit: str
    cause: str
    kinds: tuple[str, ...]
    state: str
    attempts: int
    next_try: datetime | None
    fault: str | None
    fault_status: int | None
    created_at: datetime
    delivered_at: datetime | None
    step: str | None
    step_why: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is waiting or refused, and since when the oldest of it waits; None = nothing does."""

    waiting: int
    parked: int
    oldest_waiting: datetime | None


def listing(
    session: Session, *, issuer: str | None = None, written: bool = True, limit: int = 100
) -> tuple[OutboxLine, ...]:
    """Newest entries first, of all care providers: for operations on this machine, never for a door.

    Args:
        written: also what stands at the EHR already.
    """
    wanted = select(OutboxRow).order_by(col(OutboxRow.id).desc()).limit(limit)
    if issuer is not None:
        wanted = wanted.where(OutboxRow.issuer == issuer)
    if not written:
        wanted = wanted.where(OutboxRow.state != DELIVERED)
    return tuple(_line(row) for row in session.exec(wanted))


def backlog(session: Session) -> Backlog:
    """Counts for health and metrics."""
    waiting, oldest = session.exec(
        select(func.count(), func.min(OutboxRow.created_at)).where(col(OutboxRow.state).in_(OPEN_STATES))
    ).one()
    parked = session.exec(select(func.count()).where(OutboxRow.state == PARKED)).one()
    return Backlog(int(waiting), int(parked), oldest)


def erase_parked(session: Session, *, kept: timedelta, now: datetime) -> int:
    """Erase the content of entries refused longer than `kept` ago; how many. They stay in the list, and say so."""
    rows = session.exec(
        select(OutboxRow)
        .where(
            col(OutboxRow.state).in_((PARKED, KEPT)),
            col(OutboxRow.payload).is_not(None),
            OutboxRow.updated_at <= now - kept,
        )
        .with_for_update()
    )
    count = 0
    for row in rows:
        row.payload, row.digest, row.fault = None, None, Fault.ERASED.value
        session.add(row)
        count += 1
    return count


def _line(row: OutboxRow) -> OutboxLine:
    if row.id is None:
        raise ValueError("the row was never flushed")
    return OutboxLine(
        id=row.id,
        issuer=row.issuer,
        care_unit=row.care_unit,
        cause=row.cause,
        kinds=tuple(row.kinds.split(",")),
        state=row.state,
        attempts=row.attempts,
        next_try=None if row.state in (DELIVERED, PARKED, KEPT) else row.not_before,
        fault=row.fault,
        fault_status=row.fault_status,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        step=row.step,
        step_why=row.step_why,
    )

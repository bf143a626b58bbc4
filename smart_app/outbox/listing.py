"""The outbox for operations: lines and counts, without patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from smart_app.outbox.faults import Fault
from smart_app.outbox.tables import DELIVERED, KEPT, OPEN_STATES, PARKED, OutboxRow, WrittenRow


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One entry as operations see it; `stands` = types of it that stand at the EHR though the rest does not."""

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
    stands: tuple[str, ...]


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
    rows = session.exec(wanted).all()
    stands = _standing(session, [row.id for row in rows if row.id is not None and row.state != DELIVERED])
    return tuple(_line(row, stands) for row in rows)


def _standing(session: Session, numbers: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    wanted = select(WrittenRow).where(col(WrittenRow.outbox_id).in_(numbers)).order_by(col(WrittenRow.id))
    for one in session.exec(wanted):
        found[one.outbox_id].append(one.ehr_type)
    return found


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


def _line(row: OutboxRow, stands: Mapping[int, Sequence[str]]) -> OutboxLine:
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
        stands=tuple(stands.get(row.id, ())),
    )

"""Taking up one entry: leased to one worker, and never while an older one of the same case is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from smart_app.case_register.tables import CaseRow
from smart_app.outbox.tables import LEASED, OPEN_STATES, WAITING, OutboxRow, PauseRow
from smart_app.store.database import Store
from smart_app.store.owner import Owner

LEASE = timedelta(seconds=120)
_LOOK_AHEAD = 20


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """One entry in our hands until `lease_until`.

    Attributes:
        payload: sealed.
        attempts: counts this one; together with `worker` it tells our lease from a later one.
        in_doubt: how the attempt before this one left it, or one that was given up before in the same case.
    """

    id: int
    owner: Owner
    case_id: str
    patient_reference: str
    launch_id: str | None
    payload: str | None
    worker: str
    attempts: int
    in_doubt: bool
    created_at: datetime
    lease_until: datetime


def claim(store: Store, *, worker: str, now: datetime) -> Claimed | None:
    """The next entry that is due, leased to `worker`; None when none is.

    Only the oldest open entry of a case is ever taken: the case's row is locked, and the entry read again under the
    lock. Skipping locked entries alone would let two workers take two entries of one case.
    """
    with store.reading() as session:
        cases = _cases_with_work(session, now)
    for case_id in cases:
        with store.transaction() as session:
            taken = _take(session, case_id, worker, now)
        if taken is not None:
            return taken
    return None


def _cases_with_work(session: Session, now: datetime) -> list[str]:
    older = aliased(OutboxRow)
    paused = exists().where(col(PauseRow.issuer) == col(OutboxRow.issuer), col(PauseRow.until) > now)
    behind = exists().where(
        col(older.case_id) == col(OutboxRow.case_id),
        col(older.id) < col(OutboxRow.id),
        col(older.state).in_(OPEN_STATES),
    )
    found = session.exec(
        select(OutboxRow.case_id)
        .where(_due(now), ~paused, ~behind)
        .order_by(col(OutboxRow.not_before), col(OutboxRow.id))
        .limit(_LOOK_AHEAD)
    )
    return list(found)


def _due(now: datetime) -> ColumnElement[bool]:
    waiting = and_(col(OutboxRow.state) == WAITING, col(OutboxRow.not_before) <= now)
    abandoned = and_(col(OutboxRow.state) == LEASED, col(OutboxRow.lease_until) <= now)
    return or_(waiting, abandoned)


def _take(session: Session, case_id: str, worker: str, now: datetime) -> Claimed | None:
    locked = session.exec(select(CaseRow.id).where(CaseRow.id == case_id).with_for_update(skip_locked=True)).first()
    if locked is None:
        return None  # another worker is taking from this case right now
    row = session.exec(
        select(OutboxRow)
        .where(OutboxRow.case_id == case_id, col(OutboxRow.state).in_(OPEN_STATES))
        .order_by(col(OutboxRow.id))
        .limit(1)
    ).first()
    if row is None or row.id is None or not _is_due(row, now):
        return None
    taken = Claimed(
        id=row.id,
        owner=Owner(row.issuer, row.care_provider, row.care_unit),
        case_id=row.case_id,
        patient_reference=row.patient_reference,
        launch_id=row.launch_id,
        payload=row.payload,
        worker=worker,
        attempts=row.attempts + 1,
        in_doubt=row.in_doubt or _doubt_before(session, row),
        created_at=row.created_at,
        lease_until=now + LEASE,
    )
    row.state, row.lease_owner, row.lease_until = LEASED, worker, taken.lease_until
    row.attempts, row.updated_at = taken.attempts, now
    row.in_doubt = True  # until this attempt says otherwise: it may die after sending
    session.add(row)
    return taken


def _doubt_before(session: Session, row: OutboxRow) -> bool:
    earlier = select(OutboxRow.id).where(
        OutboxRow.case_id == row.case_id, col(OutboxRow.in_doubt).is_(True), col(OutboxRow.id) < row.id
    )
    return session.exec(earlier.limit(1)).first() is not None


def _is_due(row: OutboxRow, now: datetime) -> bool:
    if row.state == WAITING:
        return row.not_before <= now
    return row.lease_until is not None and row.lease_until <= now

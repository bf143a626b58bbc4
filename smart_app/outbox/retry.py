"""Trying again what was refused, and handing its content out as a file."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from fhir_mapping.fhir_json import Json
from fhir_mapping.write.bundle import export
from smart_app.case_register.lock import lock_case
from smart_app.outbox.errors import NoSuchDelivery, NotParked, PayloadErased
from smart_app.outbox.faults import Fault
from smart_app.outbox.payload import COLUMN, PURPOSE, unpack
from smart_app.outbox.tables import KEPT, PARKED, WAITING, OutboxRow
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner

LARGEST_NUMBER = 2**31 - 1


def retry(session: Session, owner: Owner, outbox_id: int, *, launch_id: str | None, now: datetime) -> tuple[int, ...]:
    """Put a refused entry back, and those of the same case that were stopped only because it was.

    What a later entry has written meanwhile is not overwritten by it.

    Args:
        session: inside `store.transaction()`.
        launch_id: the launch that asks: its token carries the entry now. None leaves the entry its own.

    Returns:
        The numbers put back, ascending.

    Raises:
        NoSuchDelivery: not known to this care unit.
        NotParked: it is waiting or done.
        PayloadErased: its content is gone.
    """
    row = _row(session, owner, outbox_id)
    lock_case(session, owner, row.case_id)
    session.refresh(row)
    if row.state not in (PARKED, KEPT):
        raise NotParked(outbox_id, row.state)
    if row.payload is None:
        raise PayloadErased(outbox_id)
    depending = session.exec(
        select(OutboxRow).where(
            *owner.within_unit(OutboxRow),
            OutboxRow.case_id == row.case_id,
            OutboxRow.state == PARKED,
            OutboxRow.fault == Fault.DANGLING.value,
            col(OutboxRow.payload).is_not(None),
        )
    )
    back = {row.id: row} | {one.id: one for one in depending}
    for one in back.values():
        one.state, one.attempts, one.not_before, one.updated_at = WAITING, 0, now, now
        one.created_at = now  # waited for from now on
        one.launch_id = launch_id if launch_id is not None else one.launch_id
        session.add(one)
    session.flush()
    return tuple(sorted(number for number in back if number is not None))


def retry_for_issuer(session: Session, issuer: str, fault: Fault, now: datetime) -> int:
    """Put back every entry of one EHR that was stopped by one fault, for operations; how many."""
    rows = session.exec(
        select(OutboxRow)
        .where(
            OutboxRow.issuer == issuer,
            OutboxRow.state == PARKED,
            OutboxRow.fault == fault.value,
            col(OutboxRow.payload).is_not(None),
        )
        .order_by(col(OutboxRow.id))
        .with_for_update()
    )
    count = 0
    for row in rows:
        row.state, row.attempts, row.not_before, row.updated_at, row.created_at = WAITING, 0, now, now, now
        session.add(row)
        count += 1
    return count


def refused_bundle(session: Session, sealer: Sealer, owner: Owner, outbox_id: int) -> Json:
    """The content of an entry that is not written yet, as a collection Bundle to hand over as a file.

    Raises:
        NoSuchDelivery: not known to this care unit.
        PayloadErased: it has been written, or its content is gone.
        CannotUnseal: wrong key.
    """
    row = _row(session, owner, outbox_id)
    if row.payload is None:
        raise PayloadErased(outbox_id)
    return export(unpack(sealer.unseal(PURPOSE, str(outbox_id), COLUMN, row.payload)))


def _row(session: Session, owner: Owner, outbox_id: int) -> OutboxRow:
    if not 0 < outbox_id <= LARGEST_NUMBER:  # the number stands in an address: anybody may write any
        raise NoSuchDelivery(outbox_id)
    row = session.exec(select(OutboxRow).where(*owner.within_unit(OutboxRow), OutboxRow.id == outbox_id)).one_or_none()
    if row is None:
        raise NoSuchDelivery(outbox_id)
    return row

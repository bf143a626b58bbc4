"""Putting a write into the outbox, in the same database transaction as what caused it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from fhir_mapping.write.entry import WriteEntry
from smart_app.case_register.lock import lock_case
from smart_app.outbox.errors import NothingToWrite, WrongPatientForCase
from smart_app.outbox.payload import COLUMN, PURPOSE, identity_of, pack
from smart_app.outbox.tables import OPEN_STATES, WAITING, OutboxRow
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner


def enqueue(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    *,
    case_id: str,
    patient_reference: str,
    entries: Sequence[WriteEntry],
    cause: str,
    launch_id: str | None,
    now: datetime,
) -> int:
    """Put one write in; it is delivered after the transaction of `session` has committed.

    The case's row is locked, so that numbers within a case ascend in the order of commits. A write whose content is
    that of the case's newest one is not put in twice while that one is open.

    Args:
        session: inside `store.transaction()`.
        case_id: a case of the register, of the same issuer and care provider.
        patient_reference: the case's patient.
        entries: what belongs together; written all or none. Links between them are their `full_url`; a link to
            something of ours that was written before may also be its `full_url`.
        cause: what brought it about, e.g. "assessment", "contact", "worklist".
        launch_id: the launch whose token may carry it; None = Backend Services only.

    Returns:
        The number of the outbox entry.

    Raises:
        NothingToWrite: no entries.
        NoSuchCase: the case is not known to this issuer and care provider.
        WrongPatientForCase: the case is another patient's.
    """
    if not entries:
        raise NothingToWrite(case_id)
    for entry in entries:
        identity_of(entry)  # refuses what could not be told from a copy of itself
    case = lock_case(session, owner, case_id)
    if case.patient_reference != patient_reference:
        raise WrongPatientForCase(case_id)
    packed = pack(entries)
    said = packed.decode()
    newest = session.exec(
        select(OutboxRow)
        .where(*owner.within_provider(OutboxRow), OutboxRow.case_id == case_id)
        .order_by(col(OutboxRow.id).desc())
        .limit(1)
    ).first()
    if newest is not None and newest.state in OPEN_STATES and sealer.mac_matches(PURPOSE, said, newest.digest or ""):
        if newest.state == WAITING and launch_id is not None:
            newest.launch_id = launch_id  # the later login lasts longer
            session.add(newest)
        return _number(newest)
    row = OutboxRow(
        id=None,
        issuer=owner.issuer,
        care_provider=owner.care_provider,
        care_unit=owner.care_unit,
        case_id=case_id,
        patient_reference=patient_reference,
        launch_id=launch_id,
        cause=cause,
        kinds=",".join(entry.kind for entry in entries),
        digest=sealer.mac(PURPOSE, said),
        not_before=now,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    row.payload = sealer.seal(PURPOSE, str(row.id), COLUMN, packed)
    session.add(row)
    session.flush()
    return _number(row)


def _number(row: OutboxRow) -> int:
    if row.id is None:
        raise ValueError("the row was never flushed")
    return row.id

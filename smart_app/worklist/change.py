"""Changing a task: its REKO status and who has taken it over."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto

from sqlmodel import Session

from fhir_mapping.urls import Urls
from fhir_mapping.write.reko import BY_CODE
from smart_app.audit.log import Action, in_care
from smart_app.outbox.enqueue import enqueue
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner
from smart_app.worklist.actor import Actor, Assignee
from smart_app.worklist.as_fhir import task_entry
from smart_app.worklist.errors import StaleVersion
from smart_app.worklist.find import find
from smart_app.worklist.moves import move
from smart_app.worklist.tables import TaskEventRow, TaskRow


class Keep(Enum):
    """Says that something stays as it is, where None already means "nobody"."""

    AS_IS = auto()


def change(
    session: Session,
    sealer: Sealer,
    urls: Urls,
    owner: Owner,
    task_id: str,
    *,
    if_version: int,
    by: Actor,
    now: datetime,
    business_status: str | None = None,
    assignee: Assignee | Keep | None = Keep.AS_IS,
) -> TaskRow:
    """Move a task, or give it to someone; the new version goes to the EHR through the outbox.

    Args:
        if_version: the version that the person saw.
        business_status: REKO code to go to; None keeps it.
        assignee: who takes it over; None gives it back to the unit.

    Returns:
        The row; unchanged, with its old version, when it already stood so.

    Raises:
        NoSuchTask: none with that id in the unit.
        StaleVersion: someone was faster.
        UnknownStatus, IllegalMove: the status may not become that.
    """
    row = find(session, owner, task_id, lock=True)
    if row.version != if_version:
        raise StaleVersion(task_id, if_version, row.version)
    before = row.business_status
    target = move(before, business_status or before)
    holder = Assignee(row.owner_reference, row.owner_name) if row.owner_reference else None
    new_holder = holder if isinstance(assignee, Keep) else assignee
    if target.code == before and new_holder == holder:
        return row
    row.owner_reference = new_holder.reference if new_holder else None
    row.owner_name = new_holder.name if new_holder else None
    put(session, sealer, urls, owner, row, target.code, by=by, cause="worklist", now=now)
    return row


def put(
    session: Session,
    sealer: Sealer,
    urls: Urls,
    owner: Owner,
    row: TaskRow,
    business_status: str,
    *,
    by: Actor,
    cause: str,
    now: datetime,
) -> None:
    """Give the row a status without asking whether the move is allowed, note who did it, and send it to the EHR.

    A task without a plan was never written to the EHR; it goes there with its first assessment.
    """
    before, row.business_status = row.business_status, business_status
    row.status = BY_CODE[business_status].task
    row.version += 1
    row.updated_at = now
    session.add(
        TaskEventRow(
            issuer=row.issuer,
            care_provider=row.care_provider,
            care_unit=row.care_unit,
            task_id=row.id,
            version=row.version,
            before=before,
            after=business_status,
            owner_reference=row.owner_reference,
            by_reference=by.reference,
            by_role=by.role,
            at=now,
        )
    )
    session.flush()
    if row.plan_id is not None:
        enqueue(
            session,
            sealer,
            owner,
            case_id=row.case_id,
            patient_reference=row.patient_reference,
            entries=(task_entry(row, sealer, urls),),
            cause=cause,
            launch_id=by.launch_id,
            now=now,
        )
    in_care(
        session,
        owner,
        by.by,
        Action.CHANGE,
        f"task {before} to {business_status}",
        now=now,
        patient=row.patient_reference,
    )

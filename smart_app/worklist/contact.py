"""Registering what was done: one contact = one Procedure in the record, with or without an encounter."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from sqlmodel import Session, select

from fhir_mapping.urls import Urls
from fhir_mapping.write.procedure import COORDINATION, Counterparty, Mode
from smart_app.audit.log import Action, in_care
from smart_app.clock import stockholm_day
from smart_app.fhir_records.keep import keep_entries
from smart_app.outbox.enqueue import enqueue
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner
from smart_app.worklist.actor import Actor
from smart_app.worklist.as_fhir import procedure_entry
from smart_app.worklist.errors import ContactRefused
from smart_app.worklist.find import find
from smart_app.worklist.tables import ContactRow, TaskRow
from terminology.codes import kva_codes

REGISTRAR_ROLES = {"coordinator": "coordinator", "physician": "physician"}


@dataclass(frozen=True, slots=True)
class Contact:
    """What was done.

    Attributes:
        with_patient: whether the patient took part; always True with the patient as counterparty.
        kva: KVÅ code; GC001 covers coordination with and without the patient.
        performed_on: the day it was done, not after today; None = today.
        encounter: "Encounter/id" when it belongs to one; None is fine.
        event_id: UUID made with the form, so that sending it twice registers once; None = every call is its own.
    """

    mode: Mode
    counterparty: Counterparty
    with_patient: bool
    kva: str = COORDINATION
    performed_on: date | None = None
    encounter: str | None = None
    event_id: str | None = None


def register_contact(
    session: Session,
    sealer: Sealer,
    urls: Urls,
    owner: Owner,
    task_id: str,
    contact: Contact,
    *,
    by: Actor,
    now: datetime,
) -> ContactRow:
    """Note a contact and send it to the record as a Procedure through the outbox.

    Args:
        urls: also the address that this EHR wants for KVÅ.

    Raises:
        NoSuchTask: none with that id in the unit.
        ContactRefused: a field does not hold what it may; nothing was noted.
    """
    task = find(session, owner, task_id, lock=True)
    performed_on = _checked(contact, stockholm_day(now), task)
    event_id = contact.event_id or new_id()
    known = session.exec(
        select(ContactRow).where(*owner.within_unit(ContactRow), ContactRow.id == event_id)
    ).one_or_none()
    if known is not None:
        return known
    row = ContactRow(
        id=event_id,
        issuer=task.issuer,
        care_provider=task.care_provider,
        care_unit=task.care_unit,
        task_id=task.id,
        case_id=task.case_id,
        patient_reference=task.patient_reference,
        encounter_reference=contact.encounter,
        kva=contact.kva,
        mode=contact.mode,
        counterparty=contact.counterparty,
        with_patient=contact.with_patient,
        registrar_role=REGISTRAR_ROLES.get(by.role or "", "other"),
        performed_on=performed_on,
        by_reference=by.reference,
        by_name=by.name,
        at=now,
    )
    session.add(row)
    session.flush()
    entries = (procedure_entry(row, task, sealer, urls),)
    keep_entries(session, sealer, owner, entries, task.patient_reference, now)
    enqueue(
        session,
        sealer,
        owner,
        case_id=task.case_id,
        patient_reference=task.patient_reference,
        entries=entries,
        cause="contact",
        launch_id=by.launch_id,
        now=now,
    )
    in_care(
        session,
        owner,
        by.by,
        Action.WRITE,
        f"contact {contact.kva} {contact.mode}",
        now=now,
        patient=task.patient_reference,
    )
    return row


def _checked(contact: Contact, today: date, task: TaskRow) -> date:
    """The day it was done, when everything holds."""
    if contact.mode not in get_args(Mode):
        raise ContactRefused("mode", "unknown")
    if contact.counterparty not in get_args(Counterparty):
        raise ContactRefused("counterparty", "unknown")
    if contact.counterparty == "patient" and not contact.with_patient:
        raise ContactRefused("with_patient", "patient-is-counterparty")
    if contact.kva not in kva_codes():
        raise ContactRefused("kva", "unknown")
    if contact.event_id is not None and not _is_uuid(contact.event_id):
        raise ContactRefused("event_id", "not-a-uuid")
    performed_on = contact.performed_on or today
    if performed_on > today:
        raise ContactRefused("performed_on", "in-the-future")
    if performed_on < task.since:
        raise ContactRefused("performed_on", "before-the-case")
    return performed_on


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False

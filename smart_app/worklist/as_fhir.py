"""From rows of the worklist to the resources that go to the EHR."""

from __future__ import annotations

from fhir_mapping.read.organization import Unit
from fhir_mapping.urls import Urls
from fhir_mapping.write import procedure, task
from fhir_mapping.write.entry import WriteEntry, urn
from fhir_mapping.write.request import TaskState
from smart_app.sealing import Sealer
from smart_app.worklist.display import open_display, shown_display
from smart_app.worklist.tables import ContactRow, TaskRow

_ROLES: dict[str, procedure.RegistrarRole] = {"coordinator": "coordinator", "physician": "physician"}


def task_state(row: TaskRow) -> TaskState:
    """Where the coordinator's work stands, for an assessment that writes the Task anew."""
    return TaskState(business_status=row.business_status, owner=row.owner_reference, due=row.due, rank=row.rank_score)


def task_entry(row: TaskRow, sealer: Sealer, urls: Urls, *, look: bool = False) -> WriteEntry:
    """The Task of one row. Without a plan, the reference to it is left out.

    Args:
        look: to be looked at, not written: labels that no key opens are then replaced by a strict one.

    Raises:
        CannotUnseal: its labels cannot be read, so that it must not be written without them.
    """
    entry = task.write(
        task.TaskToWrite(
            urls=urls,
            id=row.id,
            patient=row.patient_reference,
            plan=urn(row.plan_id or row.id),
            unit=_unit(row),
            state=task_state(row),
            authored=row.created_at,
            modified=row.updated_at,
            condition=row.condition_reference,
            encounter=row.encounter_reference,
            requester=row.requester_reference,
            patient_labels=(shown_display if look else open_display)(sealer, row).security,
        )
    )
    if row.plan_id is None:
        del entry.resource["focus"]
    return entry


def procedure_entry(row: ContactRow, of_task: TaskRow, sealer: Sealer, urls: Urls) -> WriteEntry:
    """The Procedure of one contact; its id is the identity."""
    return procedure.write(
        procedure.ProcedureToWrite(
            urls=urls,
            id=row.id,
            kva=row.kva,
            performed=row.performed_on,
            patient=row.patient_reference,
            unit=_unit(of_task),
            recorder=row.by_reference,
            encounter=row.encounter_reference,
            coordination=procedure.Coordination(
                contact="with-patient" if row.with_patient else "without-patient",
                mode=row.mode,  # type: ignore[arg-type]  # checked when it was registered
                counterparty=row.counterparty,  # type: ignore[arg-type]
                registrar_role=_ROLES.get(row.registrar_role, "other"),
            ),
            plan=urn(of_task.plan_id) if of_task.plan_id else None,
            condition=of_task.condition_reference,
            patient_labels=open_display(sealer, of_task).security,
        )
    )


def _unit(row: TaskRow) -> Unit:
    return Unit(hsa_id=row.care_unit, name=row.unit_name, provider_hsa_id=row.care_provider)

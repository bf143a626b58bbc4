"""Task: one per case in the coordinator's worklist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fhir_mapping.fhir_json import Json
from fhir_mapping.read.organization import Unit
from fhir_mapping.urls import Urls
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import Labels, coding, concept, identifier, literal, meta, narrative, organization
from fhir_mapping.write.reko import BY_CODE
from fhir_mapping.write.request import AssessmentToWrite, TaskState


@dataclass(frozen=True, slots=True)
class TaskToWrite:
    """One Task, on its own or as part of an assessment.

    Attributes:
        id: random UUID of the case's task.
        plan: reference of the CarePlan, "CarePlan/12" or "urn:uuid:...".
        authored, modified: aware; modified never before authored.
        requester: who asked for it; None for a unit run.
    """

    urls: Urls
    id: str
    patient: str
    plan: str
    unit: Unit
    state: TaskState
    authored: datetime
    modified: datetime
    condition: str | None = None
    encounter: str | None = None
    requester: str | None = None
    patient_labels: Labels = ()


def of_assessment(request: AssessmentToWrite) -> TaskToWrite:
    """The task that an assessment writes."""
    return TaskToWrite(
        urls=request.urls,
        id=request.ids["task"],
        patient=request.patient,
        plan=urn(request.ids["plan"]),
        unit=request.unit,
        state=request.task,
        authored=request.created,
        modified=request.now,
        condition=request.condition,
        encounter=request.encounter,
        requester=request.author.reference if request.author else None,
        patient_labels=request.patient_labels,
    )


def write(task: TaskToWrite) -> WriteEntry:
    """The Task; status follows from the REKO status by table.

    Raises:
        KeyError: the business status is none of the eight.
    """
    system, state = task.urls.identifier_system("task"), task.state
    reko = BY_CODE[state.business_status]
    unit = organization(task.unit)
    due = state.due.isoformat() if state.due else None
    resource = without_empty(
        {
            "resourceType": "Task",
            "meta": meta(task.patient_labels),
            "text": narrative(_lines(state)),
            "extension": _extensions(task, unit),
            "identifier": [identifier(system, task.id)],
            "status": reko.task,
            "businessStatus": concept(coding(task.urls.code_system("reko-status"), reko.code, reko.sv), text=reko.sv),
            "intent": "order",
            "priority": state.priority,
            "code": concept(coding(task.urls.code_system("task"), "follow-case", "Följ sjukfallet")),
            "focus": literal(task.plan),
            "for": literal(task.patient),
            "encounter": literal(task.encounter) if task.encounter else None,
            "authoredOn": local_time(task.authored),
            "lastModified": local_time(task.modified),
            "requester": literal(task.requester) if task.requester else None,
            "owner": literal(state.owner) if state.owner else unit,
            "reasonReference": literal(task.condition) if task.condition else None,
            "restriction": {"period": {"end": due}} if due else None,
        }
    )
    return WriteEntry("task", resource, urn(task.id), (system, task.id), None, once=False)


def _lines(state: TaskState) -> list[str]:
    lines = [f"Följ sjukfallet. Status: {BY_CODE[state.business_status].sv}."]
    return [*lines, f"Senast {state.due.isoformat()}."] if state.due else lines


def _extensions(task: TaskToWrite, unit: Json | None) -> list[Json]:
    found: list[Json] = []
    if unit is not None:
        found.append({"url": task.urls.extension("responsible-unit"), "valueReference": unit})
    if task.state.rank is not None:
        found.append({"url": task.urls.extension("rank"), "valueInteger": task.state.rank})
    return found

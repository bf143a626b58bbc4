"""Procedure: something that was done, KVÅ-coded, with or without a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from fhir_mapping.fhir_json import Json
from fhir_mapping.read.organization import Unit
from fhir_mapping.urls import Urls
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import (
    Labels,
    coding,
    concept,
    identifier,
    kva_coding,
    literal,
    meta,
    narrative,
    organization,
)
from fhir_mapping.write.request import AssessmentToWrite
from terminology.codes import kva_text

COORDINATION = "GC001"
SICK_LEAVE_PLAN, REHABILITATION_PLAN = "DV077", "AW020"

Contact = Literal["with-patient", "without-patient"]
Mode = Literal["phone", "visit", "video", "letter", "meeting"]
Counterparty = Literal[
    "patient",
    "employer",
    "insurance-agency",
    "employment-service",
    "social-services",
    "occupational-health",
    "internal",
]
RegistrarRole = Literal["coordinator", "physician", "other"]


@dataclass(frozen=True, slots=True)
class Coordination:
    """What KVÅ alone does not say about a coordination: R4 has no elements for these."""

    contact: Contact
    mode: Mode
    counterparty: Counterparty
    registrar_role: RegistrarRole

    def codes(self) -> tuple[tuple[str, str], ...]:
        """(extension and code system name, code)."""
        return (
            ("coordination-contact", self.contact),
            ("coordination-mode", self.mode),
            ("coordination-counterparty", self.counterparty),
            ("coordination-registrar-role", self.registrar_role),
        )


@dataclass(frozen=True, slots=True)
class ProcedureToWrite:
    """One thing that was done.

    Attributes:
        id: random UUID of the local event.
        kva: KVÅ code.
        performed: when; a date when the time is not known.
        recorder: reference of who registered it; None for a unit run.
        coordination: always for GC001; None for other codes.
        plan: reference of the CarePlan it belongs to.
        note: free text of the registrar; None = none.
    """

    urls: Urls
    id: str
    kva: str
    performed: datetime | date
    patient: str
    unit: Unit
    recorder: str | None
    encounter: str | None = None
    coordination: Coordination | None = None
    plan: str | None = None
    condition: str | None = None
    note: str | None = None
    patient_labels: Labels = ()


def plan_code(*, on_sick_leave: bool) -> str:
    """KVÅ for "plan made": a sick-leave and rehabilitation plan while a certificate runs, else a rehabilitation plan.

    Source: Socialstyrelsen's rule for plans.
    """
    return SICK_LEAVE_PLAN if on_sick_leave else REHABILITATION_PLAN


def plan_made(request: AssessmentToWrite) -> ProcedureToWrite:
    """That a plan was made, when an assessment makes the plan active."""
    return ProcedureToWrite(
        urls=request.urls,
        id=request.ids["procedure"],
        kva=plan_code(on_sick_leave=request.case.ongoing),
        performed=request.now,
        patient=request.patient,
        unit=request.unit,
        recorder=request.author.reference if request.author else None,
        encounter=request.encounter,
        plan=urn(request.ids["plan"]),
        condition=request.condition,
        patient_labels=request.patient_labels,
    )


def write(done: ProcedureToWrite) -> WriteEntry:
    """The Procedure.

    Raises:
        ValueError: a coordination without contact, mode, counterparty and registrar role.
    """
    if done.kva == COORDINATION and done.coordination is None:
        raise ValueError("coordination must say contact, mode, counterparty and registrar role")
    system = done.urls.identifier_system("procedure")
    performed = local_time(done.performed) if isinstance(done.performed, datetime) else done.performed.isoformat()
    words = kva_text(done.kva) or done.kva
    resource = without_empty(
        {
            "resourceType": "Procedure",
            "meta": meta(done.patient_labels),
            "text": narrative([f"{done.kva} {words}, {performed[:10]}."]),
            "extension": _extensions(done),
            "identifier": [identifier(system, done.id)],
            "basedOn": [literal(done.plan)] if done.plan else [],
            "status": "completed",
            "code": concept(kva_coding(done.kva, done.urls.kva), text=words),
            "subject": literal(done.patient),
            "encounter": literal(done.encounter) if done.encounter else None,
            "performedDateTime": performed,
            "recorder": literal(done.recorder) if done.recorder else None,
            "performer": _performer(done),
            "reasonReference": [literal(done.condition)] if done.condition else [],
            "note": [{"text": done.note}] if done.note else [],
        }
    )
    return WriteEntry("procedure", resource, urn(done.id), (system, done.id), None, once=True)


def _performer(done: ProcedureToWrite) -> list[Json]:
    unit = organization(done.unit)
    if done.recorder is None:
        return [{"actor": unit}] if unit else []
    return [without_empty({"actor": literal(done.recorder), "onBehalfOf": unit})]


def _extensions(done: ProcedureToWrite) -> list[Json]:
    if done.coordination is None:
        return []
    return [
        {"url": done.urls.extension(name), "valueCoding": coding(done.urls.code_system(name), code)}
        for name, code in done.coordination.codes()
    ]

"""CarePlan: the interventions that were accepted, one plan per case."""

from __future__ import annotations

import re

from fhir_mapping.fhir_json import Json
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import coding, concept, identifier, kva_coding, literal, meta, narrative, organization
from fhir_mapping.write.request import AssessmentToWrite
from risk.advice import Intervention

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9.-]+")


def role_id(actor_code: str) -> str:
    """Id of the contained PractitionerRole of one kind of actor; always a valid FHIR id.

    >>> role_id("occupational health/åt")
    'role-occupational-health-t'
    """
    return f"role-{_NOT_IN_ID.sub('-', actor_code)}"[:64]


def write(request: AssessmentToWrite) -> WriteEntry:
    """The plan; its activities are details (cpl-3: never a reference beside them)."""
    id_ = request.ids["plan"]
    system = request.urls.identifier_system("plan")
    resource = without_empty(
        {
            "resourceType": "CarePlan",
            "meta": meta(request.patient_labels),
            "text": narrative(_lines(request)),
            "contained": _roles(request),
            "identifier": [identifier(system, id_)],
            "status": request.plan_status,
            "intent": "plan",
            "category": [
                concept(coding(request.urls.code_system("plan"), "return-to-work", "Plan för återgång i arbete"))
            ],
            "title": "Plan för återgång i arbete",
            "subject": literal(request.patient),
            "encounter": literal(request.encounter) if request.encounter else None,
            "period": {"start": request.case.since.isoformat()},
            "created": local_time(request.created),
            "author": literal(request.author.reference) if request.author else organization(request.unit),
            "addresses": [literal(request.condition)] if request.condition else [],
            "supportingInfo": [literal(urn(request.ids["assessment"]))],
            "activity": [{"detail": _detail(each, request)} for each in request.interventions],
        }
    )
    return WriteEntry("plan", resource, urn(id_), (system, id_), None, once=False)


def _lines(request: AssessmentToWrite) -> list[str]:
    state = "Utkast till plan" if request.plan_status == "draft" else "Plan"
    planned = [
        f"{i.title_sv}: {i.actor_sv}, {i.start.isoformat()} till {i.due.isoformat()}." for i in request.interventions
    ]
    return [f"{state} för återgång i arbete.", *(planned or ["Inga åtgärder är valda."])]


def _is_patient(intervention: Intervention) -> bool:
    return intervention.actor_code == "patient"


def _roles(request: AssessmentToWrite) -> list[Json]:
    """One contained PractitionerRole per kind of actor; the patient needs none."""
    actors = {i.actor_code: i.actor_sv for i in request.interventions if not _is_patient(i)}
    return [
        without_empty(
            {
                "resourceType": "PractitionerRole",
                "id": role_id(code),
                "organization": organization(request.unit),
                "code": [concept(coding(request.urls.code_system("actor"), code), text=words)],
            }
        )
        for code, words in actors.items()
    ]


def _detail(intervention: Intervention, request: AssessmentToWrite) -> Json:
    kva = [kva_coding(intervention.kva, request.urls.kva)] if intervention.kva else []
    own = coding(
        request.urls.code_system("intervention"), intervention.id, intervention.title_sv, request.versions.catalogue
    )
    performer = request.patient if _is_patient(intervention) else f"#{role_id(intervention.actor_code)}"
    return without_empty(
        {
            "code": concept(*kva, own, text=intervention.title_sv),
            "reasonReference": [literal(request.condition)] if request.condition else [],
            "status": "scheduled" if request.plan_status == "active" else "not-started",
            "scheduledPeriod": {"start": intervention.start.isoformat(), "end": intervention.due.isoformat()},
            "performer": [literal(performer)],
            "description": intervention.why_sv,
        }
    )

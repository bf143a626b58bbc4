"""Faults of the launch context that comes with the token."""

from __future__ import annotations

from typing import Any

from .exchange import Does, Fault, Json, Turn
from .manners import at_path, changes, members

_AT = at_path("/auth/token", method="POST")


def _fault(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"context-{name}", "context", imitates, _AT, does)


def _as_reference(said: Json, _: Turn) -> Json:
    return {**said, "patient": f"Patient/{said['patient']}"} if "patient" in said else said


_REFERENCE: list[Any] = [None, 7, {"reference": "https://elsewhere.example/fhir/ImagingStudy/1", "role": ["x"]}]

FAULTS = (
    _fault("other-patient", "The patient of another tab.", members(patient="p-anders-holmqvist")),
    _fault("placeholder-patient", "A placeholder instead of a patient.", members(patient="PATIENT_ID")),
    _fault("unknown-patient", "The id of a patient who is not there.", members(patient="0")),
    _fault("nonsense-patient", "A patient id that leads out of its folder.", members(patient="../Practitioner/x")),
    _fault("number-patient", "The patient id as a number.", members(patient=12)),
    _fault("reference-patient", "The patient as `Patient/id`.", changes(_as_reference)),
    _fault("no-patient", "No patient though one was open.", members(patient=None)),
    _fault("placeholder-encounter", "A placeholder instead of an encounter.", members(encounter="0")),
    _fault("other-encounter", "An encounter of another patient.", members(encounter="besok-anders-holmqvist-1")),
    _fault("no-banner-word", "need_patient_banner is missing.", members(need_patient_banner=None)),
    _fault("unknown-intent", "An intent that nobody knows.", members(intent="order-pizza <b>")),
    _fault(
        "strange-references", "fhirContext holds nulls, numbers and other servers.", members(fhirContext=_REFERENCE)
    ),
    _fault(
        "style-elsewhere",
        "smart_style_url is at another host.",
        members(smart_style_url="https://elsewhere.example/style.json"),
    ),
)

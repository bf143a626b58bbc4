"""What R4 demands of the resources that we write and that the models do not check: codes, numbers, reference types.

Source: FHIR R4 (4.0.1), required bindings of the elements named. Kept as our own table because the models' metadata on
codes is cut off for some elements; their metadata on reference types is whole, and is used.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any

MODULES = {
    "RiskAssessment": "riskassessment",
    "CarePlan": "careplan",
    "Task": "task",
    "Procedure": "procedure",
    "Provenance": "provenance",
    "QuestionnaireResponse": "questionnaireresponse",
    "Device": "device",
    "PractitionerRole": "practitionerrole",
}
"""Types that we write, contained ones too -> module of fhir.resources.R4B."""

_EVENT = "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
_REQUEST = "draft active on-hold revoked completed entered-in-error unknown"

REQUIRED_CODES: dict[str, frozenset[str]] = {
    path: frozenset(codes.split())
    for path, codes in {
        "RiskAssessment.status": "registered preliminary final amended corrected cancelled entered-in-error unknown",
        "CarePlan.status": _REQUEST,
        "CarePlan.intent": "proposal plan order option",
        "CarePlan.activity.detail.status": "not-started scheduled in-progress on-hold completed cancelled stopped "
        "unknown entered-in-error",
        "CarePlan.activity.detail.kind": "Appointment CommunicationRequest DeviceRequest MedicationRequest "
        "NutritionOrder Task ServiceRequest VisionPrescription",
        "Task.status": "draft requested received accepted rejected ready cancelled in-progress on-hold failed "
        "completed entered-in-error",
        "Task.intent": "unknown proposal plan order original-order reflex-order filler-order instance-order option",
        "Task.priority": "routine urgent asap stat",
        "Procedure.status": _EVENT,
        "Provenance.entity.role": "derivation revision quotation source removal",
        "QuestionnaireResponse.status": "in-progress completed amended entered-in-error stopped",
        "Device.status": "active inactive entered-in-error unknown",
        "Device.deviceName.type": "udi-label-name user-friendly-name patient-reported-name manufacturer-name "
        "model-name other",
    }.items()
}
"""Element -> codes that its required binding allows; checked when the element is there."""

ANYWHERE_CODES = {
    "text.status": frozenset({"generated", "extensions", "additional", "empty"}),
    "identifier.use": frozenset({"usual", "official", "temp", "secondary", "old"}),
}

NEEDED: dict[str, tuple[str, ...]] = {
    "RiskAssessment": ("identifier", "status", "subject", "method", "performer", "occurrenceDateTime"),
    "CarePlan": ("identifier", "status", "intent", "subject"),
    "Task": ("identifier", "status", "intent", "code", "focus", "for", "owner", "businessStatus"),
    "Procedure": ("identifier", "status", "code", "subject", "performedDateTime"),
    "Provenance": ("meta", "target", "recorded", "agent"),
    "QuestionnaireResponse": ("identifier", "questionnaire", "status", "subject", "authored"),
}
"""What our own resources always carry: more than R4 demands."""

NUMBER_ELEMENTS = frozenset(
    {"probabilityDecimal", "relativeRisk", "valueInteger", "valueDecimal", "valuePositiveInt", "valueUnsignedInt"}
)
BOOLEAN_ELEMENTS = frozenset({"valueBoolean", "active", "doNotPerform", "inactive"})

_NESTED = re.compile(r"\babc\.(\w+?)Type\b")
_DEEPEST = 6


@cache
def model(resource_type: str) -> Any:
    """The R4B model of a type that we write.

    Raises:
        KeyError: a type that we do not write.
    """
    return getattr(import_module(f"fhir.resources.R4B.{MODULES[resource_type]}"), resource_type)


@cache
def reference_types(resource_type: str) -> dict[str, frozenset[str]]:
    """Path of every Reference of a type, without indices -> types it may point to; {"Resource"} = any."""
    found: dict[str, frozenset[str]] = {}
    _collect(model(resource_type), resource_type, found, 0)
    return found


def _collect(cls: Any, path: str, found: dict[str, frozenset[str]], depth: int) -> None:
    module = import_module(cls.__module__)
    for name, info in cls.model_fields.items():
        nested = _NESTED.search(str(info.annotation))
        if nested is None:
            continue
        here = f"{path}.{info.alias or name}"
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        if nested.group(1) == "Reference":
            found[here] = frozenset(extra.get("enum_reference_types") or {"Resource"})
        elif depth < _DEEPEST and (inner := getattr(module, nested.group(1), None)) is not None and inner is not cls:
            _collect(inner, here, found, depth + 1)

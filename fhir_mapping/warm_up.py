"""The models build their schemas at first use (up to a second per type): done once, when the service starts."""

from __future__ import annotations

from fhir_mapping.write.tables import MODULES, model, reference_types

_REF = {"reference": "Patient/1"}
_CODE = {"coding": [{"system": "urn:oid:1.2.752.116.1.3.2.1.4", "code": "GC001"}]}
_SMALLEST: dict[str, dict[str, object]] = {
    "RiskAssessment": {
        "status": "final",
        "subject": _REF,
        "prediction": [{"probabilityDecimal": 1.0, "whenPeriod": {"start": "2026-01-01"}, "outcome": _CODE}],
    },
    "CarePlan": {
        "status": "draft",
        "intent": "plan",
        "subject": _REF,
        "activity": [{"detail": {"status": "not-started", "scheduledPeriod": {"start": "2026-01-01"}}}],
    },
    "Task": {"status": "requested", "intent": "order", "restriction": {"period": {"end": "2026-01-01"}}},
    "Procedure": {
        "status": "completed",
        "subject": _REF,
        "code": _CODE,
        "performer": [{"actor": {"reference": "PractitionerRole/1"}}],
    },
    "Provenance": {
        "target": [_REF],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": _REF}],
        "entity": [{"role": "source", "what": _REF}],
    },
    "QuestionnaireResponse": {"status": "completed", "item": [{"linkId": "1", "answer": [{"valueBoolean": True}]}]},
    "Device": {"deviceName": [{"name": "x", "type": "other"}], "version": [{"value": "1"}]},
    "PractitionerRole": {"code": [_CODE]},
}


def warm_up() -> tuple[str, ...]:
    """Validate one of each type that we write; returns their names. Takes about a second, once per process."""
    for name in MODULES:
        model(name).model_validate({"resourceType": name, **_SMALLEST[name]})
        reference_types(name)
    return tuple(MODULES)

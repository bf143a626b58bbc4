"""RiskAssessment: the prediction as it was made, never changed afterwards."""

from __future__ import annotations

from fhir_mapping.fhir_json import Json
from fhir_mapping.write.device import DEVICE_ID, device
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import coding, concept, icd_concept, identifier, literal, meta, narrative
from fhir_mapping.write.percent import percent, relative_risk
from fhir_mapping.write.request import AssessmentToWrite
from fhir_mapping.write.words import BANDS, rationale, summary
from risk.result import Band, Horizon


def write(request: AssessmentToWrite) -> WriteEntry:
    """The RiskAssessment of one assessment; horizons that are passed or have no figure are left out."""
    id_ = request.ids["assessment"]
    system = request.urls.identifier_system("assessment")
    result, case, urls = request.result, request.case, request.urls
    resource = without_empty(
        {
            "resourceType": "RiskAssessment",
            "meta": meta(request.patient_labels),
            "text": narrative(summary(result, day=case.day)),
            "contained": [device(result.model, request.versions)],
            "extension": _extensions(request),
            "identifier": [identifier(system, id_)],
            "status": "final",
            "method": concept(
                coding(urls.code_system("model"), result.model.id, result.model.name_sv, result.model.version)
            ),
            "code": {"text": "Risk för lång sjukskrivning"},
            "subject": literal(request.patient),
            "encounter": literal(request.encounter) if request.encounter else None,
            "occurrenceDateTime": local_time(request.now),
            "condition": literal(request.condition) if request.condition else None,
            "performer": literal(f"#{DEVICE_ID}"),
            "reasonCode": [icd_concept(case.diagnosis, urls.icd10se)] if case.diagnosis else [],
            "basis": [literal(reference) for reference in _basis(request)],
            "prediction": [p for horizon in result.horizons if (p := _prediction(horizon, request)) is not None],
            "note": [{"text": limit.sv} for limit in result.limits],
        }
    )
    return WriteEntry("assessment", resource, urn(id_), (system, id_), None, once=True)


def _basis(request: AssessmentToWrite) -> list[str]:
    """What was read, and the answers written beside it."""
    return [*request.basis, *([urn(request.ids["answers"])] if request.answers else [])]


def _extensions(request: AssessmentToWrite) -> list[Json]:
    urls, match = request.urls, request.result.match
    found = []
    if match is not None:
        level = coding(urls.code_system("match-level"), match.level.value)
        found.append({"url": urls.extension("match-level"), "valueCoding": level})
    if request.replaces is not None:
        earlier = identifier(urls.identifier_system("assessment"), request.replaces)
        found.append({"url": urls.extension("assessment-replaces"), "valueIdentifier": earlier})
    return found


def _prediction(horizon: Horizon, request: AssessmentToWrite) -> Json | None:
    if horizon.passed or horizon.share is None:
        return None
    outcome = coding(
        request.urls.code_system("outcome"),
        f"longer-than-{horizon.day}-days",
        f"Sjukskriven längre än {horizon.day} dagar",
    )
    band, unplaced = BANDS.get(request.result.band), request.result.band is Band.OPEN
    return without_empty(
        {
            "outcome": concept(outcome),
            "probabilityDecimal": percent(horizon.share),
            "qualitativeRisk": {"text": band} if band else None,
            "relativeRisk": None if unplaced else relative_risk(horizon.share, horizon.group_share),
            "whenPeriod": {"start": request.case.since.isoformat(), "end": horizon.date.isoformat()},
            "rationale": rationale(horizon, request.result),
        }
    )

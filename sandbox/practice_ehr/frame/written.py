"""What the app has written to the record, newest first."""

from __future__ import annotations

from typing import Any

from sandbox.practice_ehr.fhir.messages import Backend, FhirRequest

TYPES = ("RiskAssessment", "CarePlan", "Task", "Procedure", "Goal", "Communication", "Provenance")


async def written(backend: Backend) -> dict[str, list[dict[str, Any]]]:
    """Resources by type, each as a line with id, version, when, whom and what."""
    found: dict[str, list[dict[str, Any]]] = {}
    for type_ in TYPES:
        query = (("_sort", "-_lastUpdated"), ("_count", "200"))
        answer = await backend.handle(FhirRequest("GET", type_, query))
        entries = (answer.body or {}).get("entry", []) if answer.status == 200 else []
        found[type_] = [_line(entry["resource"]) for entry in entries if "resource" in entry]
    return found


def _line(resource: dict[str, Any]) -> dict[str, Any]:
    meta = resource.get("meta", {})
    whom: dict[str, Any] = resource.get("subject") or resource.get("for") or next(iter(resource.get("target", ())), {})
    return {
        "id": resource["id"],
        "version": meta.get("versionId"),
        "when": str(meta.get("lastUpdated", ""))[:19].replace("T", " "),
        "status": resource.get("status", ""),
        "whom": whom.get("reference", ""),
        "what": _what(resource),
    }


def _what(resource: dict[str, Any]) -> str:
    match resource["resourceType"]:
        case "RiskAssessment":
            shares = (one.get("probabilityDecimal") for one in resource.get("prediction", ()))
            return ", ".join(f"{share} %" for share in shares if share is not None)
        case "CarePlan":
            return str(resource.get("title") or f"{len(resource.get('activity', ()))} åtgärder")
        case "Task" | "Procedure" | "Communication":
            return _text(resource.get("code")) or str(resource.get("description", ""))
        case "Provenance":
            targets = ", ".join(
                str(one.get("reference", "")).split("/_history")[0] for one in resource.get("target", ())
            )
            return targets[:160]
    return ""


def _text(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    coding: dict[str, Any] = next(iter(concept.get("coding", ())), {})
    return " ".join(part for part in (coding.get("code", ""), concept.get("text") or coding.get("display", "")) if part)

"""Resources as our API answers them: our ids, our versions, references that lead somewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fhir_mapping.urls import Urls
from smart_app.fhir_records.find import Record
from smart_app.routes.fhir_types import WITH_IDS_OF_OURS
from smart_app.sealing import Sealer
from smart_app.worklist.as_fhir import task_entry
from smart_app.worklist.persons import WorklistPerson
from smart_app.worklist.tables import TaskRow
from terminology.codes import PERSONNUMMER, RESERVNUMMER, SAMORDNINGSNUMMER

_NUMBER_SYSTEMS = {
    "personnummer": PERSONNUMMER,
    "samordningsnummer": SAMORDNINGSNUMMER,
    "reservnummer": RESERVNUMMER,
}


def task_body(row: TaskRow, sealer: Sealer, urls: Urls, ehr_base: str) -> dict[str, Any]:
    """The Task of one row."""
    resource = dict(task_entry(row, sealer, urls, look=True).resource)
    if row.plan_id is not None:
        resource["focus"] = {"reference": f"CarePlan/{row.plan_id}"}
    return _placed(resource, row.id, row.version, row.updated_at, ehr_base)


def record_body(record: Record, ehr_base: str) -> dict[str, Any]:
    """One kept copy."""
    return _placed(record.resource, record.id, record.version, record.updated_at, ehr_base)


def patient_body(person: WorklistPerson, ehr_base: str) -> dict[str, Any]:
    """The little that the worklist knows of a person; of a protected identity the id and its labels alone."""
    labels = [
        {key: value for key, value in (("system", system), ("code", code)) if value is not None}
        for system, code in person.display.security
    ]
    display = person.display
    resource: dict[str, Any] = {"resourceType": "Patient", "id": person.reference.removeprefix("Patient/")}
    meta: dict[str, Any] = {"lastUpdated": _instant(person.updated_at), "source": f"{ehr_base}/{person.reference}"}
    resource["meta"] = {**meta, "security": labels} if labels else meta
    if person.protected:
        return resource
    system = _NUMBER_SYSTEMS.get(display.identifier_kind or "")
    if display.identifier and system:
        resource["identifier"] = [{"system": system, "value": display.identifier}]
    if display.name:
        resource["name"] = [{"text": display.name}]
    if display.sex:
        resource["gender"] = display.sex.value
    if display.birth_date:
        resource["birthDate"] = display.birth_date.isoformat()
    return resource


def _placed(resource: dict[str, Any], id_: str, version: int, updated_at: datetime, ehr_base: str) -> dict[str, Any]:
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": _instant(updated_at)}
    body = {"resourceType": resource["resourceType"], "id": id_, "meta": meta}
    body |= {key: value for key, value in resource.items() if key not in ("resourceType", "id", "meta")}
    placed: dict[str, Any] = _addressed(body, ehr_base)
    return placed


def _addressed(value: Any, ehr_base: str) -> Any:
    """References to what stands at the EHR become full addresses; ours, and those to patients, stay relative."""
    if isinstance(value, dict):
        return {
            key: _address(part, ehr_base)
            if key == "reference" and isinstance(part, str)
            else _addressed(part, ehr_base)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_addressed(part, ehr_base) for part in value]
    return value


def _address(reference: str, ehr_base: str) -> str:
    kind, slash, id_ = reference.partition("/")
    if not slash or not kind.isalpha() or kind == "Patient":
        return reference
    return reference if kind in WITH_IDS_OF_OURS and _is_uuid(id_) else f"{ehr_base}/{reference}"


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

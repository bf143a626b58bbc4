"""Keeping a copy of what is written to the EHR, in the same transaction that puts it into the outbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session, select

from smart_app.fhir_records.errors import NoIdentity
from smart_app.fhir_records.tables import RecordRow
from smart_app.sealing import Sealer, digest
from smart_app.store.owner import Owner

PURPOSE = "fhir-records"
COLUMN = "sealed_body"
URN = "urn:uuid:"


class Entry(Protocol):
    """What is read of a `fhir_mapping.write.assessment.WriteEntry`."""

    @property
    def full_url(self) -> str: ...
    @property
    def resource(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the copy stands; `changed` is False when it already said the same."""

    resource_type: str
    id: str
    version: int
    changed: bool


def keep(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    resource: Mapping[str, Any],
    patient_reference: str,
    now: datetime,
    *,
    id: str | None = None,
) -> Kept:
    """Store the resource as our API will answer it; a new version only when its content changed.

    Args:
        resource: FHIR JSON; references to other kept resources as "Type/<our id>".
        id: our id; default the resource's own id, else its identifier's value (ours are UUIDs).

    Raises:
        NoIdentity: none of the three is there.
    """
    kind = str(resource["resourceType"])
    known = id or _own_id(resource)
    if known is None:
        raise NoIdentity(kind)
    body = {**resource, "id": known}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    row = session.exec(
        select(RecordRow)
        .where(*owner.within_provider(RecordRow), RecordRow.resource_type == kind, RecordRow.resource_id == known)
        .with_for_update()
    ).one_or_none()
    if row is None:
        row = RecordRow(
            **owner.columns(),
            resource_type=kind,
            resource_id=known,
            patient_reference=patient_reference,
            digest="",
            sealed_body="",
            version=0,
            updated_at=now,
        )
        session.add(row)
    changed = row.digest != digest(text)
    if not changed and sealer.opened(PURPOSE, row.key, COLUMN, row.sealed_body) is None:  # its key is gone, this is it
        row.sealed_body = sealer.seal(PURPOSE, row.key, COLUMN, text.encode())
    if changed:
        row.sealed_body = sealer.seal(PURPOSE, row.key, COLUMN, text.encode())
        row.digest = digest(text)
        row.version += 1
        row.updated_at = now
        row.patient_reference = patient_reference
        row.care_unit = owner.care_unit
    session.flush()
    return Kept(kind, known, row.version, changed)


def keep_entries(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    entries: Iterable[Entry],
    patient_reference: str,
    now: datetime,
) -> tuple[Kept, ...]:
    """Keep the entries of one write under the UUIDs of their fullUrls, and make references to kept things relative.

    A Task is not kept: the worklist's row is the truth about it, and our API answers from there.
    """
    listed = tuple(entries)
    places = _kept_before(session, owner, patient_reference)
    places |= {entry.full_url: f"{entry.resource['resourceType']}/{_uuid(entry.full_url)}" for entry in listed}
    return tuple(
        keep(
            session,
            sealer,
            owner,
            relinked(entry.resource, places),
            patient_reference,
            now,
            id=_uuid(entry.full_url),
        )
        for entry in listed
        if entry.resource["resourceType"] != "Task"
    )


def _kept_before(session: Session, owner: Owner, patient_reference: str) -> dict[str, str]:
    """Where earlier writes about the patient stand, by fullUrl."""
    rows = session.exec(
        select(RecordRow.resource_type, RecordRow.resource_id).where(
            *owner.within_provider(RecordRow), RecordRow.patient_reference == patient_reference
        )
    )
    return {f"{URN}{id_}": f"{kind}/{id_}" for kind, id_ in rows}


def relinked(value: Any, places: Mapping[str, str]) -> Any:
    """A copy of FHIR JSON in which every `reference` found in `places` is replaced."""
    if isinstance(value, dict):
        return {
            key: places[part]
            if key == "reference" and isinstance(part, str) and part in places
            else relinked(part, places)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [relinked(part, places) for part in value]
    return value


def _uuid(full_url: str) -> str:
    return full_url.removeprefix(URN)


def _own_id(resource: Mapping[str, Any]) -> str | None:
    if isinstance(resource.get("id"), str):
        return str(resource["id"])
    identifiers = resource.get("identifier")
    for each in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(each, dict) and isinstance(each.get("value"), str):
            return str(each["value"])
    return None

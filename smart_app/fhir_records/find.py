"""Reading the copies back."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from smart_app.fhir_records.errors import NoSuchRecord
from smart_app.fhir_records.keep import COLUMN, PURPOSE
from smart_app.fhir_records.tables import RecordRow
from smart_app.sealing import CannotUnseal, Sealer
from smart_app.store.owner import Owner


@dataclass(frozen=True, slots=True)
class Record:
    """One copy, opened; `resource` carries its id but no version."""

    resource_type: str
    id: str
    version: int
    patient_reference: str
    resource: dict[str, Any]
    updated_at: datetime


class Found(NamedTuple):
    """One page of a search: what could be opened, how many match in all, how many of the page no key opens."""

    records: tuple[Record, ...]
    total: int
    closed: int


def find(session: Session, sealer: Sealer, owner: Owner, resource_type: str, resource_id: str) -> Record:
    """The unit's resource with that id. Raises NoSuchRecord, also for another unit's; CannotUnseal."""
    query = select(RecordRow).where(
        *owner.within_unit(RecordRow), RecordRow.resource_type == resource_type, RecordRow.resource_id == resource_id
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NoSuchRecord(resource_type, resource_id)
    return _opened(sealer, row)


def search(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    resource_type: str,
    *,
    ids: Collection[str] | None = None,
    patients: Collection[str] | None = None,
    offset: int = 0,
    count: int = 50,
) -> Found:
    """The unit's resources of one type, latest change first.

    Args:
        ids, patients: None = any; an empty collection matches nothing.
    """
    terms = [*owner.within_unit(RecordRow), RecordRow.resource_type == resource_type]
    if ids is not None:
        terms.append(col(RecordRow.resource_id).in_(ids))
    if patients is not None:
        terms.append(col(RecordRow.patient_reference).in_(patients))
    total = session.exec(select(func.count()).select_from(RecordRow).where(*terms)).one()
    rows = session.exec(
        select(RecordRow)
        .where(*terms)
        .order_by(col(RecordRow.updated_at).desc(), col(RecordRow.resource_id))
        .offset(offset)
        .limit(count)
    ).all()
    records = []
    for row in rows:
        with suppress(CannotUnseal):
            records.append(_opened(sealer, row))
    return Found(tuple(records), total, len(rows) - len(records))


def _opened(sealer: Sealer, row: RecordRow) -> Record:
    body = json.loads(sealer.unseal(PURPOSE, row.key, COLUMN, row.sealed_body))
    return Record(row.resource_type, row.resource_id, row.version, row.patient_reference, body, row.updated_at)

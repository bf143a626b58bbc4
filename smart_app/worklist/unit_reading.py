"""When a unit was last read, and which patients could not be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from risk.case import ScopeKind
from smart_app.sealing import CannotUnseal, Sealer
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner
from smart_app.worklist.tables import UnitReadingRow

PURPOSE = "unit-reading"
COLUMN = "sealed_failed"


@dataclass(frozen=True, slots=True)
class UnitReading:
    """One run over the unit.

    Attributes:
        failed: references of the patients that could not be read; None when no key opens them.
    """

    at: datetime
    scope: ScopeKind
    patients_read: int
    patients_failed: int
    failed: tuple[str, ...] | None


def note_reading(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    *,
    scope: ScopeKind,
    patients_read: int,
    failed: Sequence[str],
    now: datetime,
) -> UnitReading:
    """Keep that the unit was read, so that the list can say how fresh and how complete it is."""
    id_ = new_id()
    session.add(
        UnitReadingRow(
            id=id_,
            issuer=owner.issuer,
            care_provider=owner.care_provider,
            care_unit=owner.care_unit,
            at=now,
            scope=scope.value,
            patients_read=patients_read,
            patients_failed=len(failed),
            sealed_failed=sealer.seal(PURPOSE, id_, COLUMN, json.dumps(list(failed)).encode()),
        )
    )
    session.flush()
    return UnitReading(now, scope, patients_read, len(failed), tuple(failed))


def last_reading(session: Session, sealer: Sealer, owner: Owner) -> UnitReading | None:
    """The unit's latest reading; None when it was never read."""
    row = session.exec(
        select(UnitReadingRow)
        .where(*owner.within_unit(UnitReadingRow))
        .order_by(col(UnitReadingRow.at).desc(), col(UnitReadingRow.id))
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    try:
        failed = tuple(json.loads(sealer.unseal(PURPOSE, row.id, COLUMN, row.sealed_failed)))
    except CannotUnseal:
        failed = None
    return UnitReading(row.at, ScopeKind(row.scope), row.patients_read, row.patients_failed, failed)

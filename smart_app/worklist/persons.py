"""The persons behind the unit's tasks, as the worklist knows them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from smart_app.sealing import Sealer
from smart_app.store.owner import Owner
from smart_app.worklist.display import Display, shown_display
from smart_app.worklist.tables import TaskRow


@dataclass(frozen=True, slots=True)
class WorklistPerson:
    """One patient of the unit. `display` is opened also for protected identities; callers show it by `protected`."""

    reference: str
    display: Display
    protected: bool
    updated_at: datetime


def persons(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    *,
    references: Collection[str] | None = None,
    identifiers: Collection[str] | None = None,
) -> tuple[WorklistPerson, ...]:
    """The unit's patients by reference, as in their latest task.

    Args:
        references: "Patient/id"; None = any.
        identifiers: personal numbers of 12 digits; None = any. A protected identity is never found by its number.
    """
    query = select(TaskRow).where(*owner.within_unit(TaskRow))
    if references is not None:
        query = query.where(col(TaskRow.patient_reference).in_(references))
    latest: dict[str, TaskRow] = {}
    for row in session.exec(query.order_by(col(TaskRow.updated_at), col(TaskRow.id))):
        latest[row.patient_reference] = row
    found = (
        WorklistPerson(reference, shown_display(sealer, row), row.protected, row.updated_at)
        for reference, row in sorted(latest.items())
    )
    return tuple(
        person
        for person in found
        if identifiers is None or (not person.protected and person.display.identifier in identifiers)
    )

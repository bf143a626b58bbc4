"""One task by its id or case, for the caller's own unit only."""

from __future__ import annotations

from sqlmodel import Session, select

from smart_app.store.owner import Owner
from smart_app.worklist.errors import NoSuchTask
from smart_app.worklist.tables import ContactRow, TaskEventRow, TaskRow


def find(session: Session, owner: Owner, task_id: str, *, lock: bool = False) -> TaskRow:
    """The unit's task with that id. Raises NoSuchTask, also for another unit's.

    Args:
        lock: keep others from changing it until the transaction ends.
    """
    query = select(TaskRow).where(*owner.within_unit(TaskRow), TaskRow.id == task_id)
    row = session.exec(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NoSuchTask(task_id)
    return row


def find_case(session: Session, owner: Owner, case_id: str) -> TaskRow | None:
    """The care provider's task of one case; None when the case is not in the worklist."""
    return session.exec(
        select(TaskRow).where(*owner.within_provider(TaskRow), TaskRow.case_id == case_id)
    ).one_or_none()


def contacts_of(session: Session, owner: Owner, task_id: str) -> tuple[ContactRow, ...]:
    """What was done in one of the unit's tasks, latest first; also by the unit that had the task before.

    Raises:
        NoSuchTask: none with that id in the unit.
    """
    find(session, owner, task_id)
    found = session.exec(
        select(ContactRow)
        .where(*owner.within_provider(ContactRow), ContactRow.task_id == task_id)
        .order_by(ContactRow.performed_on.desc(), ContactRow.at.desc(), ContactRow.id)  # type: ignore[attr-defined]
    )
    return tuple(found)


def contact_codes(session: Session, owner: Owner, case_id: str) -> frozenset[str]:
    """KVÅ codes of what was registered in a case, by any unit of the care provider."""
    terms = (*owner.within_provider(ContactRow), ContactRow.case_id == case_id)
    return frozenset(session.exec(select(ContactRow.kva).where(*terms)))


def events_of(session: Session, owner: Owner, task_id: str) -> tuple[TaskEventRow, ...]:
    """Who moved or took over one of the unit's tasks, latest first; also in the unit that had it before.

    Raises:
        NoSuchTask: none with that id in the unit.
    """
    find(session, owner, task_id)
    found = session.exec(
        select(TaskEventRow)
        .where(*owner.within_provider(TaskEventRow), TaskEventRow.task_id == task_id)
        .order_by(TaskEventRow.version.desc())  # type: ignore[attr-defined]
    )
    return tuple(found)

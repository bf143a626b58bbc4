"""Counts over the whole database for operations: no unit, patient or user in them."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, select

from smart_app.worklist.tables import TaskRow


def tasks_by_status(session: Session) -> dict[str, int]:
    """How many tasks stand in each Task.status."""
    found = session.exec(select(TaskRow.status, func.count()).group_by(TaskRow.status))
    return {status: int(number) for status, number in found}

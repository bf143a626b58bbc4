"""Row locks of the case register; SQLite needs none, since its transactions begin IMMEDIATE."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, select

from smart_app.case_register.errors import NoSuchCase
from smart_app.case_register.tables import CaseRow
from smart_app.store.owner import Owner


def lock_patient(session: Session, owner: Owner, patient_reference: str) -> None:
    """Wait until no other transaction works on this patient's cases; held until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        key = f"{owner.issuer}\x1f{owner.care_provider}\x1f{patient_reference}"
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def lock_case(session: Session, owner: Owner, case_id: str) -> CaseRow:
    """The case's row, locked until the transaction ends.

    Raises:
        NoSuchCase: not known to this issuer and care provider.
    """
    wanted = select(CaseRow).where(*owner.within_provider(CaseRow), CaseRow.id == case_id).with_for_update()
    row = session.exec(wanted).one_or_none()
    if row is None:
        raise NoSuchCase(case_id)
    return row

"""Giving cases their ids, and following an ended id to the case that answers for it now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from risk.case import CaseSpan
from risk.case_history import CaseEvent, CaseRecord, CaseRegister, EventKind, reconcile
from smart_app.case_register.errors import NoSuchCase
from smart_app.case_register.lock import lock_patient
from smart_app.case_register.tables import CLOSED, FORWARDED, OPEN, CaseCertificateRow, CaseEventRow, CaseRow
from smart_app.clock import stockholm_day
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner


@dataclass(frozen=True, slots=True)
class Registered:
    """What registering came to.

    Attributes:
        ids: one case id per span, in the order of the spans.
        events: what changed; empty when nothing did.
    """

    ids: tuple[str, ...]
    events: tuple[CaseEvent, ...]

    @property
    def ended(self) -> tuple[str, ...]:
        """Ids whose plan and task must be closed: merged into another case, or without any certificate left."""
        return tuple(
            event.source
            for event in self.events
            if event.source is not None and event.kind in (EventKind.MERGED, EventKind.CLOSED)
        )


def register_cases(
    session: Session,
    owner: Owner,
    patient_reference: str,
    spans: Sequence[CaseSpan],
    now: datetime,
    *,
    cause: str | None = None,
) -> Registered:
    """Bring the patient's case ids in line with the cases that the certificates make now.

    Args:
        session: inside `store.transaction()`.
        owner: issuer and care provider of the register; the unit is kept with ids that are new.
        patient_reference: "Patient/<id>" at the issuer.
        spans: ALL cases of the patient, from `risk.certificates_to_cases.cases`, always with the same scope: a
            certificate that a narrower scope leaves out would look revoked.
        now: instant of the events.
        cause: the certificate that was read or changed, when the caller knows.
    """
    lock_patient(session, owner, patient_reference)
    rows = _rows(session, owner, patient_reference)
    known = _known(session, owner, patient_reference, rows)
    result = reconcile(known, spans, new_id, cause=cause)
    ids = tuple(result.register.case_of(span) for span in spans)
    changed = [record for record in result.register.records if record not in known.records]
    _keep(session, owner, patient_reference, rows, changed, dict(zip(ids, spans, strict=True)), now)
    for event in result.events:
        session.add(_event_row(owner, patient_reference, event, now))
    session.flush()
    return Registered(ids, result.events)


def resolve(session: Session, owner: Owner, case_id: str) -> str | None:
    """The live case that an id leads to; None when its case is closed.

    Raises:
        NoSuchCase: never given to this issuer and care provider.
    """
    row = session.exec(select(CaseRow).where(*owner.within_provider(CaseRow), CaseRow.id == case_id)).one_or_none()
    if row is None:
        raise NoSuchCase(case_id)
    while row.forwarded_to is not None:
        row = session.get_one(CaseRow, row.forwarded_to)
    return None if row.state == CLOSED else row.id


def case_holding(session: Session, owner: Owner, patient_reference: str, certificates: Collection[str]) -> str | None:
    """The live case that holds one of the certificates; None when none does (yet)."""
    rows = session.exec(
        select(CaseCertificateRow).where(
            *owner.within_provider(CaseCertificateRow),
            CaseCertificateRow.patient_reference == patient_reference,
            col(CaseCertificateRow.live).is_(True),
        )
    )
    return next((row.case_id for row in rows if row.certificate_id in certificates), None)


def events_of(session: Session, owner: Owner, patient_reference: str) -> tuple[CaseEventRow, ...]:
    """Every recorded change of the patient's case ids, oldest first."""
    found = session.exec(
        select(CaseEventRow)
        .where(*owner.within_provider(CaseEventRow), CaseEventRow.patient_reference == patient_reference)
        .order_by(col(CaseEventRow.id))
    )
    return tuple(found)


def _rows(session: Session, owner: Owner, patient_reference: str) -> list[CaseRow]:
    found = session.exec(
        select(CaseRow)
        .where(*owner.within_provider(CaseRow), CaseRow.patient_reference == patient_reference)
        .order_by(col(CaseRow.number))
    )
    return list(found)


def _known(session: Session, owner: Owner, patient_reference: str, rows: Sequence[CaseRow]) -> CaseRegister:
    held: dict[str, set[str]] = {row.id: set() for row in rows}
    for certificate in session.exec(
        select(CaseCertificateRow).where(
            *owner.within_provider(CaseCertificateRow), CaseCertificateRow.patient_reference == patient_reference
        )
    ):
        held[certificate.case_id].add(certificate.certificate_id)
    return CaseRegister(
        tuple(
            CaseRecord(row.id, frozenset(held[row.id]), forward=row.forwarded_to, closed=row.state == CLOSED)
            for row in rows
        )
    )


def _keep(
    session: Session,
    owner: Owner,
    patient_reference: str,
    rows: Sequence[CaseRow],
    changed: Sequence[CaseRecord],
    spans: Mapping[str, CaseSpan],
    now: datetime,
) -> None:
    by_id = {row.id: row for row in rows}
    if changed:
        ids = [record.case_id for record in changed]
        session.exec(delete(CaseCertificateRow).where(col(CaseCertificateRow.case_id).in_(ids)))
    for record in changed:
        if record.case_id not in by_id:
            by_id[record.case_id] = CaseRow(
                **owner.columns(),
                id=record.case_id,
                patient_reference=patient_reference,
                number=len(by_id) + 1,
                since=spans[record.case_id].since,
                until=spans[record.case_id].until,
                opened_at=now,
                read_on=None,
            )
            session.add(by_id[record.case_id])
            session.flush()  # before any row forwards to it
    for record in changed:
        row = by_id[record.case_id]
        row.state = OPEN if record.live else CLOSED if record.closed else FORWARDED
        row.forwarded_to = record.forward
        session.add_all(_certificate_rows(owner, patient_reference, record))
    for case_id, span in spans.items():
        by_id[case_id].since, by_id[case_id].until = span.since, span.until
        by_id[case_id].read_on = stockholm_day(now)
    session.add_all(by_id.values())


def _certificate_rows(owner: Owner, patient_reference: str, record: CaseRecord) -> list[CaseCertificateRow]:
    return [
        CaseCertificateRow(
            **owner.columns(),
            case_id=record.case_id,
            certificate_id=certificate_id,
            patient_reference=patient_reference,
            live=record.live,
        )
        for certificate_id in sorted(record.certificates)
    ]


def _event_row(owner: Owner, patient_reference: str, event: CaseEvent, now: datetime) -> CaseEventRow:
    return CaseEventRow(
        id=None,
        **owner.columns(),
        patient_reference=patient_reference,
        kind=event.kind.value,
        source=event.source,
        target=event.target,
        cause=event.cause,
        at=now,
    )

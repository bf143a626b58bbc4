"""What has been written, and in which version we know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from smart_app.outbox.tables import OutboxRow, WrittenRow
from smart_app.store.owner import Owner


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one thing of ours stands at the EHR.

    Attributes:
        identity: "system|value" of its identifier or tag.
        type, id: its reference there.
        version_id: None when the EHR keeps no versions, or did not say.
        status: the resource's status; None when it has none.
        outbox_id: the outbox entry whose content was written last.
    """

    identity: str
    full_url: str
    kind: str
    type: str
    id: str
    version_id: str | None
    status: str | None
    outbox_id: int

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"


def standings(
    session: Session, owner: Owner, *, identities: Iterable[str] = (), full_urls: Iterable[str] = ()
) -> tuple[Standing, ...]:
    """What we know of these, by identity or by urn; what was never written is left out."""
    wanted = col(WrittenRow.identity).in_(list(identities)) | col(WrittenRow.full_url).in_(list(full_urls))
    found = session.exec(select(WrittenRow).where(*owner.within_provider(WrittenRow), wanted))
    return tuple(_standing(row) for row in found)


def written_of_case(session: Session, owner: Owner, case_id: str) -> tuple[Standing, ...]:
    """Everything that was written for one case, in the order in which it was first written."""
    found = session.exec(
        select(WrittenRow)
        .where(*owner.within_provider(WrittenRow), WrittenRow.case_id == case_id)
        .order_by(col(WrittenRow.id))
    )
    return tuple(_standing(row) for row in found)


def keep_standings(session: Session, row: OutboxRow, written: Iterable[Standing], now: datetime) -> None:
    """Keep where the entries of one delivered outbox row stand now."""
    owner = Owner(row.issuer, row.care_provider, row.care_unit)
    by_identity = {one.identity: one for one in written}
    rows = session.exec(
        select(WrittenRow).where(*owner.within_provider(WrittenRow), col(WrittenRow.identity).in_(list(by_identity)))
    )
    before = {known.identity: known for known in rows}
    for identity, one in by_identity.items():
        known = before.get(identity)
        if known is None:
            known = WrittenRow(
                id=None,
                issuer=owner.issuer,
                care_provider=owner.care_provider,
                care_unit=owner.care_unit,
                identity=one.identity,
                full_url=one.full_url,
                kind=one.kind,
                case_id=row.case_id,
                patient_reference=row.patient_reference,
                outbox_id=one.outbox_id,
                ehr_type=one.type,
                ehr_id=one.id,
                written_at=now,
            )
        known.ehr_type, known.ehr_id = one.type, one.id
        known.version_id, known.status = one.version_id, one.status
        known.outbox_id, known.written_at = one.outbox_id, now
        session.add(known)


def _standing(row: WrittenRow) -> Standing:
    return Standing(
        identity=row.identity,
        full_url=row.full_url,
        kind=row.kind,
        type=row.ehr_type,
        id=row.ehr_id,
        version_id=row.version_id,
        status=row.status,
        outbox_id=row.outbox_id,
    )

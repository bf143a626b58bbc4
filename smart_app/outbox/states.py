"""What became of the writes of one case, for pages: waiting, written or refused, per kind of resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from smart_app.outbox.tables import DELIVERED, KEPT, PARKED, OutboxRow
from smart_app.outbox.written import Standing, written_of_case
from smart_app.store.owner import Owner

Said = Literal["waiting", "written", "refused", "kept"]
_SAID: dict[str, Said] = {DELIVERED: "written", PARKED: "refused", KEPT: "kept"}


@dataclass(frozen=True, slots=True)
class WriteState:
    """Where one kind of resource of one outbox entry stands.

    Attributes:
        kind: "assessment", "plan", "task", "procedure", "provenance", "answers".
        at: when it was written, else when something last happened to it.
        next_try: when it will be tried again; None unless waiting.
        fault: code of what stopped it (`faults.in_words` says it in words); None when nothing did.
        outbox_id: what to retry or to download.
        reference: "Type/id" at the EHR; None until written, and for what was written inside a document.
            In another state than "written": this stands there, and the rest of the same write does not.
        step: how it was brought there, or was tried to: "transaction", "put", "document", "export"; None before that.
        step_why: what held the better steps back: "profile", "capability", "scopes", "refused"; None before that.
    """

    kind: str
    state: Said
    at: datetime
    next_try: datetime | None
    fault: str | None
    outbox_id: int
    reference: str | None
    step: str | None = None
    step_why: str | None = None


def states(session: Session, owner: Owner, case_id: str) -> tuple[WriteState, ...]:
    """What became of the case's writes: per kind the newest, and besides everything that was refused; newest first."""
    rows = session.exec(
        select(OutboxRow)
        .where(*owner.within_provider(OutboxRow), OutboxRow.case_id == case_id)
        .order_by(col(OutboxRow.id).desc())
    )
    by_delivery = _by_delivery(written_of_case(session, owner, case_id))
    seen: set[str] = set()
    found: list[WriteState] = []
    for row in rows:
        for kind in dict.fromkeys(row.kinds.split(",")):
            if kind not in seen or row.state in (PARKED, KEPT):
                found.append(_state(row, kind, by_delivery))
            seen.add(kind)
    return tuple(found)


def _by_delivery(written: Iterable[Standing]) -> dict[tuple[int, str], str]:
    return {(one.outbox_id, one.kind): one.reference for one in written}


def _state(row: OutboxRow, kind: str, by_delivery: dict[tuple[int, str], str]) -> WriteState:
    if row.id is None:
        raise ValueError("the row was never flushed")
    said = _SAID.get(row.state, "waiting")
    return WriteState(
        kind=kind,
        state=said,
        at=row.delivered_at or row.updated_at,
        next_try=row.not_before if said == "waiting" else None,
        fault=row.fault,
        outbox_id=row.id,
        reference=by_delivery.get((row.id, kind)),
        step=row.step,
        step_why=row.step_why,
    )

"""Whether the audit log is whole."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from smart_app.audit.chain import row_hash
from smart_app.audit.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome.

    Attributes:
        rows: how many were checked.
        head: hash of the last row; None in an empty log. Kept elsewhere, it later shows whether the end was cut off.
        broken_at: id of the first row that does not fit; None = whole, or cut off.
        reason: "changed", "removed", "reordered" or "cut-off"; None = whole.
    """

    rows: int
    head: str | None
    broken_at: int | None = None
    reason: str | None = None

    @property
    def whole(self) -> bool:
        return self.reason is None


def verify(session: Session, *, known: str | None = None) -> Verified:
    """Follow the chain from the first row to the last.

    Args:
        known: the head of an earlier time, kept elsewhere. A log that was cut off, or made anew from the beginning, is
            whole in itself and no longer has that row.

    Only counts, ids and hashes come back, nobody's data, so it covers the whole database. The first row that is left
    may follow purged ones; its `previous` is taken as given.
    """
    count, before, met = 0, None, known is None
    for row in session.exec(select(AuditRow).order_by(col(AuditRow.id)).execution_options(yield_per=500)):
        count += 1
        if row.hash != row_hash(row):
            return Verified(count, before.hash if before else None, row.id, "changed")
        if before is not None and row.id != before.id + 1:
            return Verified(count, before.hash, row.id, "removed")
        if before is not None and row.previous != before.hash:
            return Verified(count, before.hash, row.id, "reordered")
        met = met or row.hash == known
        before = row
    return Verified(count, before.hash if before else None, reason=None if met else "cut-off")

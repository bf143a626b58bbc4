"""Writing down what an attempt came to, if the lease is still ours."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from smart_app.outbox.claim import Claimed
from smart_app.outbox.faults import Fault
from smart_app.outbox.ladder import Chosen
from smart_app.outbox.outcome import Done, Kept, Later, Outcome
from smart_app.outbox.tables import DELIVERED, KEPT, LEASED, PARKED, WAITING, OutboxRow, PauseRow
from smart_app.outbox.written import Standing, keep_standings
from smart_app.store.database import Store

MOST_ATTEMPTS = 10
"""For faults that more attempts seldom cure; an EHR that is away or busy is waited for."""
WAIT_AT_MOST = timedelta(days=14)
FIRST_WAIT_S = 2
LONGEST_WAIT_S = 15 * 60
LONGEST_PAUSE_S = 60 * 60
LONGEST_UNASKED_PAUSE = timedelta(seconds=60)


def wait_s(attempts: int) -> int:
    """Seconds to wait after that many attempts: doubling, up to a quarter of an hour.

    >>> [wait_s(n) for n in (1, 2, 5, 12)]
    [2, 4, 32, 900]
    """
    return int(min(FIRST_WAIT_S * 2 ** min(attempts - 1, 20), LONGEST_WAIT_S))


def settle(
    session: Session,
    claimed: Claimed,
    outcome: Outcome,
    *,
    in_doubt: bool,
    now: datetime,
    chosen: Chosen | None = None,
    halfway: Sequence[Standing] = (),
) -> str | None:
    """Write down what an attempt came to, by which step of the ladder, and what stands there though the rest does not.

    Returns:
        The row's new state; None when the lease had passed to another worker, which will find out for itself.
    """
    row = session.exec(
        select(OutboxRow)
        .where(
            OutboxRow.id == claimed.id,
            OutboxRow.state == LEASED,
            OutboxRow.lease_owner == claimed.worker,
            OutboxRow.attempts == claimed.attempts,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    row.lease_owner = row.lease_until = None
    row.in_doubt, row.updated_at = in_doubt, now
    if chosen is not None:
        row.step, row.step_why = chosen.step, chosen.why
    if isinstance(outcome, Done):
        row.state, row.delivered_at, row.payload, row.digest = DELIVERED, now, None, None
        row.fault = row.fault_status = None
        keep_standings(session, row, outcome.written, now)
    else:
        row.fault, row.fault_status = outcome.fault.value, outcome.status
        keep_standings(session, row, halfway, now)
        if isinstance(outcome, Later):
            _put_back(row, outcome, now)
        else:
            row.state = KEPT if isinstance(outcome, Kept) else PARKED
    session.add(row)
    return row.state


def _put_back(row: OutboxRow, later: Later, now: datetime) -> None:
    if (later.limited and row.attempts >= MOST_ATTEMPTS) or now - row.created_at > WAIT_AT_MOST:
        row.state = PARKED
        row.fault = later.fault.value if later.limited else Fault.GAVE_UP.value
        return
    row.state, row.not_before = WAITING, now + _wait(later, row.attempts)


def _wait(later: Later, attempts: int) -> timedelta:
    wait = later.after_s or wait_s(attempts)  # "now", or a time that has passed, is no answer to how long
    return timedelta(seconds=min(max(wait, 1), LONGEST_PAUSE_S))


def pause(store: Store, issuer: str, later: Later, *, attempts: int, now: datetime) -> None:
    """Leave an EHR alone for as long as it asked, or for a moment when it is away; all workers keep to it."""
    wait = _wait(later, attempts)
    until = now + (wait if later.after_s else min(wait, LONGEST_UNASKED_PAUSE))
    with suppress(IntegrityError), store.transaction() as session:  # another worker was first: its pause holds
        found = session.exec(select(PauseRow).where(PauseRow.issuer == issuer).with_for_update()).one_or_none()
        if found is None:
            found = PauseRow(issuer=issuer, until=until)
        found.until = max(found.until, until)
        session.add(found)

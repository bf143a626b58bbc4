"""Delivering what is due: claim, attempt, settle; database work before and after, never across the EHR's answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from fhir_mapping.write.entry import WriteEntry
from smart_app.clock import Clock
from smart_app.outbox.attempt import Attempt
from smart_app.outbox.claim import Claimed, claim
from smart_app.outbox.ehr_port import Clients
from smart_app.outbox.errors import PayloadErased
from smart_app.outbox.faults import Fault
from smart_app.outbox.outcome import Done, Later, Outcome, outcome_of
from smart_app.outbox.payload import COLUMN, PURPOSE, identity_of, unpack
from smart_app.outbox.references import urns_in
from smart_app.outbox.settle import pause, settle
from smart_app.outbox.tables import DELIVERED, PARKED, WAITING
from smart_app.outbox.written import Standing, standings
from smart_app.sealing import Sealer
from smart_app.store.database import Store

ATTEMPT_S = 90.0
"""Shorter than the lease, so that an attempt has ended before another worker may take over."""
AT_ONCE = 4

_log = structlog.get_logger("outbox")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many entries came to what. `passed` = the lease went to another worker, which finds out for itself."""

    delivered: int = 0
    waiting: int = 0
    parked: int = 0
    passed: int = 0

    @property
    def taken(self) -> int:
        return self.delivered + self.waiting + self.parked + self.passed

    def plus(self, other: Delivery) -> Delivery:
        """Both together."""
        return Delivery(
            self.delivered + other.delivered,
            self.waiting + other.waiting,
            self.parked + other.parked,
            self.passed + other.passed,
        )


async def deliver_due(
    store: Store,
    sealer: Sealer,
    clients: Clients,
    clock: Clock,
    *,
    worker: str,
    limit: int = 100,
    at_once: int = AT_ONCE,
) -> Delivery:
    """Deliver entries that are due, until none is or `limit` is reached; any number of workers may do so at a time.

    Args:
        worker: a name that no other running worker has.
        limit: most attempts in this call.
        at_once: attempts under way at the same time; within a case always one after the other.
    """
    came_to: Counter[str] = Counter()
    left = limit

    async def lane() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            state = await deliver_next(store, sealer, clients, clock, worker=worker)
            if state is None:
                return
            came_to[state] += 1

    async with asyncio.TaskGroup() as lanes:
        for _ in range(max(1, min(at_once, limit))):
            lanes.create_task(lane())
    return Delivery(
        delivered=came_to[DELIVERED],
        waiting=came_to[WAITING],
        parked=came_to[PARKED],
        passed=came_to["passed"],
    )


async def deliver_next(store: Store, sealer: Sealer, clients: Clients, clock: Clock, *, worker: str) -> str | None:
    """One attempt at the next entry that is due.

    Returns:
        The entry's state afterwards ("delivered", "waiting", "parked"), "passed" when the lease was lost, None when
        nothing was due.
    """
    claimed = await asyncio.to_thread(claim, store, worker=worker, now=clock.now())
    if claimed is None:
        return None
    outcome, in_doubt = await _attempt(store, sealer, clients, claimed)
    state = await asyncio.to_thread(_settle, store, claimed, outcome, in_doubt, clock)
    _log.info(
        "outbox.attempt",
        outbox_id=claimed.id,
        issuer=claimed.owner.issuer,
        attempts=claimed.attempts,
        state=state or "passed",
        fault=None if isinstance(outcome, Done) else outcome.fault.value,
        status=None if isinstance(outcome, Done) else outcome.status,
    )
    return state or "passed"


async def _attempt(store: Store, sealer: Sealer, clients: Clients, claimed: Claimed) -> tuple[Outcome, bool]:
    """What the attempt came to, and whether something may have been sent without a whole answer."""
    attempt: Attempt | None = None
    try:
        entries, known = await asyncio.to_thread(_open, store, sealer, claimed)
        client = await clients.for_issuer(claimed.owner.issuer, claimed.launch_id)
        attempt = Attempt(client, claimed.id, dict(known), claimed.in_doubt)
        async with asyncio.timeout(ATTEMPT_S):
            written = await attempt.bring(entries)
        return Done(written), False
    except Exception as fault:
        outcome = outcome_of(fault)
        if outcome.fault is Fault.INTERNAL:
            # its text may hold what it was working on: only the name is logged
            _log.error("outbox.unforeseen", outbox_id=claimed.id, fault=type(fault).__name__)
        return outcome, claimed.in_doubt if attempt is None else attempt.in_doubt


def _open(store: Store, sealer: Sealer, claimed: Claimed) -> tuple[Sequence[WriteEntry], Mapping[str, Standing]]:
    if claimed.payload is None:
        raise PayloadErased(claimed.id)
    entries = unpack(sealer.unseal(PURPOSE, str(claimed.id), COLUMN, claimed.payload))
    urns = {urn for entry in entries for urn in urns_in(entry.resource)}
    with store.reading() as session:
        known = standings(session, claimed.owner, identities=map(identity_of, entries), full_urls=urns)
    return entries, {one.identity: one for one in known}


def _settle(store: Store, claimed: Claimed, outcome: Outcome, in_doubt: bool, clock: Clock) -> str | None:
    now = clock.now()
    with store.transaction() as session:
        state = settle(session, claimed, outcome, in_doubt=in_doubt, now=now)
    if isinstance(outcome, Later) and outcome.pause:
        pause(store, claimed.owner.issuer, outcome, attempts=claimed.attempts, now=now)
    return state

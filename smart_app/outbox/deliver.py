"""Delivering what is due: claim, attempt, settle; database work before and after, never across the EHR's answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from fhir_mapping.write.entry import WriteEntry
from smart_app.clock import Clock
from smart_app.ehr.errors import NoToken
from smart_app.outbox.abilities import KnownAbilities
from smart_app.outbox.attempt import Attempt
from smart_app.outbox.claim import Claimed, claim
from smart_app.outbox.ehr_port import Clients, EhrWriter
from smart_app.outbox.errors import PayloadErased
from smart_app.outbox.faults import Fault
from smart_app.outbox.ladder import Chosen, NotTaken
from smart_app.outbox.outcome import Done, Later, Outcome, outcome_of
from smart_app.outbox.payload import COLUMN, PURPOSE, identity_of, unpack
from smart_app.outbox.references import urns_in
from smart_app.outbox.settle import pause, settle
from smart_app.outbox.step_down import bring, keep_not_taken, not_taken_by
from smart_app.outbox.tables import DELIVERED, KEPT, PARKED, WAITING
from smart_app.outbox.written import Standing, standings
from smart_app.sealing import Sealer
from smart_app.store.database import Store

ATTEMPT_S = 90.0
"""Shorter than the lease, so that an attempt has ended before another worker may take over."""
AT_ONCE = 4

_log = structlog.get_logger("outbox")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many entries came to what.

    `passed` = the lease went to another worker, which finds out for itself; `kept` = only for download.
    """

    delivered: int = 0
    waiting: int = 0
    parked: int = 0
    passed: int = 0
    kept: int = 0

    @property
    def taken(self) -> int:
        return self.delivered + self.waiting + self.parked + self.passed + self.kept

    def plus(self, other: Delivery) -> Delivery:
        """Both together."""
        return Delivery(
            self.delivered + other.delivered,
            self.waiting + other.waiting,
            self.parked + other.parked,
            self.passed + other.passed,
            self.kept + other.kept,
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
    abilities: KnownAbilities | None = None,
) -> Delivery:
    """Deliver entries that are due, until none is or `limit` is reached; any number of workers may do so at a time.

    Args:
        worker: a name that no other running worker has.
        limit: most attempts in this call.
        abilities: what is known of the EHRs; without it each is asked anew.
        at_once: attempts under way at the same time; within a case always one after the other.
    """
    came_to: Counter[str] = Counter()
    left = limit
    abilities = abilities or KnownAbilities(clock)
    taking = asyncio.Lock()  # lanes that look at once would all reach for the same entry

    async def lane() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with taking:
                claimed = await asyncio.to_thread(claim, store, worker=worker, now=clock.now())
            if claimed is None:
                return
            came_to[await _deliver(store, sealer, clients, clock, claimed, abilities)] += 1

    async with asyncio.TaskGroup() as lanes:
        for _ in range(max(1, min(at_once, limit))):
            lanes.create_task(lane())
    return Delivery(
        delivered=came_to[DELIVERED],
        waiting=came_to[WAITING],
        parked=came_to[PARKED],
        passed=came_to["passed"],
        kept=came_to[KEPT],
    )


async def _deliver(
    store: Store, sealer: Sealer, clients: Clients, clock: Clock, claimed: Claimed, abilities: KnownAbilities
) -> str:
    """One attempt at a claimed entry; its state afterwards, or "passed" when the lease was lost."""
    tried = await _attempt(store, sealer, clients, claimed, abilities, clock)
    outcome = tried.outcome
    state = await asyncio.to_thread(_settle, store, claimed, tried, clock)
    _log.info(
        "outbox.attempt",
        outbox_id=claimed.id,
        issuer=claimed.owner.issuer,
        attempts=claimed.attempts,
        state=state or "passed",
        step=tried.chosen.step if tried.chosen else None,
        fault=None if isinstance(outcome, Done) else outcome.fault.value,
        status=None if isinstance(outcome, Done) else outcome.status,
    )
    return state or "passed"


@dataclass(frozen=True, slots=True)
class _Tried:
    """What an attempt came to, whether something may stand there that we did not note, and the step it took.

    `learned` = steps that the EHR refused before it; `halfway` = what stands there though the write failed.
    """

    outcome: Outcome
    in_doubt: bool
    chosen: Chosen | None
    learned: tuple[NotTaken, ...] = ()
    halfway: tuple[Standing, ...] = ()


async def _attempt(
    store: Store, sealer: Sealer, clients: Clients, claimed: Claimed, abilities: KnownAbilities, clock: Clock
) -> _Tried:
    attempt: Attempt | None = None
    try:
        entries, known, not_taken = await asyncio.to_thread(_open, store, sealer, claimed, clock)
        client = await clients.for_issuer(claimed.owner.issuer, claimed.launch_id)
        attempt = Attempt(
            client,
            claimed.id,
            claimed.patient_reference,
            claimed.created_at,
            abilities,
            dict(known),
            claimed.in_doubt,
        )
        async with asyncio.timeout(ATTEMPT_S):
            try:
                brought = await bring(attempt, entries, not_taken)
            except NoToken as ended:
                attempt.client = await _in_the_background(clients, claimed, ended)
                brought = await bring(attempt, entries, not_taken)
        return _Tried(Done(brought.written), in_doubt=False, chosen=attempt.chosen, learned=brought.learned)
    except Exception as fault:
        outcome = outcome_of(fault)
        if outcome.fault is Fault.INTERNAL:
            # its text may hold what it was working on: only the name is logged
            _log.error("outbox.unforeseen", outbox_id=claimed.id, fault=type(fault).__name__)
        if attempt is None:
            return _Tried(outcome, claimed.in_doubt, None)
        return _Tried(outcome, attempt.in_doubt, attempt.chosen, halfway=attempt.put_now)


async def _in_the_background(clients: Clients, claimed: Claimed, ended: NoToken) -> EhrWriter:
    """The background's client, as the login of the launch ended at the EHR before its time; else `ended` is raised."""
    if claimed.launch_id is None or ended.why == "another-patient":
        raise ended
    try:
        return await clients.for_issuer(claimed.owner.issuer, None)
    except NoToken:
        raise ended from None


def _open(
    store: Store, sealer: Sealer, claimed: Claimed, clock: Clock
) -> tuple[Sequence[WriteEntry], Mapping[str, Standing], Sequence[NotTaken]]:
    if claimed.payload is None:
        raise PayloadErased(claimed.id)
    entries = unpack(sealer.unseal(PURPOSE, str(claimed.id), COLUMN, claimed.payload))
    urns = {urn for entry in entries for urn in urns_in(entry.resource)}
    with store.reading() as session:
        known = standings(session, claimed.owner, identities=map(identity_of, entries), full_urls=urns)
        not_taken = not_taken_by(session, claimed.owner.issuer, clock.now())
    return entries, {one.identity: one for one in known}, not_taken


def _settle(store: Store, claimed: Claimed, tried: _Tried, clock: Clock) -> str | None:
    now, outcome = clock.now(), tried.outcome
    with store.transaction() as session:
        state = settle(
            session,
            claimed,
            outcome,
            in_doubt=tried.in_doubt,
            now=now,
            chosen=tried.chosen,
            halfway=tried.halfway,
        )
    if isinstance(outcome, Later) and outcome.pause:
        pause(store, claimed.owner.issuer, outcome, attempts=claimed.attempts, now=now)
    keep_not_taken(store, claimed.owner.issuer, tried.learned, now)
    return state

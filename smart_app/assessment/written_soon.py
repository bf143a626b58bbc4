"""Waiting a moment for what was just saved, so that the page that follows can say that it stands in the record."""

from __future__ import annotations

import asyncio
import time

from starlette.concurrency import run_in_threadpool

from smart_app.assessment.given import Given
from smart_app.outbox.states import WriteState, states
from smart_app.store.owner import Owner

WITHIN_S = 2.5  # a worker that is a process of its own looks every two seconds
EVERY_S = 0.1


async def written_soon(services: Given, owner: Owner, case_id: str, *, within_s: float = WITHIN_S) -> bool:
    """Whether everything of the case is written before `within_s` has passed.

    Ends at once when something was refused or a first attempt failed: waiting longer would tell the user nothing.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = await run_in_threadpool(_states, services, owner, case_id)
        open_ones = [one for one in found if one.state != "written"]
        if not open_ones:
            return True
        if time.monotonic() > deadline or any(one.fault or one.state != "waiting" for one in open_ones):
            return False
        await asyncio.sleep(EVERY_S)


def _states(services: Given, owner: Owner, case_id: str) -> tuple[WriteState, ...]:
    with services.store.reading() as session:
        return states(session, owner, case_id)

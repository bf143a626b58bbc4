"""The loop that delivers: inside the service with SQLite and in the demo, else `sickleave outbox run`."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

import structlog

from smart_app.clock import Clock
from smart_app.outbox.abilities import KnownAbilities
from smart_app.outbox.deliver import Delivery, deliver_due
from smart_app.outbox.ehr_port import Clients
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.database import Store

EVERY_S = 2.0
BATCH = 20
_log = structlog.get_logger("outbox")


def worker_name() -> str:
    """A name for one running worker that no other has: host, process and something random."""
    return f"{socket.gethostname()[:60]}/{os.getpid()}/{new_id()}"


class OutboxWorker:
    """Delivers what is due, when woken and every few seconds, until stopped.

    Attributes:
        name: stands in the leases.
        every_s: seconds between looks when nobody wakes it.
    """

    def __init__(
        self, store: Store, sealer: Sealer, clients: Clients, clock: Clock, *, every_s: float = EVERY_S
    ) -> None:
        self.name = worker_name()
        self.every_s = every_s
        self._store, self._sealer, self._clients, self._clock = store, sealer, clients, clock
        self._abilities = KnownAbilities(clock)
        self._stopping = False
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        if self._task is None:
            self._stopping, self._woken = False, asyncio.Event()
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._run(), name="outbox")

    def wake(self) -> None:
        """Look now: something was put in and committed. From any thread; does nothing while not started."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self, *, within_s: float = 10.0) -> None:
        """End after the deliveries under way; what does not end in time is taken up again when its lease runs out."""
        self._stopping = True
        self._woken.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=within_s)
        if not done:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._task = self._loop = None

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            await self.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self.every_s)

    async def drain(self) -> Delivery | None:
        """Deliver everything that is due now, or a part of it when stopped; None when the database gave no answer."""
        total = Delivery()
        try:
            while not self._stopping:
                some = await deliver_due(
                    self._store,
                    self._sealer,
                    self._clients,
                    self._clock,
                    worker=self.name,
                    limit=BATCH,
                    abilities=self._abilities,
                )
                total = total.plus(some)
                if some.taken < BATCH:
                    break
            return total
        except Exception as fault:
            # the loop must live on; the text may hold data, the name does not
            _log.error("outbox.loop", fault=type(fault).__name__)
            return None

"""Several workers, on SQLite and on PostgreSQL: each write once, and a case's writes in their order."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from smart_app.outbox.claim import LEASE, claim
from smart_app.outbox.worker import OutboxWorker, worker_name
from tests.outbox_desk import Desk, Ids, assessment_write, entry, open_desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    opened = open_desk(database_url)
    yield opened
    opened.store.close()


def test_two_workers_deliver_each_write_once_and_each_case_in_order(desk: Desk) -> None:
    cases = [(desk.new_case(), Ids()) for _ in range(4)]
    for number in range(5):
        for case, ids in cases:
            desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), title=f"{number}"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: desk.deliver(worker=name, at_once=2), ["one", "two"]))
    desk.deliver()  # a worker may have stopped while the other held the last case

    plans = [versions for (kind, _), versions in desk.ehr.resources.items() if kind == "CarePlan"]
    assert [[version["title"] for version in versions if version] for versions in plans] == [list("01234")] * 4
    assert len(desk.ehr.all("RiskAssessment")) == 20


def test_while_one_worker_is_at_a_case_no_other_takes_its_next_write(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    first = desk.put_in(case, *assessment_write(ids))
    desk.put_in(case, entry("task", ids.task, status="in-progress"))

    held = claim(desk.store, worker="one", now=desk.clock.now())
    assert held is not None
    assert held.id == first
    assert claim(desk.store, worker="two", now=desk.clock.now()) is None


def test_many_workers_at_one_moment_get_one_lease(desk: Desk) -> None:
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    start = threading.Barrier(4)

    def grab(name: str) -> bool:
        start.wait()
        return claim(desk.store, worker=name, now=desk.clock.now()) is not None

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(grab, "abcd")) == 1


def test_a_lease_that_ran_out_is_taken_over_and_the_first_worker_no_longer_counts(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    reached, go_on = threading.Event(), threading.Event()

    def held_up() -> None:
        if not reached.is_set():
            reached.set()
            go_on.wait(10)

    desk.ehr.before_transaction = held_up
    slow = ThreadPoolExecutor(1)
    first = slow.submit(desk.deliver, worker="slow")
    assert reached.wait(10)
    desk.wait(seconds=LEASE.total_seconds() + 1)
    assert desk.deliver(worker="quick").delivered == 1
    go_on.set()

    assert first.result(10).passed == 1
    assert (desk.row(number).state, desk.row(number).attempts) == ("delivered", 2)
    assert [len(desk.ehr.all(kind)) for kind in ("RiskAssessment", "CarePlan", "Task", "Provenance")] == [1, 1, 1, 1]
    assert desk.versions("CarePlan") == 1


def test_a_write_put_in_while_another_transaction_is_open_gets_the_later_number(desk: Desk) -> None:
    """Else a worker could take the later one before the earlier is seen at all."""
    case = desk.new_case()
    order: list[str] = []
    inside = threading.Event()

    def slow() -> None:
        from smart_app.outbox.enqueue import enqueue
        from tests.outbox_desk import OWNER, PATIENT

        with desk.store.transaction() as session:
            enqueue(
                session,
                desk.sealer,
                OWNER,
                case_id=case,
                patient_reference=PATIENT,
                entries=assessment_write(Ids()),
                cause="assessment",
                launch_id=None,
                now=desk.clock.now(),
            )
            inside.set()
            time.sleep(0.3)
            order.append("first")

    with ThreadPoolExecutor(2) as pool:
        done = pool.submit(slow)
        inside.wait(10)
        desk.put_in(case, *assessment_write(Ids()))
        order.append("second")
        done.result(10)
    assert order == ["first", "second"]


def test_the_loop_delivers_when_woken_and_ends_when_stopped(desk: Desk) -> None:
    async def run() -> None:
        worker = OutboxWorker(desk.store, desk.sealer, desk, desk.clock, every_s=60)
        before = len(desk.ehr.all("Provenance"))
        worker.start()
        await asyncio.sleep(0.05)
        await asyncio.to_thread(desk.put_in, case, *assessment_write(Ids()))
        await asyncio.to_thread(worker.wake)  # as a page's thread does
        for _ in range(200):
            if len(desk.ehr.all("Provenance")) > before:
                break
            await asyncio.sleep(0.02)
        await worker.stop()

    case = desk.new_case()
    asyncio.run(run())
    asyncio.run(run())  # a second start, in another event loop

    assert len(desk.ehr.all("Task")) == 2
    assert worker_name() != worker_name()

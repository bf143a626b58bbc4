"""Several processes on one PostgreSQL: one of each resource, no mix-up, and sudden death at any point of a delivery."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from tests.breaking_proxy import AFTER, BEFORE, WELL, a_third
from tests.journey.test_line import written
from tests.many_processes import Crowd, crowd
from tests.running_line import Tab, text_of, wait_until
from tests.running_postgres import Cluster

ONE, OTHER = "p-anders-holmqvist", "p-katarina-lundvall"
KILLED = ["p-eva-sandstrom", "p-maria-ekdahl", "p-lars-wikander", "p-goran-backlund", "p-rickard-stensson"]
BROKEN = ["p-ingrid-hallgren", "p-nils-ahlstrand", "p-helena-friskman"]
ONE_OF_EACH = Counter(RiskAssessment=1, CarePlan=1, Task=1, Procedure=1, Provenance=1)
TRANSACTION = "POST /fhir"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Iterator[Crowd]:
    with crowd(tmp_path_factory.mktemp("crowd"), postgres_cluster.new_database()) as made:
        yield made


def sql(many: Crowd, statement: str) -> None:
    with many.services.store.engine.begin() as connection:
        connection.execute(text(statement))


def save_at_once(tabs: list[Tab], times: int) -> list[int]:
    with ThreadPoolExecutor(times) as threads:
        return [
            answer.status_code for answer in threads.map(lambda number: tabs[number % len(tabs)].save(), range(times))
        ]


def launches(many: Crowd, number: int) -> None:
    """Interleaved launches of two patients; then every tab is opened again, in any order."""
    names = {id_: many.ehr.read(f"Patient/{id_}")["name"][0]["family"] for id_ in (ONE, OTHER)}
    patients = [(ONE, OTHER)[n % 2] for n in range(number)]
    with ThreadPoolExecutor(8) as threads:
        tabs = list(threads.map(many.tab_of_its_own, patients))
        both = list(zip(patients, tabs, strict=True))
        random.Random(7).shuffle(both)
        pages = list(threads.map(lambda one: one[1].open(one[1].url), both))
    for (patient, tab), page in zip(both, pages, strict=True):
        other = OTHER if patient == ONE else ONE
        for shown in (tab.page, page):
            assert shown is not None
            assert shown.status_code == 200
            assert names[patient] in text_of(shown.text)
            assert names[other] not in shown.text
    assert len({tab.launch for tab in tabs}) == number


def test_twenty_assessments_of_one_case_at_once_from_two_processes_are_one_of_each(many: Crowd) -> None:
    tabs = [many.tab_of_its_own(ONE) for _ in range(4)]
    assert save_at_once(tabs, 20) == [200] * 20
    many.delivered()
    assert written(many, ONE) == ONE_OF_EACH
    assert many.backlog() == (0, 0)


def test_interleaved_launches_of_two_patients_do_not_mix(many: Crowd) -> None:
    launches(many, 16)


@pytest.mark.full
def test_two_hundred_interleaved_launches_do_not_mix(many: Crowd) -> None:
    launches(many, 200)


class Stop:
    """Holds the delivery at a point until the process is dead."""

    def __init__(self) -> None:
        self.reached, self.dead = threading.Event(), threading.Event()

    def here(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            self.dead.wait(60)


def arm(many: Crowd, point: str, stop: Stop, call: str = TRANSACTION) -> None:
    def fate(asked: str) -> str:
        if point == "claimed" and "/fhir" in asked and not stop.reached.is_set():
            stop.here()
            return BEFORE
        if asked.startswith(call) and not asked.endswith("_search") and not stop.reached.is_set():
            if point == "sending":
                stop.here()
                return BEFORE
            return AFTER if point == "acted" else WELL
        return WELL

    def acted(asked: str) -> None:
        if asked.startswith(call) and not asked.endswith("_search") and point == "acted":
            stop.here()

    many.to_ehr.fate, many.to_ehr.acted = fate, acted


def die(many: Crowd, point: str, patient: str) -> None:
    """One save whose delivering process is killed at `point`; then another process comes."""
    stop = Stop()
    tab = many.tab_of_its_own(patient)
    if point in ("claiming", "settling"):
        blocked_death(many, point, tab)
    else:
        arm(many, point, stop)
        worker = many.start_worker()
        assert tab.save().status_code == 200
        if point == "settled":
            many.delivered()
        else:
            assert stop.reached.wait(40), point
        many.kill_worker(worker)
        stop.dead.set()
    many.to_ehr.fate, many.to_ehr.acted = (lambda _: WELL), (lambda _: None)
    sql(many, "UPDATE outbox SET lease_until = now() WHERE state = 'leased'")  # the lease runs out
    sql(many, "DELETE FROM outbox_pause")
    worker = many.start_worker()
    many.delivered()
    many.kill_worker(worker)
    assert written(many, patient) == ONE_OF_EACH, point


def blocked_death(many: Crowd, point: str, tab: Tab) -> None:
    """The process is killed while the database keeps it waiting: in the middle of claiming, or of settling."""
    engine = create_engine(many.environment["SICKLEAVE_DATABASE_URL"])
    assert tab.save().status_code == 200
    with engine.connect() as holding:

        def hold() -> None:
            holding.execute(text("SELECT id FROM outbox WHERE state IN ('waiting', 'leased') FOR UPDATE"))

        if point == "claiming":
            hold()
        else:
            many.to_ehr.acted = lambda asked: (
                hold() if asked.startswith(TRANSACTION + " ") or (asked == TRANSACTION) else None
            )
        worker = many.start_worker()

        def waits() -> bool:
            with engine.connect() as looking:
                found = looking.execute(
                    text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                ).scalar_one()
            return int(found) > 0

        wait_until(waits, 40)
        many.kill_worker(worker)
        holding.rollback()
    engine.dispose()


@pytest.fixture
def alone(many: Crowd) -> Crowd:
    """The same, with no delivering process but the test's."""
    for worker in list(many.workers):
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=30)
        many.workers.remove(worker)
    return many


def test_sudden_death_after_the_ehr_acted_loses_nothing_and_doubles_nothing(alone: Crowd) -> None:
    die(alone, "acted", KILLED[1])


@pytest.mark.full
@pytest.mark.parametrize(
    ("point", "patient"),
    [
        ("sending", KILLED[0]),
        ("claiming", KILLED[2]),
        ("claimed", KILLED[3]),
        ("settling", KILLED[4]),
        ("settled", "p-per-olov-sjodin"),
    ],
)
def test_sudden_death_at_the_other_points(alone: Crowd, point: str, patient: str) -> None:
    die(alone, point, patient)


def hurried(many: Crowd, patients: list[str], within_s: float, *, killing: bool = False) -> None:
    """Deliver though a third of all calls to the EHR break; the waits between attempts are cut short."""
    tabs = [many.tab_of_its_own(patient) for patient in patients]
    many.to_ehr.fate = a_third(7804)
    try:
        for tab in tabs:
            tab.save()
        workers = [many.start_worker(), many.start_worker()]
        end = time.monotonic() + within_s
        while many.backlog()[0]:
            assert time.monotonic() < end, many.backlog()
            time.sleep(0.5)
            sql(many, "UPDATE outbox SET not_before = now() WHERE state = 'waiting'")
            sql(many, "DELETE FROM outbox_pause")
            if killing and random.random() < 0.2:
                many.kill_worker(workers.pop(0))
                workers.append(many.start_worker())
                sql(many, "UPDATE outbox SET lease_until = now() WHERE state = 'leased'")
    finally:
        many.to_ehr.fate = lambda _: WELL
        for worker in list(many.workers):
            many.kill_worker(worker)
    assert many.to_ehr.broken > 0
    assert many.backlog() == (0, 0)
    assert {patient: written(many, patient) for patient in patients} == dict.fromkeys(patients, ONE_OF_EACH)


def test_a_third_of_all_calls_broken_loses_nothing_and_doubles_nothing(alone: Crowd) -> None:
    hurried(alone, BROKEN[:2], 30)


@pytest.mark.full
def test_a_third_broken_and_processes_killed_besides(alone: Crowd) -> None:
    hurried(alone, ["p-ulla-branstrom", "p-olle-tornqvist", "p-sara-vikander", "p-agneta-sundelius"], 240, killing=True)


def test_a_process_that_is_asked_to_stop_finishes_what_it_is_at(alone: Crowd) -> None:
    stop = Stop()
    tab = alone.tab_of_its_own("p-birgitta-norlund")
    alone.to_ehr.acted = lambda asked: stop.here() if asked == TRANSACTION else None
    worker = alone.start_worker()
    try:
        tab.save()
        assert stop.reached.wait(40)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert worker.poll() is None
    finally:
        stop.dead.set()
        alone.to_ehr.acted = lambda _: None
    assert worker.wait(timeout=20) == 0
    alone.workers.remove(worker)
    assert alone.backlog() == (0, 0)
    assert written(alone, "p-birgitta-norlund") == ONE_OF_EACH

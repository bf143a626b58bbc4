"""Several processes on one PostgreSQL: one of each resource, no mix-up, and sudden death in the middle of a delivery.

The long ones stand in test_many_processes_long.py.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journey.crowd_work import hurried, launches, save_at_once
from tests.journey.sudden_death import ONE_OF_EACH, TRANSACTION, Stop, die
from tests.journey.test_line import written
from tests.many_processes import Crowd, crowd
from tests.running_postgres import Cluster

ONE, OTHER = "p-anders-holmqvist", "p-katarina-lundvall"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Iterator[Crowd]:
    with crowd(tmp_path_factory.mktemp("crowd"), postgres_cluster.new_database()) as made:
        yield made


@pytest.fixture
def alone(many: Crowd) -> Crowd:
    """The same, with no delivering process but the test's."""
    many.stop_workers()
    return many


def test_twenty_assessments_of_one_case_at_once_from_two_processes_are_one_of_each(many: Crowd) -> None:
    tabs = [many.tab_of_its_own(ONE) for _ in range(4)]
    assert save_at_once(tabs, 20) == [200] * 20
    many.delivered()
    assert written(many, ONE) == ONE_OF_EACH
    assert many.backlog() == (0, 0)


def test_interleaved_launches_of_two_patients_do_not_mix(many: Crowd) -> None:
    launches(many, 16, (ONE, OTHER))


def test_many_pages_in_two_processes_refresh_an_ended_token_in_turn(many: Crowd) -> None:
    tab, grants = many.tab_of_its_own(OTHER), many.ehr.grants
    for text, token in list(grants._tokens.items()):
        context = token.approval.context
        if token.kind == "access" and context is not None and context.patient == OTHER:
            grants.end_token(text)
    before, sent = len(grants._replaced), {"Cookie": tab._cookie_line()}
    with ThreadPoolExecutor(8) as threads:
        pages = list(threads.map(lambda _: many.http.get(tab.url, headers=sent), range(8)))
    assert [page.status_code for page in pages] == [200] * 8
    assert 1 <= len(grants._replaced) - before <= 2  # each refresh token once: a second use would end them all


def test_sudden_death_after_the_ehr_acted_loses_nothing_and_doubles_nothing(alone: Crowd) -> None:
    die(alone, "acted", "p-maria-ekdahl")
    assert written(alone, "p-maria-ekdahl") == ONE_OF_EACH


def test_a_third_of_all_calls_broken_loses_nothing_and_doubles_nothing(alone: Crowd) -> None:
    hurried(alone, ["p-ingrid-hallgren", "p-nils-ahlstrand"], 30)


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

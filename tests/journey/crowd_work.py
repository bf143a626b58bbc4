"""What a crowd of tabs and processes is put to: launches in between each other, saves at once, broken calls."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.breaking_proxy import WELL, a_third
from tests.journey.sudden_death import ONE_OF_EACH, sql
from tests.journey.test_line import written
from tests.many_processes import Crowd
from tests.running_line import Tab, text_of

SEED = 7804


def save_at_once(tabs: Sequence[Tab], times: int, *, at_once: int = 20) -> list[int]:
    """Press the buttons of all tabs, so many times in all; what each was answered."""
    with ThreadPoolExecutor(at_once) as threads:
        return [
            answer.status_code for answer in threads.map(lambda number: tabs[number % len(tabs)].save(), range(times))
        ]


def launches(many: Crowd, number: int, two: tuple[str, str]) -> list[Tab]:
    """Interleaved launches of two patients; then every tab is opened again, in any order."""
    names = {id_: many.ehr.read(f"Patient/{id_}")["name"][0]["family"] for id_ in two}
    patients = [two[n % 2] for n in range(number)]
    with ThreadPoolExecutor(8) as threads:
        tabs = list(threads.map(many.tab_of_its_own, patients))
        both = list(zip(patients, tabs, strict=True))
        random.Random(SEED).shuffle(both)
        pages = list(threads.map(lambda one: one[1].open(one[1].url), both))
    for (patient, tab), page in zip(both, pages, strict=True):
        other = next(id_ for id_ in two if id_ != patient)
        for shown in (tab.page, page):
            assert shown is not None
            assert shown.status_code == 200
            assert names[patient] in text_of(shown.text)
            assert names[other] not in shown.text
    assert len({tab.launch for tab in tabs}) == number
    return tabs


@dataclass(frozen=True)
class Hurried:
    """What a delivery through a breaking proxy met."""

    calls: int
    calls_broken: int
    processes_killed: int


def hurried(many: Crowd, patients: Sequence[str], within_s: float, *, killing: bool = False) -> Hurried:
    """Deliver though a third of all calls to the EHR break; the waits between attempts are cut short."""
    tabs = [many.tab_of_its_own(patient) for patient in patients]
    broken, passed = many.to_ehr.broken, many.to_ehr.passed
    many.to_ehr.fate, dice, killed = a_third(SEED), random.Random(SEED), 0
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
            if killing and dice.random() < 0.2:
                many.kill_worker(workers.pop(0))
                workers.append(many.start_worker())
                sql(many, "UPDATE outbox SET lease_until = now() WHERE state = 'leased'")
                killed += 1
    finally:
        many.to_ehr.fate = lambda _: WELL
        for worker in list(many.workers):
            many.kill_worker(worker)
    broken, passed = many.to_ehr.broken - broken, many.to_ehr.passed - passed
    assert broken > 0
    assert many.backlog() == (0, 0)
    assert {patient: written(many, patient) for patient in patients} == dict.fromkeys(patients, ONE_OF_EACH)
    return Hurried(broken + passed, broken, killed)

"""Two service processes on one PostgreSQL, at length.

`make full ARGS=tests/journey/test_many_processes_long.py` runs all of it and writes docs/measured/many_processes.json.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from smart_app.issuers import DEFAULT_SCOPES
from tests.fresh_patients import FreshPatients
from tests.journey.crowd_work import SEED, hurried, launches, save_at_once
from tests.journey.sudden_death import ONE_OF_EACH, TRANSACTION, die, sql
from tests.journey.test_line import written
from tests.many_processes import Crowd, crowd
from tests.running_postgres import Cluster

pytestmark = pytest.mark.full

OUT = Path(__file__).parents[2] / "docs" / "measured" / "many_processes.json"
PUTS = (
    "PUT /fhir/RiskAssessment",
    "PUT /fhir/CarePlan",
    "PUT /fhir/Task",
    "POST /fhir/Procedure",
    "POST /fhir/Provenance",
)
PARTS = (
    "launches",
    "at_once",
    "deaths_transaction",
    "deaths_put",
    "deaths_document",
    "deaths_crossing",
    "broken_transaction",
    "broken_put",
)
CASES_BROKEN = 12
PAPER = "PUT /fhir/DocumentReference"
BY_DOCUMENT = f"""write_mode = "document"
[issuer.scopes]
physician = "{DEFAULT_SCOPES["physician"]} patient/DocumentReference.crus"
backend = "{DEFAULT_SCOPES["backend"]} system/DocumentReference.crus"
"""


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[str, Any]]:
    """What the tests of this module found; written when all are done."""
    found: dict[str, Any] = {}
    yield found
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    if len(found) == len(PARTS):
        document = {"commit": commit.stdout.strip(), "seed": SEED, "services": 2, "database": "PostgreSQL", **found}
        OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


@contextmanager
def timed(measured: dict[str, Any], part: str) -> Iterator[dict[str, Any]]:
    began, said = time.perf_counter(), {}
    yield said
    measured[part] = {**said, "seconds": round(time.perf_counter() - began, 1)}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Iterator[Crowd]:
    with crowd(tmp_path_factory.mktemp("crowd"), postgres_cluster.new_database()) as made:
        yield made


@pytest.fixture(scope="module")
def fresh(many: Crowd) -> FreshPatients:
    return FreshPatients(many, ("Flora", "Fleraprocess"))


@pytest.fixture
def alone(many: Crowd) -> Crowd:
    many.stop_workers()
    return many


@pytest.fixture(params=["transaction", "put"])
def step(request: pytest.FixtureRequest, alone: Crowd) -> Iterator[str]:
    """The step of the write ladder that the EHR's CapabilityStatement leads to."""
    if request.param == "put":
        alone.ehr.switch.arm("capability-no-transactions")
    yield request.param
    alone.ehr.switch.clear()


def test_two_hundred_interleaved_launches_save_one_of_each(many: Crowd, measured: dict[str, Any]) -> None:
    two = ("p-anders-holmqvist", "p-katarina-lundvall")
    with timed(measured, "launches") as said:
        tabs = launches(many, 200, two)
        assert save_at_once(tabs, 200, at_once=8) == [200] * 200
        many.delivered(300)
        assert [written(many, patient) for patient in two] == [ONE_OF_EACH] * 2
        said |= {"launches": 200, "saves": 200, "patients": 2, "mixed_up": 0, "resources_of_each_kind_per_patient": 1}


def test_twenty_at_once_of_one_case(many: Crowd, fresh: FreshPatients, measured: dict[str, Any]) -> None:
    with timed(measured, "at_once") as said:
        for _ in range(5):
            patient = fresh.new()
            tabs = [many.tab_of_its_own(patient) for _ in range(4)]
            assert save_at_once(tabs, 20) == [200] * 20
            many.delivered()
            assert written(many, patient) == ONE_OF_EACH
        assert many.backlog() == (0, 0)
        said |= {"cases": 5, "saves_at_once_per_case": 20, "resources_of_each_kind_per_case": 1}


def test_death_at_each_point_of_each_call(
    alone: Crowd, step: str, fresh: FreshPatients, measured: dict[str, Any]
) -> None:
    calls = (TRANSACTION,) if step == "transaction" else PUTS
    points = [("claiming", calls[0]), ("claimed", calls[0])]
    points += [(point, call) for call in calls for point in ("sending", "acted")]
    points += [("settling", calls[-1]), ("settled", calls[-1])]
    with timed(measured, f"deaths_{step}") as said:
        for point, call in points:
            patient = fresh.new()
            die(alone, point, patient, call)
            assert written(alone, patient) == ONE_OF_EACH, (point, call)
        said |= {"points": [f"{point}: {call}" for point, call in points], "lost": 0, "doubled": 0}


def test_a_third_broken_and_processes_killed_besides(
    alone: Crowd, step: str, fresh: FreshPatients, measured: dict[str, Any]
) -> None:
    with timed(measured, f"broken_{step}") as said:
        found = hurried(alone, [fresh.new() for _ in range(CASES_BROKEN)], 400, killing=True)
        share = found.calls_broken / found.calls
        assert 0.2 < share < 0.5, found
        said |= {"cases": CASES_BROKEN, **asdict(found), "share_broken": round(share, 2), "lost": 0, "doubled": 0}


def test_death_at_each_point_of_the_crossing_from_puts_to_a_document(
    alone: Crowd, fresh: FreshPatients, measured: dict[str, Any]
) -> None:
    """What was put before a type was refused stands, and the document holds everything: each once, whoever dies."""
    calls = ("PUT /fhir/RiskAssessment", "PUT /fhir/CarePlan", "PUT /fhir/Task", PAPER)
    points = [(point, call) for call in calls for point in ("sending", "acted")]
    points = [("claimed", calls[0]), *points, ("settling", PAPER), ("settled", PAPER)]
    alone.ehr.switch.arm("capability-no-transactions")
    alone.ehr.switch.arm("write-no-tasks")
    try:
        with timed(measured, "deaths_crossing") as said:
            for point, call in points:
                patient = fresh.new()
                sql(alone, "DELETE FROM outbox_not_taken")  # else puts are not tried at all
                die(alone, point, patient, call)
                assert written(alone, patient) == Counter(RiskAssessment=1, CarePlan=1), (point, call)
                assert len(alone.ehr.all("DocumentReference", patient)) == 1, (point, call)
            said |= {"points": [f"{point}: {call}" for point, call in points], "lost": 0, "doubled": 0}
    finally:
        alone.ehr.switch.clear()


def test_death_at_each_point_of_a_document(
    tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster, measured: dict[str, Any]
) -> None:
    home, url = tmp_path_factory.mktemp("papers"), postgres_cluster.new_database()
    with crowd(home, url, workers=0, issuer=BY_DOCUMENT) as papers, timed(measured, "deaths_document") as said:
        fresh = FreshPatients(papers, ("Pia", "Pappersson"))
        points = [("claimed", ""), ("sending", PAPER), ("acted", PAPER)]
        points += [("settling", PAPER), ("settled", "")]
        for point, call in points:
            patient = fresh.new()
            die(papers, point, patient, call)
            assert len(papers.ehr.all("DocumentReference", patient)) == 1, point
            assert not written(papers, patient)
        said |= {"points": [point for point, _ in points], "lost": 0, "doubled": 0}

"""What the record says is done or under way in a case, as KVÅ codes."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mapping.read.case import Chart, read_case
from fhir_mapping.read.done import read_done
from tests.unit.fhir_makers import ON, PERMITTED, Json, certificate, patient

KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
SINCE = date(2026, 11, 1)


def procedure(code: str = "QG003", *, system: str = KVA, **changed: object) -> Json:
    found: Json = {
        "resourceType": "Procedure",
        "id": "x",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": system, "code": code}]},
        "performedDateTime": "2026-11-01",
        **changed,
    }
    return found


def plan(detail: str, status: str = "active") -> Json:
    activity = {"detail": {"status": detail, "code": {"coding": [{"system": KVA, "code": "GB020"}]}}}
    return {
        "resourceType": "CarePlan",
        "id": "c",
        "status": status,
        "subject": {"reference": "Patient/p1"},
        "activity": [activity, {"reference": {"reference": "Task/1"}}, {"detail": None}],
    }


@pytest.mark.parametrize(
    ("resource", "done"),
    [
        (procedure(), {"QG003"}),
        (procedure("qg003"), {"QG003"}),
        (procedure(status="in-progress"), {"QG003"}),
        (procedure(performedDateTime="2026-10-31"), set()),  # of an earlier case
        (procedure(performedDateTime="2026-10-31T23:30:00Z"), {"QG003"}),  # 1 November in Sweden
        (procedure(performedDateTime=None), set()),
        (procedure(performedDateTime="nonsense"), set()),
        (procedure(performedDateTime=None, performedPeriod={"start": "2026-10-01", "end": "2026-11-05"}), {"QG003"}),
        (procedure(performedDateTime=None, performedPeriod={"start": "2026-10-01"}), set()),
        (procedure(status="not-done"), set()),
        (procedure(status="entered-in-error"), set()),
        (procedure(status=[]), set()),
        (procedure(system="http://snomed.info/sct"), set()),
        (procedure(code="QG003", system=""), set()),
        (plan("in-progress"), {"GB020"}),
        (plan("completed"), {"GB020"}),
        (plan("scheduled"), set()),  # planned is not done
        (plan("in-progress", status="revoked"), set()),
        (plan("in-progress", status="draft"), set()),
    ],
)
def test_done(resource: Json, done: set[str]) -> None:
    assert read_done([resource], since=SINCE) == done


def test_a_case_knows_what_is_done_in_it() -> None:
    found = read_case(Chart(patient(), (certificate(), procedure(), plan("completed"))), on=ON, scope=PERMITTED)
    assert found.done == {"QG003", "GB020"}
    assert not found.faults

"""Whatever is sent to our FHIR API: an answer in FHIR, and never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from smart_app.routes.fhir_types import SERVED, TASK
from tests.worklist_desk import NUMBERS, UNIT, Desk, a_patient, a_quick_desk

MODIFIERS = ("", ":not", ":missing", ":exact", ":identifier", ":Patient", ":", "::not")
NAMES = (*sorted(TASK.names), "_sort", "_count", "_include", "_total", "_summary", "_cursor", "_format", "_elements")
LIKELY = st.sampled_from(
    (
        "requested", "REKO_1", "p1", "Patient/p1", "PractitionerRole/x", UNIT.care_unit, "follow-case", "true", "rank",
        "-rank", "-due,rank", "Task:focus", "*", "accurate", "none", "count", "0", "1", "200", "99999999999999999999",
        "2026", "2026-11", "ge2026-11-22", "lt2026-02-29", "ne2026-11-22T25:00", "sa9999-12-31", "eb0001-01-01", "|",
        ",", "http://hl7.org/fhir/task-status|requested", "\\", "\\,", "a\\,b", "json", "%", "_", "'", "\x00", "\ud800",
        "١٢",
    )
)  # fmt: skip
VALUES = st.one_of(LIKELY, st.text(max_size=40), st.builds(",".join, st.lists(LIKELY, max_size=4)))
PAIRS = st.lists(
    st.tuples(st.builds(str.__add__, st.sampled_from(NAMES), st.sampled_from(MODIFIERS)), VALUES), max_size=6
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = a_quick_desk(tmp_path_factory.mktemp("fuzz"))
    for number in range(3):
        made.put(a_patient(f"p{number}", number=NUMBERS[number]))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def api(desk: Desk) -> TestClient:
    made = desk.api()
    made.headers.update(desk.token())
    return made


def encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs])


def is_fhir(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 400, 406), answer.text
    body: dict[str, Any] = answer.json()
    assert body["resourceType"] == ("Bundle" if answer.status_code == 200 else "OperationOutcome")
    return body


@QUICK
@given(pairs=PAIRS)
def test_task_search(api: TestClient, pairs: list[tuple[str, str]]) -> None:
    by_address = is_fhir(api.get(f"/fhir/Task?{encoded(pairs)}"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by_form = is_fhir(api.post("/fhir/Task/_search", content=encoded(pairs), headers=form))
    if "_format" not in {name.partition(":")[0] for name, _ in pairs}:
        assert by_address.get("total") == by_form.get("total")
    for entry in by_address.get("entry", []):
        assert entry["resource"]["resourceType"] in ("Task", "Patient", "CarePlan")


@QUICK
@given(kind=st.sampled_from(sorted(SERVED)), pairs=PAIRS, raw=st.binary(max_size=60))
def test_search_of_every_type(api: TestClient, kind: str, pairs: list[tuple[str, str]], raw: bytes) -> None:
    is_fhir(api.get(f"/fhir/{kind}?{encoded(pairs)}"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    is_fhir(api.post(f"/fhir/{kind}/_search", content=raw, headers=form))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(("status", "businessStatus", "owner", "extension", "for", "meta", "text", "focus", "x<y"))


@QUICK
@given(changes=st.dictionaries(ELEMENTS, JSON, max_size=3), if_match=st.text(alphabet='W/"1239*', max_size=6))
def test_task_update(api: TestClient, changes: dict[str, Any], if_match: str) -> None:
    current = api.get("/fhir/Task?patient=p0").json()["entry"][0]["resource"]
    answer = api.put(
        f"/fhir/Task/{current['id']}",
        content=json.dumps(current | changes),
        headers={"Content-Type": "application/fhir+json", "If-Match": if_match},
    )
    assert answer.status_code in (200, 400, 412, 422, 428), answer.text
    after = api.get(f"/fhir/Task/{current['id']}").json()
    assert {key for key in current if current[key] != after.get(key)} <= {
        "status",
        "businessStatus",
        "owner",
        "meta",
        "text",
        "lastModified",
    }


# Starlette's paths end at a newline, and clients fold ".."; both then fall to the application's own answers.
PATHS = st.text(max_size=30).filter(lambda path: not {"\n", "\r"} & set(path) and ".." not in path)


@QUICK
@given(path=PATHS, method=st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE")))
def test_any_address(api: TestClient, path: str, method: str) -> None:
    answer = api.request(method, "/fhir/" + quote(path.encode("utf-8", "surrogatepass"), safe="/"))
    assert answer.status_code < 500 or answer.status_code == 501
    assert answer.json()["resourceType"]

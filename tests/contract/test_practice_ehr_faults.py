"""The switch of the practice EHR: faults are listed in words, armed, counted and cleared; the rest goes on."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, build_practice_ehr
from sandbox.practice_ehr.__main__ import main
from sandbox.practice_ehr.faults.switch import UnknownFault
from sandbox.practice_ehr.faults.table import FAULTS

BASE = "http://localhost:8001"
DISCOVERY = f"{BASE}/fhir/.well-known/smart-configuration"


@pytest.fixture
def http() -> TestClient:
    return TestClient(build_practice_ehr(PracticeConfig(base_url=BASE)), base_url=BASE)


def arm(http: TestClient, **order: object) -> int:
    return http.post("/practice/faults", json=order).status_code


def test_at_least_sixty_faults_are_listed_each_with_a_sentence(http: TestClient) -> None:
    listed = http.get("/practice/faults").json()
    assert listed["armed"] == {}
    assert len(listed["faults"]) == len(FAULTS) >= 60
    assert all(each["imitates"].endswith(".") for each in listed["faults"])
    assert {each["where"] for each in listed["faults"]} == {
        "discovery", "authorize", "token", "identity", "context", "read", "write", "lifetime",
        "capability",
    }  # fmt: skip


def test_an_armed_fault_acts_until_it_is_cleared(http: TestClient) -> None:
    assert arm(http, name="discovery-missing") == 200
    assert [http.get(DISCOVERY).status_code for _ in range(3)] == [404, 404, 404]
    assert http.get("/fhir/metadata").status_code == 200
    assert http.delete("/practice/faults").json()["armed"] == {}
    assert http.get(DISCOVERY).json()["issuer"] == BASE


def test_a_count_is_used_up_by_the_requests_that_the_fault_meets(http: TestClient) -> None:
    arm(http, name="discovery-missing", count=2)
    http.get("/fhir/metadata")
    assert [http.get(DISCOVERY).status_code for _ in range(3)] == [404, 404, 200]


def test_several_faults_act_together_and_one_can_be_cleared(http: TestClient) -> None:
    arm(http, name="discovery-never-kept")
    arm(http, name="discovery-no-issuer")
    both = http.get(DISCOVERY)
    assert both.headers["cache-control"] == "no-store"
    assert "issuer" not in both.json()
    http.delete("/practice/faults", params={"name": "discovery-no-issuer"})
    assert http.get(DISCOVERY).json()["issuer"] == BASE


@pytest.mark.parametrize("order", [{"name": "made-up"}, {"name": "read-away", "count": 0}, {"fault": "read-away"}, {}])
def test_what_is_no_order_is_refused_and_nothing_armed(http: TestClient, order: dict[str, object]) -> None:
    assert arm(http, **order) in (404, 422)
    assert http.get("/practice/faults").json()["armed"] == {}


def test_faults_can_be_armed_from_the_start() -> None:
    made = build_practice_ehr(PracticeConfig(base_url=BASE, faults=("discovery-away",)))
    assert TestClient(made, base_url=BASE).get(DISCOVERY).status_code == 503
    with pytest.raises(UnknownFault):
        build_practice_ehr(PracticeConfig(faults=("made-up",)))


def test_the_command_refuses_a_fault_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--fault", "made-up"])
    assert ended.value.code == 2
    assert "made-up" in capsys.readouterr().err


def test_a_request_under_another_host_name_is_counted(http: TestClient) -> None:
    assert http.get("/practice/faults").json()["strayed"] == 0
    http.get("/fhir/metadata", headers={"Host": "127.0.0.1:8001"})
    assert http.get("/practice/faults").json()["strayed"] == 1

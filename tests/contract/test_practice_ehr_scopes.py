"""Scopes open what they say and nothing else, also inside Bundles and behind conditions."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, build_practice_ehr
from sandbox.practice_ehr.by_the_book import ByTheBook

EVA, NILS = "p-eva-sandstrom", "p-nils-ahlstrand"
CONFIG = PracticeConfig()
FHIR = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="module")
def http() -> Any:
    return TestClient(build_practice_ehr(CONFIG), base_url=CONFIG.base_url, follow_redirects=False)


def headers(http: Any, scope: str, patient: str | None = EVA) -> dict[str, str]:
    answer = ByTheBook(http, CONFIG).launch(f"launch {scope}", user="amir-haddad", patient=patient)
    return {**FHIR, "Authorization": f"Bearer {answer['access_token']}"}


def risk(patient: str, number: str = "1") -> dict[str, Any]:
    identifier = [{"system": "https://x.example/id", "value": number}]
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": "RiskAssessment", "status": "final", "subject": subject, "identifier": identifier}


def transaction(*entries: tuple[str, str, dict[str, Any] | None]) -> dict[str, Any]:
    made = [
        {"request": {"method": method, "url": url}, **({"resource": resource} if resource else {})}
        for method, url, resource in entries
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": made}


@pytest.mark.parametrize("authorization", [None, "Bearer guessed", "Basic Zm9vOmJhcg=="])
def test_without_a_token_nothing_opens_but_metadata(http: Any, authorization: str | None) -> None:
    given = {"Authorization": authorization} if authorization else {}
    answer = http.get(f"/fhir/Patient/{EVA}", headers=given)
    assert answer.status_code == 401
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "Bearer" in answer.headers["www-authenticate"]
    assert http.get("/fhir/metadata").json()["fhirVersion"] == "4.0.1"


def test_read_and_search_are_two_letters(http: Any) -> None:
    reader, searcher = headers(http, "patient/Condition.r"), headers(http, "patient/Condition.s")
    assert http.get("/fhir/Condition/diagnos-eva-sandstrom-1", headers=reader).status_code == 200
    assert http.get(f"/fhir/Condition?patient={EVA}", headers=reader).status_code == 403
    assert http.get("/fhir/Condition/diagnos-eva-sandstrom-1", headers=searcher).status_code == 403
    assert http.get(f"/fhir/Condition?patient={EVA}", headers=searcher).json()["total"] == 2


def test_a_patient_scope_ends_at_the_chart(http: Any) -> None:
    given = headers(http, "patient/*.cruds")
    assert http.get("/fhir/Condition/diagnos-nils-ahlstrand-1", headers=given).status_code == 403
    assert http.get(f"/fhir/Patient/{NILS}", headers=given).status_code == 403
    assert http.get(f"/fhir/Condition?patient={NILS}", headers=given).status_code == 403
    assert http.get(f"/fhir/Patient?_id={NILS}", headers=given).status_code == 403
    found = http.get("/fhir/Patient", headers=given).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [EVA]
    subjects = {
        entry["resource"]["subject"]["reference"]
        for entry in http.get("/fhir/Condition", headers=given).json()["entry"]
    }
    assert subjects == {f"Patient/{EVA}"}


@pytest.mark.parametrize("type_", ["Task", "Provenance", "Practitioner", "Organization"])
def test_types_outside_the_compartment_need_another_level(http: Any, type_: str) -> None:
    assert http.get(f"/fhir/{type_}", headers=headers(http, "patient/*.cruds")).status_code == 403
    assert http.get(f"/fhir/{type_}", headers=headers(http, f"user/{type_}.s")).status_code == 200


def test_writing_needs_its_letter_and_the_right_chart(http: Any) -> None:
    creator = headers(http, "patient/RiskAssessment.c")
    assert http.post("/fhir/RiskAssessment", json=risk(NILS), headers=creator).status_code == 403
    made = http.post("/fhir/RiskAssessment", json=risk(EVA), headers=creator)
    assert made.status_code == 201
    place = f"/fhir/RiskAssessment/{made.json()['id']}"
    assert http.put(place, json=made.json(), headers=creator).status_code == 403
    assert http.delete(place, headers=creator).status_code == 403
    updater = headers(http, "patient/RiskAssessment.u")
    assert http.put(place, json=made.json(), headers=updater).status_code == 200
    moved = {**made.json(), "subject": {"reference": f"Patient/{NILS}"}}
    assert http.put(place, json=moved, headers=updater).status_code == 403
    assert (
        http.put("/fhir/RiskAssessment/new-one", json={**risk(EVA), "id": "new-one"}, headers=updater).status_code
        == 403
    )


def test_another_charts_resource_cannot_be_taken_over(http: Any) -> None:
    made = http.post("/fhir/RiskAssessment", json=risk(NILS), headers=headers(http, "user/RiskAssessment.c")).json()
    stolen = {**risk(EVA), "id": made["id"]}
    given = headers(http, "patient/RiskAssessment.crus")
    assert http.put(f"/fhir/RiskAssessment/{made['id']}", json=stolen, headers=given).status_code == 403


def test_a_transaction_is_checked_entry_by_entry_and_leaves_nothing(http: Any) -> None:
    given = headers(http, "patient/RiskAssessment.crus")
    before = http.get("/fhir/RiskAssessment?_summary=count", headers=headers(http, "user/*.s")).json()["total"]
    for second in (
        ("POST", "RiskAssessment", risk(NILS)),
        ("POST", "Task", {"resourceType": "Task", "status": "requested", "intent": "order"}),
        ("GET", f"Patient/{EVA}", None),
        ("GET", "RiskAssessment?subject=x", None),
    ):
        bundle = transaction(("POST", "RiskAssessment", risk(EVA, "new")), second)
        assert http.post("/fhir", json=bundle, headers=given).status_code == 403, second
    after = http.get("/fhir/RiskAssessment?_summary=count", headers=headers(http, "user/*.s")).json()["total"]
    assert after == before


def test_a_condition_does_not_reveal_another_chart(http: Any) -> None:
    http.post("/fhir/RiskAssessment", json=risk(NILS, "secret"), headers=headers(http, "user/RiskAssessment.c"))
    given = {**headers(http, "patient/RiskAssessment.c"), "If-None-Exist": "identifier=https://x.example/id|secret"}
    assert http.post("/fhir/RiskAssessment", json=risk(EVA, "secret"), headers=given).status_code == 403


def test_a_filter_in_the_scope_is_kept(http: Any) -> None:
    active = "http://terminology.hl7.org/CodeSystem/condition-clinical|active"
    given = headers(http, f"patient/Condition.rs?clinical-status={active}")
    found = http.get(f"/fhir/Condition?patient={EVA}", headers=given).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == ["diagnos-eva-sandstrom-1"]
    assert http.get("/fhir/Condition/diagnos-eva-sandstrom-2", headers=given).status_code == 403
    assert "total" not in http.get(f"/fhir/Condition?patient={EVA}&_summary=count", headers=given).json()


def test_a_filter_nobody_understands_opens_nothing(http: Any) -> None:
    given = headers(http, "patient/Condition.rs?invented=1")
    assert "entry" not in http.get(f"/fhir/Condition?patient={EVA}", headers=given).json()


def test_includes_are_left_out_when_not_open(http: Any) -> None:
    query = f"/fhir/QuestionnaireResponse?patient={EVA}&_include=QuestionnaireResponse:author"
    closed = http.get(query, headers=headers(http, "patient/QuestionnaireResponse.s")).json()
    assert {entry["resource"]["resourceType"] for entry in closed["entry"]} == {"QuestionnaireResponse"}
    opened = http.get(query, headers=headers(http, "patient/QuestionnaireResponse.s user/PractitionerRole.r")).json()
    assert "PractitionerRole" in {entry["resource"]["resourceType"] for entry in opened["entry"]}


def test_a_page_of_somebody_elses_search_stays_empty(http: Any) -> None:
    wide = http.get("/fhir/Condition?_count=5", headers=headers(http, "user/Condition.s")).json()
    following = next(link["url"] for link in wide["link"] if link["relation"] == "next")
    narrow = http.get(following, headers=headers(http, "patient/Condition.s", NILS)).json()
    assert all(entry["resource"]["subject"]["reference"] == f"Patient/{NILS}" for entry in narrow.get("entry", []))

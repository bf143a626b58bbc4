"""Task in our own FHIR API: found, paged, moved, and refused in the caller's language."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from fhir_mapping.write.checks import check
from smart_app.audit.tables import AuditRow
from smart_app.outbox.tables import OutboxRow
from tests.worklist_desk import APP, EHR, NUMBERS, OTHER_ISSUER, OTHER_PROVIDER, OTHER_UNIT, UNIT, Desk, a_patient

FHIR_JSON = {"Content-Type": "application/fhir+json"}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [
        entry["resource"]["for"]["reference"].removeprefix("Patient/")
        for entry in answer.json().get("entry", [])
        if entry["search"]["mode"] == "match"
    ]


@pytest.fixture
def three(desk: Desk) -> Desk:
    desk.put(a_patient("anna", name="Anna Prov", number=NUMBERS[0]), day=20, days_left=30, diagnosis="M545")
    desk.put(a_patient("bo", name="Bo Prov", number=NUMBERS[1]), day=170, days_left=2, diagnosis="F432")
    desk.put(a_patient("cia", name="Cia Prov", number=NUMBERS[2], protected=True), day=60, days_left=30)
    return desk


def put_task(api: TestClient, task: dict[str, Any], headers: dict[str, str], if_match: str | None = 'W/"1"') -> Any:
    sent = {**headers, **FHIR_JSON} | ({"If-Match": if_match} if if_match else {})
    return api.put(f"/fhir/Task/{task['id']}", content=json.dumps(task), headers=sent)


def reko(code: str, desk: Desk) -> dict[str, Any]:
    return {"coding": [{"system": desk.urls.code_system("reko-status"), "code": code}]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"anna", "bo", "cia"}),
        ("status=requested", {"anna", "bo", "cia"}),
        ("status=http://hl7.org/fhir/task-status|requested", {"anna", "bo", "cia"}),
        ("status=http://elsewhere|requested", set()),
        ("status:not=requested", set()),
        ("status=completed,requested&status=requested", {"anna", "bo", "cia"}),
        ("status=completed&status=requested", set()),
        ("business-status=REKO_1", {"anna", "bo", "cia"}),
        ("business-status:not=REKO_1", set()),
        ("patient=anna", {"anna"}),
        ("patient=Patient/anna,Patient/bo", {"anna", "bo"}),
        (f"patient={EHR}/Patient/anna", {"anna"}),
        ("patient=Patient/nobody", set()),
        ("owner:missing=true", {"anna", "bo", "cia"}),
        ("owner:missing=false", set()),
        ("owner=PractitionerRole/sofia", set()),
        (f"unit={UNIT.care_unit}", {"anna", "bo", "cia"}),
        (f"unit=urn:oid:1.2.752.29.4.19|{UNIT.care_unit}", {"anna", "bo", "cia"}),
        (f"unit={OTHER_UNIT.care_unit}", set()),
        ("code=follow-case", {"anna", "bo", "cia"}),
        ("code=other", set()),
        ("due=ge2026-11-22", {"anna", "bo", "cia"}),
        ("due=lt2026-11-22", set()),
        ("due=2026,2027", {"anna", "bo", "cia"}),
        ("due=ne2026&due=lt2026-01-01", set()),
        ("_summary=count", set()),
        ("_count=0", set()),
    ],
)
def test_search(three: Desk, query: str, expected: set[str]) -> None:
    answer = three.api().get(f"/fhir/Task?{query}", headers=three.token())
    assert set(ids(answer)) == expected
    if query in ("_summary=count", "_count=0"):
        assert answer.json()["total"] == 3


@pytest.mark.parametrize(
    "query",
    [
        "patiant=anna",  # a filter misspelt must not answer with everybody
        "status:exact=requested",
        "status=",
        "due=yesterday",
        "due=2026-02-30",
        "due=ap2026",
        "due=0000",
        "_sort=name",
        "_count=-1",
        "_count=ten",
        "_include=Task:owner",
        "_total=many",
        "owner=a b",
        "owner:missing=perhaps",
        "patient=Patient/a/b",
        "_id=%00",
        "_cursor=abc",
        "_cursor=abc&status=requested",
        "_revinclude=Provenance:target",
    ],
)
def test_a_search_that_is_not_understood_answers_nothing(three: Desk, query: str) -> None:
    answer = three.api().get(f"/fhir/Task?{query}", headers=three.token())
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_lenient_handling_leaves_unknown_parameters_out(three: Desk) -> None:
    headers = {**three.token(), "Prefer": "handling=lenient"}
    assert len(ids(three.api().get("/fhir/Task?nonsense=1", headers=headers))) == 3


def links(answer: Any) -> dict[str, str]:
    return {each["relation"]: each["url"] for each in answer.json()["link"]}


def test_the_self_link_tells_what_was_used_and_a_lenient_search_has_pages(three: Desk) -> None:
    api, lenient = three.api(), {**three.token(), "Prefer": "handling=lenient"}
    address = "/fhir/Task?nonsense=1&nonsense:not=2&_elements=status&_summary=true&_count=2&status:not=completed"
    first = api.get(address, headers=lenient)
    assert links(first)["self"].partition("?")[2] == "_count=2&status%3Anot=completed"
    second = api.get(links(first)["next"], headers=three.token())
    assert (second.status_code, len(ids(first) + ids(second))) == (200, 3)
    assert links(api.get("/fhir/Task?_summary=count", headers=lenient))["self"].endswith("/Task?_summary=count")
    risks = api.get("/fhir/RiskAssessment?_sort=rank&_count=2", headers=lenient)
    assert links(risks)["self"].endswith("/RiskAssessment?_count=2")


def test_rank_is_the_order_of_the_worklist_and_can_be_turned(three: Desk) -> None:
    api, headers = three.api(), three.token()
    ranked = api.get("/fhir/Task?_sort=rank", headers=headers)
    numbers = [
        extension["valueInteger"]
        for entry in ranked.json()["entry"]
        for extension in entry["resource"]["extension"]
        if extension["url"].endswith("/rank")
    ]
    assert numbers == sorted(numbers)
    assert len(numbers) == 3
    assert ids(api.get("/fhir/Task?_sort=-rank", headers=headers)) == ids(ranked)[::-1]


def test_every_task_is_valid_and_its_references_lead_somewhere(three: Desk) -> None:
    answer = three.api().get("/fhir/Task?_include=Task:patient&_include=Task:focus", headers=three.token()).json()
    tasks = [entry["resource"] for entry in answer["entry"] if entry["search"]["mode"] == "match"]
    for task in tasks:
        check(task)
        assert task["reasonReference"]["reference"] == f"{EHR}/Condition/c1"
        assert task["focus"]["reference"].startswith("CarePlan/")
    patients = {
        entry["resource"]["id"]: entry["resource"] for entry in answer["entry"] if entry["search"]["mode"] == "include"
    }
    assert {task["for"]["reference"] for task in tasks} == {f"Patient/{id_}" for id_ in patients}
    assert patients["anna"]["name"] == [{"text": "Anna Prov"}]
    assert set(patients["cia"]) == {"resourceType", "id", "meta"}
    assert patients["cia"]["meta"]["security"] == [{"code": "sekretessmarkering"}]


def test_pages_follow_sealed_links(desk: Desk) -> None:
    for number in range(5):
        desk.put(a_patient(f"person-{number}", number=None))
    api, headers = desk.api(), desk.token()
    body = {"patient": "person-0,person-1,person-2,person-3", "_count": "3"}
    answer = api.post("/fhir/Task/_search", data=body, headers=headers)
    first = ids(answer)
    links = {link["relation"]: link["url"] for link in answer.json()["link"]}
    assert links["next"].startswith(f"{APP}/fhir/Task?_cursor=")
    assert "person" not in links["next"]
    then = api.get("/fhir/Task?" + urlsplit(links["next"]).query, headers=headers)
    assert sorted(first + ids(then)) == [f"person-{number}" for number in range(4)]
    assert "next" not in {link["relation"] for link in then.json()["link"]}
    other = api.get("/fhir/Task?" + urlsplit(links["next"]).query, headers=desk.token(owner=OTHER_UNIT))
    assert other.status_code == 400  # another unit cannot use it


def test_links_come_from_the_settings_never_from_the_host_header(three: Desk) -> None:
    headers = {**three.token(), "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = three.api().get("/fhir/Task?_count=1", headers=headers)
    assert "evil.example" not in answer.text


def test_read_says_version_and_answers_304(desk: Desk) -> None:
    task, api, headers = desk.put(), desk.api(), desk.token()
    answer = api.get(f"/fhir/Task/{task.id}", headers=headers)
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"].endswith("GMT")
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.json()["meta"]["versionId"] == "1"
    assert api.get(f"/fhir/Task/{task.id}", headers={**headers, "If-None-Match": 'W/"1"'}).status_code == 304


@pytest.mark.parametrize("owner", [OTHER_UNIT, OTHER_PROVIDER, OTHER_ISSUER])
def test_another_units_task_is_404_and_logged(desk: Desk, owner: Any) -> None:
    task, api = desk.put(), desk.api()
    headers = desk.token(owner=owner)
    current = api.get(f"/fhir/Task/{task.id}", headers=desk.token()).json()
    read, update = api.get(f"/fhir/Task/{task.id}", headers=headers), put_task(api, current, headers)
    assert (read.status_code, update.status_code) == (404, 404)
    assert read.json() == api.get("/fhir/Task/00000000-0000-4000-8000-000000000000", headers=headers).json()
    with desk.store.reading() as session:
        logged = session.exec(select(AuditRow).where(AuditRow.action == "denied")).all()
    assert [(row.issuer, row.care_provider, row.care_unit) for row in logged] == [tuple(owner.columns().values())] * 3


def test_a_move_is_stored_and_goes_to_the_ehr(desk: Desk) -> None:
    task, api, headers = desk.put(), desk.api(), desk.token()
    current = api.get(f"/fhir/Task/{task.id}", headers=headers).json()
    wanted = current | {
        "status": "accepted",
        "businessStatus": reko("REKO_2", desk),
        "owner": {"reference": f"{EHR}/PractitionerRole/sofia", "display": "Sofia Prov"},
    }
    answer = put_task(api, wanted, headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == 'W/"2"'
    assert answer.json()["owner"]["reference"] == f"{EHR}/PractitionerRole/sofia"
    assert ids(api.get("/fhir/Task?owner=PractitionerRole/sofia", headers=headers)) == ["p1"]
    assert ids(api.get("/fhir/Task?owner=sofia", headers=headers)) == ["p1"]
    with desk.store.reading() as session:
        assert session.exec(select(OutboxRow)).one().kinds == "task"
    back = answer.json() | {"owner": current["owner"]}
    assert put_task(api, back, headers, 'W/"2"').json()["owner"] == current["owner"]


def test_a_client_that_only_knows_status_is_understood(desk: Desk) -> None:
    task, api, headers = desk.put(), desk.api(), desk.token()
    current = api.get(f"/fhir/Task/{task.id}", headers=headers).json()
    answer = put_task(api, current | {"status": "in-progress"}, headers)
    assert answer.json()["businessStatus"]["coding"][0]["code"] == "REKO_3"


def changed(**parts: Any) -> Any:
    return lambda task, desk: {**deepcopy(task), **parts}


@pytest.mark.parametrize(
    ("change", "if_match", "status", "issue"),
    [
        (changed(status="accepted"), None, 428, "required"),
        (changed(status="accepted"), 'W/"7"', 412, "conflict"),
        (changed(status="accepted"), "*", 400, "structure"),
        (changed(status="completed"), 'W/"1"', 422, "business-rule"),  # no way from "no status" to closed
        (changed(status="draft"), 'W/"1"', 422, "business-rule"),
        (changed(status=7), 'W/"1"', 422, "business-rule"),
        (changed(status="completed", businessStatus={"text": "klar"}), 'W/"1"', 422, "business-rule"),
        (changed(description="<script>"), 'W/"1"', 422, "business-rule"),
        (changed(**{"for": {"reference": "Patient/other"}}), 'W/"1"', 422, "business-rule"),
        (changed(focus=None), 'W/"1"', 422, "business-rule"),
        (changed(owner={"reference": "Patient/p1"}), 'W/"1"', 422, "business-rule"),
        (changed(owner={"reference": "https://evil.example/Practitioner/1"}), 'W/"1"', 422, "business-rule"),
        (changed(owner={"identifier": {"value": "SE-ELSE"}}), 'W/"1"', 422, "business-rule"),
        (changed(owner="me"), 'W/"1"', 422, "business-rule"),
        (changed(resourceType="Patient"), 'W/"1"', 422, "business-rule"),
        (lambda task, desk: task | {"businessStatus": reko("REKO_2", desk)}, 'W/"1"', 422, "business-rule"),
        (lambda task, desk: task | {"businessStatus": reko("REKO_9", desk)}, 'W/"1"', 422, "business-rule"),
    ],
)
def test_an_update_that_is_refused_changes_nothing(
    desk: Desk, change: Any, if_match: str | None, status: int, issue: str
) -> None:
    task, api, headers = desk.put(), desk.api(), desk.token()
    current = api.get(f"/fhir/Task/{task.id}", headers=headers).json()
    answer = put_task(api, change(current, desk) | {"id": task.id}, headers, if_match)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (status, issue), answer.text
    assert api.get(f"/fhir/Task/{task.id}", headers=headers).json() == current
    with desk.store.reading() as session:
        assert session.exec(select(OutboxRow)).all() == []


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [(b"{", "application/fhir+json", 400), (b"[]", "application/json", 400), (b"<Task/>", "application/fhir+xml", 415)],
)
def test_a_body_that_is_no_fhir_json(desk: Desk, body: bytes, media: str, status: int) -> None:
    task = desk.put()
    headers = {**desk.token(), "Content-Type": media, "If-Match": 'W/"1"'}
    assert desk.api().put(f"/fhir/Task/{task.id}", content=body, headers=headers).status_code == status

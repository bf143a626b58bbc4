"""The practice EHR's own record answers as a real HAPI server does, but for the differences listed here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, Quirks, build_practice_ehr
from sandbox.practice_ehr.by_the_book import ByTheBook

EVA = {"reference": "Patient/p-eva-sandstrom"}
SYSTEM = "https://x.example/id"


class Both:
    """The same request to both, each behind the same authorization server."""

    def __init__(self, own: TestClient, hapi: TestClient) -> None:
        self._clients = (own, hapi)
        self._headers = [self._header(client) for client in self._clients]

    @staticmethod
    def _header(client: TestClient) -> dict[str, str]:
        token = ByTheBook(client, PracticeConfig()).launch("launch user/*.cruds")["access_token"]
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> list[Any]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"/fhir/{path}".rstrip("/")
        return [
            client.request(method, url, json=body, headers={**known, **sent})
            for client, known in zip(self._clients, self._headers, strict=True)
        ]


@pytest.fixture(scope="module")
def both(hapi: str) -> Iterator[Both]:
    own = PracticeConfig(quirks=Quirks(stale_status=409))
    behind = PracticeConfig(fhir_upstream=hapi)
    with (
        TestClient(build_practice_ehr(own), base_url=own.base_url, follow_redirects=False) as first,
        TestClient(build_practice_ehr(behind), base_url=behind.base_url, follow_redirects=False) as second,
    ):
        yield Both(first, second)


def found(answer: Any) -> Any:
    body = answer.json()
    if answer.status_code != 200:
        return answer.status_code, body["resourceType"]
    return [
        (one["search"]["mode"], one["resource"]["resourceType"], one["resource"]["id"]) for one in body.get("entry", [])
    ]


@pytest.mark.parametrize(
    "query",
    [
        "Patient?_id=p-eva-sandstrom",
        "Patient?identifier=198004119288",
        "Patient?identifier=urn:other|198004119288",
        "Patient?family=sandst&given=eva",
        "Patient?birthdate=lt1957-12-31&birthdate=ge1957-01-01",
        "Condition?patient=p-eva-sandstrom&clinical-status=active",
        "Condition?patient=p-eva-sandstrom&clinical-status:not=active",
        "Condition?patient=p-eva-sandstrom,p-nils-ahlstrand&clinical-status=resolved",
        "Condition?patient.identifier=198004119288&_sort=-onset-date",
        "Condition?patient=p-eva-sandstrom&code=urn:oid:1.2.752.116.1.1.1|M54.5&_sort=onset-date",
        "Encounter?patient=p-eva-sandstrom&status=in-progress",
        "PractitionerRole?practitioner=amir-haddad",
        "Organization?partof=vg-soder",
        "QuestionnaireResponse?author:PractitionerRole.organization=Organization/ve-granen&_sort=authored,_id",
        "QuestionnaireResponse?encounter.service-provider=Organization/ve-granen&_sort=-authored,_id",
        "QuestionnaireResponse?patient=p-tomas-engdahl&status=entered-in-error",
        "QuestionnaireResponse?patient=p-fatima-rahimi&_sort=authored"
        "&questionnaire=https://sickleave-on-fhir.example/fhir/Questionnaire/fk7804-v1",
        "QuestionnaireResponse?patient=p-fatima-rahimi&questionnaire=&_sort=authored",
        "QuestionnaireResponse?patient=p-eva-sandstrom&_sort=-authored&_count=2",
        "QuestionnaireResponse?_id=intyg-eva-sandstrom-1&_include=QuestionnaireResponse:author",
        "Condition?_id=diagnos-eva-sandstrom-1&_include=Condition:patient",
        "Patient?nonsense=1",
        "Condition?onset-date=soon",
        "Condition?_sort=nonsense",
        "Condition?clinical-status:above=x",
        "Condition/absent",
        "Nonsense/1",
    ],
)
def test_searches_find_the_same_in_the_same_order(both: Both, query: str) -> None:
    own, hapi = both("GET", query)
    assert found(own) == found(hapi)


def task(number: str, **members: Any) -> dict[str, Any]:
    identifier = [{"system": SYSTEM, "value": number}]
    plain = {"resourceType": "Task", "status": "requested", "intent": "order", "identifier": identifier, "for": EVA}
    return {**plain, **members}


def statuses(answer: Any) -> Any:
    body = answer.json() if answer.content else {}
    if body.get("type") == "transaction-response":
        return [one["response"]["status"] for one in body["entry"]]
    return answer.status_code, body.get("resourceType")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "Task", {"resourceType": "Patient"}),
        ("POST", "Task", task("x", status="dreaming")),
        ("POST", "Task", task("x", owner={"reference": "PractitionerRole/absent"})),
        ("POST", "Task", task("x", owner={"reference": "urn:uuid:5a4dcd39-4b0e-4ad8-a7fd-3f8c1be1b1f5"})),
        ("PUT", "Task/one", task("x", id="another")),
        ("PUT", "Task/77", task("x", id="77")),
        ("DELETE", "Patient/p-eva-sandstrom", None),
        ("POST", "", {"resourceType": "Bundle", "type": "document"}),
    ],
)
def test_the_same_writes_are_refused(both: Both, method: str, path: str, body: Any) -> None:
    own, hapi = both(method, path, body)
    assert own.status_code >= 400
    assert statuses(own) == statuses(hapi)


def test_one_task_lives_the_same_life(both: Both) -> None:
    number = str(uuid.uuid4())
    once = {"If_None_Exist": f"identifier={SYSTEM}|{number}"}
    place = f"Task/a-{number}"
    for method, path, body, headers in (
        ("POST", "Task", task(number), once),
        ("POST", "Task", task(number), once),
        ("PUT", f"Task?identifier={SYSTEM}|{number}", task(number, status="accepted"), {}),
        ("PUT", place, task("y", id=f"a-{number}"), {}),
        ("PUT", place, task("y", id=f"a-{number}", status="accepted"), {"If_Match": 'W/"1"'}),
        ("PUT", place, task("y", id=f"a-{number}", status="failed"), {"If_Match": 'W/"1"'}),
        ("GET", f"{place}/_history/1", None, {}),
        ("GET", place, None, {"If_None_Match": 'W/"2"'}),
    ):
        own, hapi = both(method, path, body, **headers)
        assert statuses(own) == statuses(hapi), (method, path)
        if own.status_code != 304:  # HAPI leaves the ETag out there
            assert own.headers.get("etag") == hapi.headers.get("etag"), (method, path)


def test_a_transaction_sent_twice(both: Both) -> None:
    number, first, second = (str(uuid.uuid4()) for _ in range(3))
    plan: dict[str, Any] = {"resourceType": "CarePlan", "status": "draft", "intent": "plan", "subject": EVA}
    plan |= {"identifier": [{"system": SYSTEM, "value": number}]}
    once = f"identifier={SYSTEM}|{number}"

    def entry(full: str, resource: dict[str, Any]) -> dict[str, Any]:
        request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": once}
        return {"fullUrl": f"urn:uuid:{full}", "resource": resource, "request": request}

    focus = {"reference": f"urn:uuid:{second}"}
    entries = [entry(first, task(number, focus=focus)), entry(second, plan)]
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    for expected in (["201 Created"] * 2, ["200 OK"] * 2):
        own, hapi = both("POST", "", sent)
        assert statuses(own) == statuses(hapi) == expected
    for answer in both("GET", f"Task?identifier={SYSTEM}|{number}&_include=Task:focus"):
        assert [one[:2] for one in found(answer)] == [("match", "Task"), ("include", "CarePlan")]


def test_a_refused_entry_undoes_the_transaction_on_both(both: Both) -> None:
    number = str(uuid.uuid4())
    good = {"resource": task(number), "request": {"method": "POST", "url": "Task"}}
    eva = {"resourceType": "Patient", "id": "p-eva-sandstrom"}
    stale = {"resource": eva, "request": {"method": "PUT", "url": "Patient/p-eva-sandstrom", "ifMatch": 'W/"9999"'}}
    own, hapi = both("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [good, stale]})
    assert statuses(own) == statuses(hapi) == (409, "OperationOutcome")
    for answer in both("GET", f"Task?identifier={SYSTEM}|{number}"):
        assert found(answer) == []

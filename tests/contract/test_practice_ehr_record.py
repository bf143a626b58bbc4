"""The practice EHR's own record keeps the promises of a FHIR R4 server."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, Quirks, build_practice_ehr
from sandbox.practice_ehr.by_the_book import ByTheBook

EVA = "Patient/p-eva-sandstrom"
SYSTEM = "https://x.example/id"


class Record:
    """The record seen with user/*.cruds."""

    def __init__(self, config: PracticeConfig) -> None:
        self.http: Any = TestClient(build_practice_ehr(config), base_url=config.base_url, follow_redirects=False)
        token = ByTheBook(self.http, config).launch("launch user/*.cruds", user="amir-haddad")["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}

    def __call__(self, method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else f"/fhir/{path}".rstrip("/")
        return self.http.request(method, url, json=body, headers={**self.headers, **sent})

    def ids(self, query: str) -> list[str]:
        answer = self("GET", query)
        assert answer.status_code == 200, answer.text
        return [entry["resource"]["id"] for entry in answer.json().get("entry", [])]


@pytest.fixture
def record() -> Record:
    return Record(PracticeConfig())


@pytest.fixture(scope="module")
def unchanged() -> Record:
    return Record(PracticeConfig())


def task(number: str = "1", **members: Any) -> dict[str, Any]:
    identifier = [{"system": SYSTEM, "value": number}]
    plain = {"resourceType": "Task", "status": "requested", "intent": "order", "identifier": identifier}
    return {**plain, "for": {"reference": EVA}, **members}


def entry(method: str, url: str, resource: Any = None, full_url: str | None = None, **request: str) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource:
        made["resource"] = resource
    if full_url:
        made["fullUrl"] = full_url
    return made


def bundle(*entries: dict[str, Any], type: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


# One resource


def test_versions_are_kept_and_named(record: Record) -> None:
    made = record("POST", "Task", task())
    assert made.status_code == 201
    place = f"Task/{made.json()['id']}"
    assert made.headers["location"] == f"http://localhost:8001/fhir/{place}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["last-modified"].endswith("GMT")
    changed = {**made.json(), "status": "accepted"}
    assert record("PUT", place, changed, If_Match='W/"1"').headers["etag"] == 'W/"2"'
    assert record("GET", f"{place}/_history/1").json()["status"] == "requested"
    assert record("GET", place).json()["status"] == "accepted"
    assert [e["resource"]["meta"]["versionId"] for e in record("GET", f"{place}/_history").json()["entry"]] == [
        "2",
        "1",
    ]
    assert record("GET", place, If_None_Match='W/"2"').status_code == 304


def test_a_stale_if_match_changes_nothing(record: Record) -> None:
    made = record("POST", "Task", task()).json()
    record("PUT", f"Task/{made['id']}", {**made, "status": "accepted"})
    assert record("PUT", f"Task/{made['id']}", {**made, "status": "failed"}, If_Match='W/"1"').status_code == 412
    assert record("GET", f"Task/{made['id']}").json()["status"] == "accepted"


def test_a_deleted_resource_is_gone_unless_it_is_referred_to(record: Record) -> None:
    made = record("POST", "Task", task()).json()
    assert record("DELETE", EVA).status_code == 409
    assert record("DELETE", f"Task/{made['id']}").status_code == 204
    assert record("GET", f"Task/{made['id']}").status_code == 410
    assert record.ids(f"Task?identifier={SYSTEM}|1") == []


def test_create_once(record: Record) -> None:
    first = record("POST", "Task", task(), If_None_Exist=f"identifier={SYSTEM}|1")
    again = record("POST", "Task", task(), If_None_Exist=f"identifier={SYSTEM}|1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    record("POST", "Task", task())
    assert record("POST", "Task", task(), If_None_Exist=f"identifier={SYSTEM}|1").status_code == 412


def test_update_by_condition(record: Record) -> None:
    made = record("PUT", f"Task?identifier={SYSTEM}|1", task())
    again = record("PUT", f"Task?identifier={SYSTEM}|1", task(status="accepted"))
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json()["meta"]["versionId"] == "2"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "Nonsense/1", None, 404),
        ("GET", "Task/absent", None, 404),
        ("GET", "Task?nonsense=1", None, 400),
        ("GET", "Task?status:above=x", None, 400),
        ("GET", "Task?authored-on=soon", None, 400),
        ("GET", "Task?_sort=nonsense", None, 400),
        ("GET", "Task?_include=Task:nonsense", None, 400),
        ("GET", "Task?_count=many", None, 400),
        ("POST", "Task", {"resourceType": "Patient"}, 400),
        ("POST", "Task", {"resourceType": "Task", "status": "dreaming"}, 400),
        ("POST", "Task", {"status": "requested"}, 400),
        ("POST", "Task", task(owner={"reference": "PractitionerRole/absent"}), 400),
        ("POST", "Task", task(owner={"reference": "urn:uuid:of-nobody"}), 400),
        ("POST", "Task", task(owner={"reference": "#absent"}), 400),
        ("PUT", "Task/1", task(id="2"), 400),
        ("PUT", "Task/77", task(id="77"), 400),
        ("PATCH", "Task/1", None, 405),
        ("POST", "", {"resourceType": "Bundle", "type": "document"}, 400),
    ],
)
def test_every_refusal_is_an_operation_outcome(
    unchanged: Record, method: str, path: str, body: Any, status: int
) -> None:
    answer = unchanged(method, path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_body_that_is_no_json_is_refused(unchanged: Record) -> None:
    for content, kind, status in ((b"{", "application/fhir+json", 400), (b"<Task/>", "application/fhir+xml", 415)):
        answer = unchanged.http.post("/fhir/Task", content=content, headers={**unchanged.headers, "Content-Type": kind})
        assert answer.status_code == status


def test_lenient_handling_forgives_unknown_parameters(unchanged: Record) -> None:
    assert unchanged("GET", "Patient?nonsense=1", Prefer="handling=lenient").status_code == 200


# Search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Patient?_id=p-eva-sandstrom", ["p-eva-sandstrom"]),
        ("Patient?identifier=198004119288", ["p-eva-sandstrom"]),
        (
            "Patient?identifier=http://electronichealth.se/identifier/personnummer|198004119288",
            ["p-eva-sandstrom"],
        ),
        ("Patient?identifier=urn:other|198004119288", []),
        ("Patient?family=sand", ["p-eva-sandstrom"]),
        ("Patient?birthdate=lt1957-12-31&birthdate=ge1957-01-01", ["p-margareta-ljungdahl"]),
        ("Condition?patient=p-eva-sandstrom&clinical-status=active", ["diagnos-eva-sandstrom-1"]),
        ("Condition?subject=Patient/p-eva-sandstrom&clinical-status:not=active", ["diagnos-eva-sandstrom-2"]),
        ("Condition?patient=p-eva-sandstrom,p-olle-tornqvist&clinical-status=resolved", ["diagnos-eva-sandstrom-2"]),
        ("Condition?patient.identifier=198004119288&clinical-status=active", ["diagnos-eva-sandstrom-1"]),
        ("PractitionerRole?practitioner=amir-haddad", ["role-amir-haddad"]),
        ("Organization?partof=vg-soder", ["ve-linden"]),
        ("Organization?partof:missing=true&name=region", ["vg-norr"]),
        (
            "QuestionnaireResponse?author:PractitionerRole.organization=Organization/ve-granen&_sort=_id",
            ["intyg-camilla-frost-1", "intyg-camilla-frost-2", "intyg-robin-ask-1"],
        ),
        (
            "QuestionnaireResponse?encounter.service-provider=Organization/ve-granen&_sort=-_id",
            ["intyg-robin-ask-1", "intyg-camilla-frost-2", "intyg-camilla-frost-1"],
        ),
        ("QuestionnaireResponse?status=entered-in-error", ["intyg-tomas-engdahl-1"]),
        (
            "QuestionnaireResponse?patient=p-fatima-rahimi&questionnaire="
            "https://sickleave-on-fhir.example/fhir/Questionnaire/fk7804-v1&_sort=authored",
            ["intyg-fatima-rahimi-1", "intyg-fatima-rahimi-2"],
        ),
    ],
)
def test_search(unchanged: Record, query: str, found: list[str]) -> None:
    assert unchanged.ids(query) == found


def test_search_by_post_keeps_identifiers_out_of_addresses(unchanged: Record) -> None:
    form = {**unchanged.headers, "Content-Type": "application/x-www-form-urlencoded"}
    answer = unchanged.http.post("/fhir/Patient/_search", content="identifier=198004119288", headers=form)
    assert answer.json()["total"] == 1


def test_all_tasks_of_a_day_by_date(record: Record) -> None:
    record("POST", "Task", task("1", authoredOn="2026-11-20T23:30:00Z"))
    assert len(record.ids("Task?authored-on=2026-11-21")) == 1, "half past midnight in Stockholm"
    assert record.ids("Task?authored-on=lt2026-11-21") == []
    assert len(record.ids("Task?authored-on=ge2026-11-21&authored-on=le2026-11-21")) == 1


def test_pages_hold_everything_once(unchanged: Record) -> None:
    answer = unchanged("GET", "Patient?_count=7&_sort=_id").json()
    seen: list[str] = []
    while True:
        seen += [one["resource"]["id"] for one in answer["entry"]]
        following = [link["url"] for link in answer["link"] if link["relation"] == "next"]
        if not following:
            break
        answer = unchanged("GET", following[0]).json()
    assert len(seen) == answer["total"] == len(set(seen))
    assert seen == sorted(seen)


def test_includes_come_once_and_are_marked(unchanged: Record) -> None:
    found = unchanged(
        "GET",
        "QuestionnaireResponse?patient=p-eva-sandstrom&_include=QuestionnaireResponse:author"
        "&_include:iterate=PractitionerRole:organization&_include:iterate=Organization:partof",
    ).json()
    included = [one["resource"]["id"] for one in found["entry"] if one["search"]["mode"] == "include"]
    assert sorted(included) == ["role-amir-haddad", "ve-bjorken", "vg-norr"]


def test_revinclude(record: Record) -> None:
    made = record("POST", "Task", task()).json()
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": f"Task/{made['id']}"}],
        "recorded": "2026-11-20",
    }
    record("POST", "Provenance", provenance)
    assert len(record.ids(f"Task?_id={made['id']}&_revinclude=Provenance:target")) == 2


# Bundles


def test_a_transaction_links_its_entries_in_any_order(record: Record) -> None:
    plan = {"resourceType": "CarePlan", "status": "draft", "intent": "plan", "subject": {"reference": EVA}}
    sent = bundle(
        entry("POST", "Task", task(focus={"reference": "urn:uuid:plan"}), "urn:uuid:task"),
        entry("POST", "CarePlan", plan, "urn:uuid:plan"),
        entry("PUT", "Device/our-app", {"resourceType": "Device", "id": "our-app"}, "urn:uuid:device"),
    )
    answer = record("POST", "", sent).json()
    assert answer["type"] == "transaction-response"
    assert [one["response"]["status"] for one in answer["entry"]] == ["201 Created"] * 3
    made = answer["entry"][0]["response"]["location"].partition("/_history")[0]
    held = record("GET", made).json()["focus"]["reference"]
    assert answer["entry"][1]["response"]["location"].startswith(f"{held}/_history/1")


def test_a_transaction_sent_again_gives_the_same_ids(record: Record) -> None:
    sent = bundle(entry("POST", "Task", task(), "urn:uuid:t", ifNoneExist=f"identifier={SYSTEM}|1"))
    first, again = record("POST", "", sent).json(), record("POST", "", sent).json()
    assert first["entry"][0]["response"]["location"] == again["entry"][0]["response"]["location"]
    assert again["entry"][0]["response"]["status"] == "200 OK"
    assert len(record.ids(f"Task?identifier={SYSTEM}|1")) == 1


@pytest.mark.parametrize(
    "bad",
    [
        entry("POST", "Task", task(status="dreaming")),
        entry("POST", "Task", task(owner={"reference": "PractitionerRole/absent"})),
        entry("POST", "Task", task(owner={"reference": "urn:uuid:of-nobody"})),
        entry("PUT", "Patient/p-eva-sandstrom", {"resourceType": "Patient", "id": "p-eva-sandstrom"}, ifMatch='W/"9"'),
        entry("GET", "Task/absent"),
    ],
)
def test_a_transaction_is_all_or_nothing(record: Record, bad: dict[str, Any]) -> None:
    eva = record("GET", EVA).json()
    sent = bundle(
        entry("POST", "Task", task("first")),
        entry("PUT", EVA, {**eva, "active": False}),
        entry("DELETE", "Task/x"),
        bad,
    )
    if bad["request"]["url"] == EVA:
        sent["entry"].pop(1)
    answer = record("POST", "", sent)
    assert 400 <= answer.status_code < 500
    assert f"Bundle.entry[{len(sent['entry']) - 1}]" in answer.json()["issue"][0]["diagnostics"]
    assert record.ids(f"Task?identifier={SYSTEM}|first") == []
    assert record("GET", EVA).json() == eva


def test_a_batch_goes_on_after_a_refusal(record: Record) -> None:
    sent = bundle(entry("POST", "Task", task(status="dreaming")), entry("POST", "Task", task()), type="batch")
    answer = record("POST", "", sent).json()
    assert [one["response"]["status"][:3] for one in answer["entry"]] == ["400", "201"]
    assert answer["entry"][0]["response"]["outcome"]["resourceType"] == "OperationOutcome"


def test_what_was_sent_is_not_changed_and_vendor_elements_stay(record: Record) -> None:
    sent = task(vendorThing={"a": 1})
    before = copy.deepcopy(sent)
    made = record("POST", "Task", sent).json()
    assert sent == before
    assert record("GET", f"Task/{made['id']}").json()["vendorThing"] == {"a": 1}


def test_manners_of_other_records() -> None:
    quirks = Quirks(stale_status=409, bare_etag=True, refuse_writes=("RiskAssessment",))
    record = Record(PracticeConfig(quirks=quirks))
    made = record("POST", "", bundle(entry("POST", "Task", task()))).json()["entry"][0]["response"]
    assert made["etag"] == "1"
    place = made["location"].partition("/_history")[0]
    held = record("GET", place).json()
    assert record("PUT", place, held, If_Match='W/"7"').status_code == 409
    risk = {"resourceType": "RiskAssessment", "status": "final", "subject": {"reference": EVA}}
    assert record("POST", "RiskAssessment", risk).status_code == 422
    without = Record(PracticeConfig(quirks=Quirks(transactions=False)))
    assert without("POST", "", bundle(entry("POST", "Task", task()))).status_code == 400
    interactions = without("GET", "metadata").json()["rest"][0]["interaction"]
    assert interactions == [{"code": "batch"}]

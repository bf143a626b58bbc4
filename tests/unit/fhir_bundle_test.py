"""Transactions, and what servers answer to them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fhir_mapping.errors import SameIdentity, UnreadableOutcome
from fhir_mapping.write.assessment import write
from fhir_mapping.write.bundle import (
    KnownVersion,
    address_of,
    export,
    puts_in_order,
    read_outcome,
    transaction,
    version_of,
)
from tests.unit.fhir_makers import IDS, URLS, Json, request

ENTRIES = write(request())
KNOWN = {"plan": KnownVersion("12", "3"), "task": KnownVersion("13", "7")}


def test_everything_new_is_created_conditionally() -> None:
    bundle = transaction(ENTRIES)
    requests = [entry["request"] for entry in bundle["entry"]]
    assert {r["method"] for r in requests} == {"POST"}
    assert requests[0]["ifNoneExist"] == f"identifier={URLS.namespace}/assessment|{IDS['assessment']}"
    assert requests[-1]["ifNoneExist"] == f"_tag={URLS.namespace}/write|{IDS['provenance']}"
    assert [e["fullUrl"] for e in bundle["entry"]] == [e.full_url for e in ENTRIES]


def test_the_known_plan_and_task_are_changed_and_referred_to_by_address() -> None:
    bundle = transaction(ENTRIES, KNOWN)
    plan, task = bundle["entry"][1], bundle["entry"][2]
    assert plan["request"] == {"method": "PUT", "url": "CarePlan/12", "ifMatch": 'W/"3"'}
    assert plan["resource"]["id"] == "12"
    assert task["resource"]["focus"] == {"reference": "CarePlan/12"}
    assert f"urn:uuid:{IDS['plan']}" not in json.dumps([e["resource"] for e in bundle["entry"]])
    assert f"urn:uuid:{IDS['assessment']}" in json.dumps(plan["resource"])
    assert transaction(ENTRIES)["entry"][2]["resource"]["focus"]["reference"].startswith("urn:")


def test_where_no_versions_are_kept_none_is_asked_for() -> None:
    known = {"plan": KnownVersion("12", None)}
    assert transaction(ENTRIES, known)["entry"][1]["request"] == {"method": "PUT", "url": "CarePlan/12"}
    assert puts_in_order(ENTRIES, known)[1][2] is None


def test_what_is_written_once_is_never_changed() -> None:
    bundle = transaction(ENTRIES, {"assessment": KnownVersion("9", "1"), ENTRIES[-1].full_url: KnownVersion("8", "1")})
    assert {e["request"]["method"] for e in bundle["entry"]} == {"POST"}


def test_two_entries_never_resolve_to_one_identity() -> None:
    with pytest.raises(SameIdentity):
        transaction([*ENTRIES, ENTRIES[0]])
    twin = replace(ENTRIES[2], full_url="urn:uuid:99999999-9999-4999-8999-999999999999")
    with pytest.raises(SameIdentity):
        transaction([*ENTRIES, twin])
    other = replace(twin, identifier=("x", "y"))
    with pytest.raises(SameIdentity):
        transaction([*ENTRIES, other], KNOWN)


def test_puts_for_servers_without_transactions_refer_to_our_own_ids() -> None:
    puts = puts_in_order(ENTRIES, KNOWN)
    assert [url for url, _, _ in puts][:3] == [f"RiskAssessment/{IDS['assessment']}", "CarePlan/12", "Task/13"]
    assert [match for _, _, match in puts] == [None, 'W/"3"', 'W/"7"', None, None]
    seen: set[str] = set()
    for url, resource, _ in puts:
        assert url == f"{resource['resourceType']}/{resource['id']}"
        assert "urn:uuid" not in json.dumps(resource)
        seen.add(url)
    assert [t["reference"] in seen for t in puts[-1][1]["target"]] == [True] * 4


def test_export_is_a_plain_collection() -> None:
    assert export(ENTRIES)["type"] == "collection"
    assert all("request" not in entry for entry in export(ENTRIES)["entry"])


@pytest.mark.parametrize(
    ("etag", "version"), [("1", "1"), ('W/"1"', "1"), ('"abc"', "abc"), (None, None), ("", None), (3, None)]
)
def test_versions_however_they_are_written(etag: object, version: str | None) -> None:
    assert version_of(etag) == version


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("Task/12/_history/3", ("Task", "12", "3")),
        ("http://inner:8080/x/fhir/Task/12/_history/3", ("Task", "12", "3")),
        ("/fhir/Task/a-b.c", ("Task", "a-b.c", None)),
        ("https://ehr.example/", None),
        (None, None),
    ],
)
def test_locations_with_any_base(location: object, address: object) -> None:
    assert address_of(location) == address


def answer(*changed: Json) -> Json:
    entries = [
        {"response": {"status": "201 Created", "location": f"{e.type}/{n}/_history/1"}} for n, e in enumerate(ENTRIES)
    ]
    for number, change in enumerate(changed):
        entries[number] = change
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


def test_outcomes_from_location_etag_or_resource() -> None:
    found = read_outcome(
        answer(
            {"response": {"status": "200 OK", "location": "http://behind/RiskAssessment/7", "etag": "4"}},
            {
                "response": {"status": "200"},
                "resource": {"resourceType": "CarePlan", "id": "8", "meta": {"versionId": "5"}},
            },
            {"response": {"status": "201 Created", "location": "Task/9/_history/2", "etag": 'W/"2"'}},
        ),
        ENTRIES,
    )
    assert [(w.kind, w.type, w.id, w.version_id, w.status) for w in found[:4]] == [
        ("assessment", "RiskAssessment", "7", "4", 200),
        ("plan", "CarePlan", "8", "5", 200),
        ("task", "Task", "9", "2", 201),
        ("procedure", "Procedure", "3", "1", 201),
    ]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"entry": []}, "other-number-of-entries"),
        ({"resourceType": "OperationOutcome"}, "other-number-of-entries"),
        (answer({"response": {"status": "412"}}), "neither-200-nor-201"),
        (answer({"response": {"status": "201 Created"}}), "no-address"),
        (answer({"response": {"status": "201 Created", "location": "Task/1"}}), "other-type"),
        (answer({"resource": {}}), "no-response"),
    ],
)
def test_an_answer_that_does_not_tell_is_a_fault(response: Json, reason: str) -> None:
    with pytest.raises(UnreadableOutcome) as fault:
        read_outcome(response, ENTRIES)
    assert fault.value.reason == reason

"""The EHR client keeps to its issuer, to its limits and to its word about what happened."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from smart_app.ehr.errors import (
    EhrBusy,
    EhrFault,
    EhrNonsense,
    EhrRefused,
    EhrTooMuch,
    EhrUnclear,
    EhrUnreachable,
    EhrVersionClash,
    NoToken,
    NotPermitted,
)
from tests.unit.ehr.asking import BASE, EHR, an_ehr, ok, page, run

PATIENT = {"resourceType": "Patient", "id": "1"}
TASK = {"resourceType": "Task", "id": "t1", "status": "requested"}
BUNDLE: dict[str, Any] = {"resourceType": "Bundle", "type": "transaction", "entry": []}


def test_read_carries_the_token_to_the_base_and_asks_for_fhir_json() -> None:
    ehr = an_ehr(ok(PATIENT))
    assert run(ehr.client.read("Patient/1")) == PATIENT
    (request,) = ehr.requests
    assert str(request.url) == f"{BASE}/Patient/1"
    assert request.headers["authorization"] == "Bearer at-1"
    assert request.headers["accept"] == "application/fhir+json"


@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.example/fhir/Patient/1",
        "Patient/../Task",
        "Patient/..",
        "Patient/1/_history/2",
        "Patient/1?x",
        "Patient",
        "#p",
    ],
)
def test_only_relative_literal_references_are_read(reference: str) -> None:
    ehr = an_ehr(ok(PATIENT))
    with pytest.raises(ValueError, match="relative"):
        run(ehr.client.read(reference))
    assert ehr.requests == []


@pytest.mark.parametrize("answer", [{"resourceType": "Patient", "id": "2"}, {"resourceType": "Person", "id": "1"}])
def test_another_resource_than_asked_for_is_not_taken(answer: dict[str, str]) -> None:
    with pytest.raises(EhrNonsense, match="another-resource"):
        run(an_ehr(ok(answer)).client.read("Patient/1"))


def test_metadata_is_asked_without_the_token() -> None:
    ehr = an_ehr(ok({"resourceType": "CapabilityStatement"}))
    run(ehr.client.metadata())
    assert "authorization" not in ehr.requests[0].headers


def test_next_links_below_the_base_are_followed_to_the_end() -> None:
    ehr = an_ehr(page("1", next=f"{BASE}?_getpages=a"), page("2", next="Condition?page=3"), page("3"))
    found = run(ehr.client.search("Condition", {"patient": "Patient/1"}))
    assert [each["id"] for each in found] == ["1", "2", "3"]
    assert all(request.headers["authorization"] == "Bearer at-1" for request in ehr.requests)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir/Condition?page=2",
        "https://login.ehr.example/fhir?page=2",
        f"{EHR}/other?page=2",
        f"{EHR}/fhirx?page=2",
        f"{BASE}/../admin",
        f"{BASE}/%2e%2e/admin",
        f"{BASE}/..%2fadmin",
        f"{BASE}/..%5cadmin",
        "//evil.example/fhir?page=2",
        "http://ehr.example/fhir?page=2",
        f"{EHR}:8443/fhir?page=2",
        "https://ehr.example@evil.example/fhir?page=2",
        f"{BASE}#x",
        "https://[broken",
        "",
    ],
)
def test_next_link_elsewhere_is_not_followed(link: str) -> None:
    ehr = an_ehr(page("1", next=link))
    with pytest.raises(EhrNonsense, match="next"):
        run(ehr.client.search("Condition"))
    assert len(ehr.requests) == 1


def test_next_link_in_a_circle_ends() -> None:
    ehr = an_ehr(page("1", next=f"{BASE}?p=1"))
    with pytest.raises(EhrNonsense, match="next-loop"):
        run(ehr.client.search("Condition"))
    assert len(ehr.requests) == 2


def test_endless_pages_end() -> None:
    number = iter(range(10_000))
    ehr = an_ehr(lambda _: page("1", next=f"{BASE}?p={next(number)}"))
    with pytest.raises(EhrTooMuch, match="pages"):
        run(ehr.client.search("Condition"))
    assert len(ehr.requests) == 50


def test_too_many_resources_are_too_many() -> None:
    ehr = an_ehr(page(*map(str, range(5001))))
    with pytest.raises(EhrTooMuch, match="resources"):
        run(ehr.client.search("Condition"))


def test_answer_over_five_megabytes_is_not_read_to_its_end() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        while True:
            read += 100_000
            yield b"x" * 100_000

    ehr = an_ehr(lambda _: httpx2.Response(200, content=endless()))
    with pytest.raises(EhrTooMuch, match="bytes"):
        run(ehr.client.read("Patient/1"))
    assert read <= 5_200_000


def test_redirect_is_not_followed() -> None:
    ehr = an_ehr(httpx2.Response(302, headers={"location": f"{BASE}/Patient/2"}))
    with pytest.raises(EhrNonsense, match="redirect"):
        run(ehr.client.read("Patient/1"))
    assert len(ehr.requests) == 1


@pytest.mark.parametrize(
    ("body", "what"), [(b"<html>", "not-json"), (b"[]", "not-json"), (b"{}", "not-fhir"), (b"", "not-json")]
)
def test_answer_that_is_no_fhir(body: bytes, what: str) -> None:
    with pytest.raises(EhrNonsense, match=what):
        run(an_ehr(httpx2.Response(200, content=body)).client.read("Patient/1"))


def test_answer_of_absurd_depth_is_no_fhir() -> None:
    for depth, taken in ((40, True), (300, False), (900, False)):
        body = b'{"resourceType":"Patient","id":"1","x":' + b"[" * depth + b"]" * depth + b"}"
        ehr = an_ehr(httpx2.Response(200, content=body))
        if taken:
            assert run(ehr.client.read("Patient/1"))["id"] == "1"
            continue
        with pytest.raises(EhrNonsense) as refused:
            run(ehr.client.read("Patient/1"))
        assert refused.value.what == "not-json"


@pytest.mark.parametrize("bundle", [{"type": "batch"}, {"entry": {"resource": 1}}])
def test_search_answer_that_is_no_searchset(bundle: dict[str, Any]) -> None:
    with pytest.raises(EhrNonsense, match="not-a-searchset"):
        run(an_ehr(page("1", **bundle)).client.search("Condition"))


def test_remarks_of_the_ehr_are_no_resources() -> None:
    entries = [{"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}}, {"x": 1}, 7]
    assert run(an_ehr(page(entry=entries)).client.search("Condition")) == ()


def test_search_by_identifier_leaves_no_identifier_in_an_address() -> None:
    ehr = an_ehr(page("1"))
    run(ehr.client.search("Patient", {"identifier": "urn:x|19121212-1212"}, post=True))
    (request,) = ehr.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/Patient/_search")
    assert request.content == b"identifier=urn%3Ax%7C19121212-1212"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_parameters_cannot_break_out_of_their_place() -> None:
    ehr = an_ehr(page("1"))
    run(ehr.client.search("Condition?code=x", {"patient": "a&b=c#d", "date": ["ge2026", "le2027"]}))
    assert str(ehr.requests[0].url) == f"{BASE}/Condition?code=x&patient=a%26b%3Dc%23d&date=ge2026&date=le2027"


@pytest.mark.parametrize("query", ["../admin", "https://evil.example/x", "condition?x", ""])
def test_search_begins_with_a_type(query: str) -> None:
    with pytest.raises(ValueError, match="type"):
        run(an_ehr(page()).client.search(query))


SCOPES = [
    ("user/Condition.rs", lambda c: c.read("Patient/1"), "Patient.r"),
    ("user/Patient.r", lambda c: c.search("Patient"), "Patient.s"),
    ("user/Task.rus", lambda c: c.create(TASK), "Task.c"),
    ("user/Task.crs", lambda c: c.update(TASK, if_match="1"), "Task.u"),
]


@pytest.mark.parametrize(("scopes", "ask", "missing"), SCOPES)
def test_what_no_scope_grants_is_not_even_asked(scopes: str, ask: Any, missing: str) -> None:
    ehr = an_ehr(ok(PATIENT), scopes=scopes)
    with pytest.raises(NotPermitted) as fault:
        run(ask(ehr.client))
    assert fault.value.scope == missing
    assert ehr.requests == []


OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"code": "forbidden", "diagnostics": "Anna Andersson 1912"}]}
STATUSES: list[tuple[httpx2.Response, EhrFault, EhrFault]] = [
    # answer, fault after a read, fault after a write
    (
        ok(OUTCOME, 403),
        EhrRefused("asked", 403, "read Patient", "forbidden"),
        EhrRefused("asked", 403, "transaction", "forbidden"),
    ),
    (ok({}, 404), EhrRefused("asked", 404, "read Patient"), EhrRefused("asked", 404, "transaction")),
    (ok({}, 422), EhrRefused("asked", 422, "read Patient"), EhrRefused("asked", 422, "transaction")),
    (ok({}, 409), EhrVersionClash("asked", 409, "read Patient"), EhrVersionClash("asked", 409, "transaction")),
    (ok({}, 412), EhrVersionClash("asked", 412, "read Patient"), EhrVersionClash("asked", 412, "transaction")),
    (ok({}, 429, retry_after="7"), EhrBusy("asked", 429, 7), EhrBusy("asked", 429, 7)),
    (ok({}, 503), EhrBusy("asked", 503, None), EhrBusy("asked", 503, None)),
    (ok({}, 500), EhrUnreachable("asked", "status-500"), EhrUnclear("asked", "transaction", "status-500")),
    (ok({}, 502), EhrUnreachable("asked", "status-502"), EhrUnclear("asked", "transaction", "status-502")),
]


@pytest.mark.parametrize(("answer", "after_read", "after_write"), STATUSES)
def test_status_becomes_the_fault_it_stands_for(
    answer: httpx2.Response, after_read: EhrFault, after_write: EhrFault
) -> None:
    for ask, expected in (("read", after_read), ("write", after_write)):
        ehr = an_ehr(answer)
        with pytest.raises(type(expected)) as fault:
            run(ehr.client.read("Patient/1") if ask == "read" else ehr.client.transaction(BUNDLE))
        assert vars(fault.value) == vars(expected)
        assert "Anna" not in f"{fault.value!s}{fault.value!r}"


LOST: list[tuple[Exception, str, EhrFault]] = [
    (httpx2.ConnectError("x"), "connect", EhrUnreachable("asked", "connect")),
    (httpx2.ConnectTimeout("x"), "connect", EhrUnreachable("asked", "connect")),
    (httpx2.ReadTimeout("x"), "slow", EhrUnclear("asked", "transaction", "slow")),
    (httpx2.RemoteProtocolError("x"), "lost", EhrUnclear("asked", "transaction", "lost")),
    (httpx2.WriteError("x"), "lost", EhrUnclear("asked", "transaction", "lost")),
]


@pytest.mark.parametrize(("lost", "why", "after_write"), LOST)
def test_lost_answer_is_unclear_only_when_something_was_sent(lost: Exception, why: str, after_write: EhrFault) -> None:
    with pytest.raises(EhrUnreachable) as read:
        run(an_ehr(lost).client.read("Patient/1"))
    assert read.value.why == why
    ehr = an_ehr(lost)
    with pytest.raises(type(after_write)) as write:
        run(ehr.client.transaction(BUNDLE))
    assert vars(write.value) == vars(after_write)
    assert len(ehr.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"resourceType":"Patient"}', b'{"x":1}'])
def test_transaction_without_a_bundle_in_answer_is_unclear(body: bytes) -> None:
    with pytest.raises(EhrUnclear):
        run(an_ehr(httpx2.Response(200, content=body)).client.transaction(BUNDLE))


def test_reads_are_tried_twice_and_writes_once() -> None:
    ehr = an_ehr(httpx2.ReadTimeout("x"), ok(PATIENT))
    assert run(ehr.client.read("Patient/1")) == PATIENT
    failing = an_ehr(httpx2.ReadTimeout("x"))
    with pytest.raises(EhrUnreachable):
        run(failing.client.read("Patient/1"))
    assert len(failing.requests) == 2
    busy = an_ehr(ok({}, 429))
    with pytest.raises(EhrBusy):
        run(busy.client.read("Patient/1"))
    assert len(busy.requests) == 1
    writing = an_ehr(httpx2.ReadTimeout("x"))
    with pytest.raises(EhrUnclear):
        run(writing.client.create(TASK))
    assert len(writing.requests) == 1


def test_token_that_the_ehr_no_longer_takes_is_renewed_once() -> None:
    ehr = an_ehr(ok({}, 401), ok(PATIENT), tokens=["old", "new"])
    assert run(ehr.client.read("Patient/1")) == PATIENT
    assert [request.headers["authorization"] for request in ehr.requests] == ["Bearer old", "Bearer new"]
    stubborn = an_ehr(ok({}, 401), tokens=["old", "new", "newer"])
    with pytest.raises(EhrRefused) as fault:
        run(stubborn.client.read("Patient/1"))
    assert fault.value.status == 401
    assert len(stubborn.requests) == 2
    with pytest.raises(NoToken, match="refused"):
        run(an_ehr(ok({}, 401)).client.read("Patient/1"))


@pytest.mark.parametrize(
    "answer",
    [
        ok({"resourceType": "OperationOutcome", "issue": [{"severity": "information"}, {"severity": "error"}]}),
        ok({"resourceType": "OperationOutcome", "issue": [{"severity": "fatal"}]}, 201, location="Task/9"),
        ok({"resourceType": "Bundle", "type": "searchset"}),
        httpx2.Response(202),
    ],
)
def test_a_good_status_with_a_body_that_denies_it_is_unclear(answer: httpx2.Response) -> None:
    with pytest.raises(EhrUnclear):
        run(an_ehr(answer).client.update(TASK, if_match=None))
    with pytest.raises(EhrUnclear):
        run(an_ehr(answer).client.create({"resourceType": "Task"}))
    remark = ok({"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}, None]}, 201, location="Task/9")
    assert run(an_ehr(remark).client.create({"resourceType": "Task"})).id == "9"


def test_update_names_the_version_it_is_based_on() -> None:
    ehr = an_ehr(ok(TASK | {"meta": {"versionId": "4"}}, etag='W/"4"'))
    written = run(ehr.client.update(TASK, if_match="3"))
    assert (ehr.requests[0].method, ehr.requests[0].headers["if-match"]) == ("PUT", 'W/"3"')
    assert (written.id, written.version_id) == ("t1", "4")


CREATED = [
    (httpx2.Response(201, headers={"location": f"{BASE}/Task/9/_history/2"}), ("9", "2")),
    (httpx2.Response(201, headers={"location": "http://behind.internal/x/Task/9/_history/2"}), ("9", "2")),
    (httpx2.Response(201, headers={"location": "Task/9", "etag": '"5"'}), ("9", "5")),
    (ok({"resourceType": "Task", "id": "9", "meta": {"versionId": "1"}}, 201), ("9", "1")),
    (ok({"resourceType": "OperationOutcome"}, 201, location=f"{BASE}/Task/9/_history/1"), ("9", "1")),
    (httpx2.Response(201), (None, None)),
]


@pytest.mark.parametrize(("answer", "expected"), CREATED)
def test_id_and_version_of_what_was_written(answer: httpx2.Response, expected: tuple[str | None, str | None]) -> None:
    ehr = an_ehr(answer)
    written = run(ehr.client.create({"resourceType": "Task"}, if_none_exist="identifier=a|b"))
    assert (written.id, written.version_id) == expected
    assert ehr.requests[0].headers["if-none-exist"] == "identifier=a|b"
    assert len(ehr.requests) == 1

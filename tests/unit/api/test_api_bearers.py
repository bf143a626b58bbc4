"""Bearer tokens of our API: what is not exactly a valid one is 401, and a valid one reaches no further than it says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from smart_app.api_tokens import tokens
from smart_app.audit.tables import AuditRow
from smart_app.sealing import digest
from tests.unit.api.test_api_doors import launch
from tests.worklist_desk import APP, OTHER_ISSUER, OTHER_PROVIDER, OTHER_UNIT, UNIT, Desk

READER = "system/Task.rs"


def bearer(desk: Desk, scopes: str = READER) -> str:
    return desk.token(scopes)["Authorization"].removeprefix("Bearer ")


def denials(desk: Desk) -> list[str | None]:
    with desk.store.reading() as session:
        return [row.detail for row in session.exec(select(AuditRow).where(AuditRow.action == "denied"))]


FORGERIES: dict[str, Any] = {
    "one character less": lambda text: text[:-1],
    "one character more": lambda text: text + "A",
    "one character changed": lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"),
    "other case": lambda text: text.swapcase(),
    "without its prefix": lambda text: text.removeprefix(tokens.PREFIX),
    "prefix alone": lambda _: tokens.PREFIX,
    "its digest, as the database has it": digest,
    "twice in one header": lambda text: f"{text}, Bearer {text}",
    "with a NUL": lambda text: f"{text}\x00",
    "in quotes": lambda text: f'"{text}"',
    "a wildcard": lambda _: "%",
    "SQL": lambda _: "' OR '1'='1",
    "a JWT that is not signed": lambda _: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZWdpb24ifQ.",
    "ten thousand characters": lambda _: "A" * 10_000,
    "bytes that are no text": lambda _: b"\xff\xfe".decode("latin-1"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_opens_nothing_and_its_twin_does(desk: Desk, name: str) -> None:
    api, text = desk.api(), bearer(desk)
    forged = f"Bearer {FORGERIES[name](text)}".encode("latin-1")
    answer = api.get("/fhir/Task", headers=[(b"Authorization", forged)])
    assert answer.status_code == 401
    assert answer.json()["issue"][0]["code"] == "login"
    assert text not in answer.text
    assert api.get("/fhir/Task", headers={"Authorization": f"Bearer {text}"}).status_code == 200


@pytest.mark.parametrize("kind", ["Task", "Patient", "CarePlan"])
def test_a_token_of_an_ehr_that_is_not_in_the_issuers_file_any_more_is_over(desk: Desk, kind: str) -> None:
    headers = desk.token(owner=replace(UNIT, issuer="gone"))
    assert desk.api().get(f"/fhir/{kind}", headers=headers).status_code == 401


@pytest.mark.parametrize("days", [30, 31, 4000])
def test_an_expired_token_is_over_on_the_second(desk: Desk, days: int) -> None:
    api, headers = desk.api(), desk.token()
    desk.clock.instant += timedelta(days=30, seconds=-1)
    assert api.get("/fhir/Task", headers=headers).status_code == 200
    desk.clock.instant += timedelta(days=days - 30, seconds=1)
    assert api.get("/fhir/Task", headers=headers).status_code == 401


def test_a_revoked_token_is_over_at_once_and_for_all_time(desk: Desk) -> None:
    api, headers = desk.api(), desk.token()
    with desk.store.transaction() as session:
        (row,) = tokens.listed(session, UNIT)
        tokens.revoke(session, UNIT, row.id, now=desk.now)
    for _ in range(2):
        assert api.get("/fhir/Task", headers=headers).status_code == 401
        desk.clock.instant -= timedelta(days=1)  # a clock that was set back does not bring it back


@pytest.mark.parametrize("owner", [OTHER_UNIT, OTHER_PROVIDER, OTHER_ISSUER], ids=["unit", "provider", "issuer"])
def test_another_units_task_is_404_as_if_it_were_not_there_and_logged(desk: Desk, owner: Any) -> None:
    theirs, api, headers = desk.put(owner=owner), desk.api(), desk.token()
    copy = desk.keep({"resourceType": "CarePlan", "subject": {"reference": "Patient/p1"}}, owner=owner)
    change = {**headers, "If-Match": 'W/"1"', "Content-Type": "application/fhir+json"}
    answers = [
        api.get(f"/fhir/Task/{theirs.id}", headers=headers),
        api.put(f"/fhir/Task/{theirs.id}", headers=change, content="{}"),
        api.get(f"/fhir/CarePlan/{copy}", headers=headers),
    ]
    nowhere = api.get("/fhir/Task/00000000-0000-4000-8000-000000000000", headers=headers)
    assert [each.status_code for each in answers] == [404, 404, 404]
    assert answers[0].json() == nowhere.json()  # nothing tells one from the other
    assert len(denials(desk)) == 4
    assert all(theirs.id not in (detail or "") for detail in denials(desk))
    found = api.get(f"/fhir/Task?unit={owner.care_unit}&patient=p1", headers=headers).json()
    assert found["total"] == 0


def test_no_header_and_no_parameter_widens_a_scope(desk: Desk) -> None:
    task, api = desk.put(), desk.api()
    headers = desk.token(READER)
    change = {**headers, "If-Match": 'W/"1"', "Content-Type": "application/fhir+json"}
    current = api.get(f"/fhir/Task/{task.id}", headers=headers).json()
    for more in ({}, {"X-HTTP-Method-Override": "PUT"}, {"Scope": "system/*.cruds"}, {"X-Launch": "x"}):
        sent = api.put(f"/fhir/Task/{task.id}?scope=system/*.cruds", headers={**change, **more}, content="{}")
        assert sent.status_code == 403
    overridden = api.post(f"/fhir/Task/{task.id}", headers={**change, "X-HTTP-Method-Override": "PUT"}, content="{}")
    assert overridden.status_code == 405
    assert api.get("/fhir/Patient/p1", headers=headers).status_code == 403
    assert api.get(f"/fhir/Task/{task.id}", headers=headers).json() == current
    assert len(denials(desk)) == 5


def test_a_token_in_an_address_or_a_form_is_no_token(desk: Desk) -> None:
    api, text = desk.api(), bearer(desk)
    assert api.get(f"/fhir/Task?access_token={text}").status_code == 401
    assert api.post("/fhir/Task/_search", data={"access_token": text}).status_code == 401
    assert api.get("/fhir/Task", headers={"Cookie": f"access_token={text}"}).status_code == 401
    assert (
        api.get("/fhir/Task", headers={"X-Api-Key": text, "Proxy-Authorization": f"Bearer {text}"}).status_code == 401
    )


def test_two_authorization_headers_are_refused_though_both_hold(desk: Desk) -> None:
    api, first, second = desk.api(), bearer(desk), bearer(desk)
    both = [("Authorization", f"Bearer {first}"), ("Authorization", f"Bearer {second}")]
    for headers in (
        both,
        [both[0], both[0]],
        [("Authorization", "Basic x"), both[0]],
        [both[0], ("Authorization", "")],
    ):
        assert api.get("/fhir/Task", headers=headers).status_code == 401


def test_a_cookie_adds_nothing_to_a_token_and_saves_no_bad_one(desk: Desk) -> None:
    task, api = desk.put(), desk.api()
    cookie, form_token = launch(desk)
    page = {**cookie, "Origin": APP, "X-Form-Token": form_token, "If-Match": 'W/"1"'}
    wanted = api.get(f"/fhir/Task/{task.id}", headers=cookie).json() | {"status": "accepted"}
    del wanted["text"]
    with_reader = {**page, **desk.token(READER)}
    assert api.put(f"/fhir/Task/{task.id}", json=wanted, headers=with_reader).status_code == 403
    assert (
        api.put(f"/fhir/Task/{task.id}", json=wanted, headers={**page, "Authorization": "Bearer x"}).status_code == 401
    )
    assert api.get("/fhir/Task", headers={**cookie, "Authorization": "Bearer x"}).status_code == 401
    others = {**cookie, **desk.token(READER, owner=OTHER_UNIT)}
    assert api.get("/fhir/Task", headers=others).json()["total"] == 0
    assert api.put(f"/fhir/Task/{task.id}", json=wanted, headers=page).status_code == 200  # the twin


BODIES: dict[str, tuple[bytes, int, str]] = {
    "a name twice": (b'{"resourceType":"Task","status":"accepted","status":"requested"}', 400, "name-twice"),
    "a name twice, deep inside": (b'{"a":[{"b":{"c":1,"c":1}}]}', 400, "name-twice"),
    "a name twice, once escaped": (b'{"id":"1","\\u0069d":"2"}', 400, "name-twice"),
    "a hundred thousand brackets": (b"[" * 100_000, 400, "not-json"),
    "nested as deep as it is read": (b'{"a":' * 1000 + b"1" + b"}" * 1000, 400, "too-deep"),
    "bytes that are no UTF-8": (b'{"resourceType":"\xff"}', 400, "not-json"),
    "half a surrogate": (b'{"resourceType":"\\ud800"}', 400, "not-json"),
    "a NUL in the open": (b'{"resourceType":"Ta\x00sk"}', 400, "not-json"),
    "not a number": (b'{"a":NaN}', 400, "not-json"),
    "endless": (b'{"a":1e400}', 400, "not-json"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), 400, "not-json"),
    "two documents": (b"{}{}", 400, "not-json"),
    "a list": (b"[]", 400, "not-an-object"),
    "nothing": (b"", 400, "not-json"),
    "a number of a thousand digits": (b'{"resourceType":"Task","a":' + b"9" * 1000 + b"}", 400, "not-json"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_sound_json_changes_nothing(desk: Desk, name: str) -> None:
    body, status, reason = BODIES[name]
    task, api = desk.put(), desk.api()
    headers = desk.token() | {"If-Match": 'W/"1"', "Content-Type": "application/fhir+json"}
    answer = api.put(f"/fhir/Task/{task.id}", content=body, headers=headers)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert reason in json.dumps(answer.json())
    assert api.get(f"/fhir/Task/{task.id}", headers=headers).json()["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/xml", "application/fhir+xml", "text/html, application/json"]
)
def test_a_body_of_another_kind_is_415(desk: Desk, kind: str) -> None:
    task, api = desk.put(), desk.api()
    headers = desk.token() | {"If-Match": 'W/"1"', "Content-Type": kind}
    assert api.put(f"/fhir/Task/{task.id}", content=b"{}", headers=headers).status_code == 415

"""The rest of our FHIR API: who may come in, what it says of itself, and that every answer is FHIR."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from smart_app.api_tokens import tokens
from smart_app.audit.tables import AuditRow
from smart_app.launch import cookies
from smart_app.launch.tables import OPEN, LaunchRow
from smart_app.routes.fhir_types import SERVED
from smart_app.sealing import digest
from smart_app.store.owner import Owner
from tests.worklist_desk import APP, EHR, NUMBERS, OTHER_PROVIDER, OTHER_UNIT, UNIT, Desk, a_patient

ASSESSMENT = {
    "resourceType": "RiskAssessment",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "condition": {"reference": "Condition/c1"},
}


def launch(
    desk: Desk, role: str | None = "coordinator", *, patient: str | None = None, owner: Owner = UNIT
) -> tuple[dict[str, str], str]:
    """Headers of a browser with one open launch, and its form token."""
    secret = cookies.new_secret()
    row = LaunchRow(
        **owner.columns(),
        stage=OPEN,
        state_digest=digest(cookies.new_secret()),
        cookie_digest=digest(secret),
        asked="",
        created_at=desk.now,
        last_used_at=desk.now,
        expires_at=desk.now + timedelta(hours=8),
        role=role,
        patient=patient,
        user_reference="PractitionerRole/sofia",
    )
    with desk.store.transaction() as session:
        session.add(row)
    form_token = desk.sealer.mac("form-token", f"{row.id}\x1f{row.cookie_digest}")
    return {"Cookie": f"{cookies.name(row.id)}={secret}"}, form_token


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/fhir/Task"),
        ("POST", "/fhir/Task/_search"),
        ("GET", "/fhir/Task/1"),
        ("PUT", "/fhir/Task/1"),
        ("GET", "/fhir/Patient/p1"),
        ("GET", "/fhir/RiskAssessment"),
        ("GET", "/fhir/Goal"),
        ("GET", "/fhir/nonsense"),
        ("DELETE", "/fhir/Task/1"),
    ],
)
def test_strangers_get_401(desk: Desk, method: str, path: str) -> None:
    api = desk.api()
    for authorization in (None, "Bearer wrong", "Basic dTpw", "Bearer", ""):
        answer = api.request(method, path, headers={} if authorization is None else {"Authorization": authorization})
        assert answer.status_code == 401
        assert answer.json()["issue"][0]["code"] == "login"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_ends_when_it_is_revoked_or_old(desk: Desk) -> None:
    api, headers = desk.api(), desk.token()
    with desk.store.transaction() as session:
        (row,) = tokens.listed(session, UNIT)
        assert headers["Authorization"].removeprefix("Bearer ") not in row.model_dump_json()
    assert api.get("/fhir/Task", headers=headers).status_code == 200
    desk.clock.instant += timedelta(days=30)
    assert api.get("/fhir/Task", headers=headers).status_code == 401
    desk.clock.instant -= timedelta(days=1)
    with desk.store.transaction() as session:
        tokens.revoke(session, UNIT, row.id, now=desk.now)
    assert api.get("/fhir/Task", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        ("system/Task.r", "GET", "/fhir/Task", 403),
        ("system/Task.s", "GET", "/fhir/Task", 200),
        ("system/Task.rs", "PUT", "/fhir/Task/1", 403),
        ("system/Task.rs", "GET", "/fhir/Patient/p1", 403),
        ("system/*.rs", "GET", "/fhir/RiskAssessment", 200),
    ],
)
def test_outside_the_scopes_is_403_and_logged(desk: Desk, scopes: str, method: str, path: str, status: int) -> None:
    assert desk.api().request(method, path, headers=desk.token(scopes)).status_code == status
    with desk.store.reading() as session:
        denied = session.exec(select(AuditRow).where(AuditRow.action == "denied")).all()
    assert len(denied) == (1 if status == 403 else 0)


def test_includes_stop_at_the_scopes(desk: Desk) -> None:
    desk.put()
    answer = desk.api().get("/fhir/Task?_include=Task:patient", headers=desk.token("system/Task.rs"))
    assert {entry["resource"]["resourceType"] for entry in answer.json()["entry"]} == {"Task"}


def test_a_coordinators_launch_reads_and_moves_with_form_token_and_origin(desk: Desk) -> None:
    task, api = desk.put(), desk.api()
    cookie, form_token = launch(desk)
    current = api.get(f"/fhir/Task/{task.id}", headers=cookie).json()
    wanted: Any = current | {"status": "accepted"}
    del wanted["text"]
    good = {**cookie, "If-Match": 'W/"1"', "Origin": APP, "X-Form-Token": form_token}
    for wrong in (
        {key: value for key, value in good.items() if key != "Origin"},
        {key: value for key, value in good.items() if key != "X-Form-Token"},
        {**good, "Origin": "https://ehr.example"},
        {**good, "X-Form-Token": "0" * 64},
    ):
        answer = api.put(f"/fhir/Task/{task.id}", json=wanted, headers=wrong)
        assert answer.status_code == 403
    assert api.get(f"/fhir/Task/{task.id}", headers=cookie).json() == current
    assert api.put(f"/fhir/Task/{task.id}", json=wanted, headers=good).status_code == 200


def test_a_physicians_launch_sees_its_patient_alone(desk: Desk) -> None:
    mine, other = desk.put(a_patient("p1")), desk.put(a_patient("p2", number=NUMBERS[1]))
    api, (cookie, form_token) = desk.api(), launch(desk, "physician", patient="Patient/p1")
    found = api.get("/fhir/Task", headers=cookie).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [mine.id]
    assert api.get("/fhir/Task?patient=p2", headers=cookie).json()["total"] == 0
    assert api.get(f"/fhir/Task/{other.id}", headers=cookie).status_code == 404
    assert api.get("/fhir/Patient/p2", headers=cookie).status_code == 404
    assert api.get("/fhir/Patient", headers=cookie).json()["total"] == 1
    change = {**cookie, "Origin": APP, "X-Form-Token": form_token, "If-Match": 'W/"1"'}
    assert api.put(f"/fhir/Task/{mine.id}", json={}, headers=change).status_code == 403


def test_a_launch_without_a_known_role_sees_nothing(desk: Desk) -> None:
    desk.put()
    for role in (None, "head-of-unit"):
        cookie, _ = launch(desk, role)
        assert desk.api().get("/fhir/Task", headers=cookie).status_code == 403


def test_two_launches_must_say_which(desk: Desk) -> None:
    desk.put()
    (first, _), (second, _) = launch(desk), launch(desk, owner=OTHER_UNIT)
    both = {"Cookie": f"{first['Cookie']}; {second['Cookie']}"}
    api = desk.api()
    assert api.get("/fhir/Task", headers=both).status_code == 401
    named = first["Cookie"].split("=")[0].removeprefix(cookies.PREFIX)
    assert api.get("/fhir/Task", headers={**both, "X-Launch": named}).json()["total"] == 1
    assert api.get("/fhir/Task", headers={**first, "X-Launch": "nonsense"}).status_code == 401


def test_an_idle_launch_is_over(desk: Desk) -> None:
    cookie, _ = launch(desk)
    desk.clock.instant += timedelta(minutes=16)
    assert desk.api().get("/fhir/Task", headers=cookie).status_code == 401


def test_copies_are_found_by_patient_and_identifier(desk: Desk) -> None:
    id_ = desk.keep(ASSESSMENT)
    desk.keep(ASSESSMENT | {"subject": {"reference": "Patient/p2"}}, patient="Patient/p2")
    desk.keep(ASSESSMENT, owner=OTHER_PROVIDER)
    api, headers = desk.api(), desk.token()
    body = api.get(f"/fhir/RiskAssessment/{id_}", headers=headers).json()
    assert body["condition"]["reference"] == f"{EHR}/Condition/c1"
    system = desk.urls.identifier_system("assessment")
    for query, total in (
        ("", 2),
        ("patient=p1", 1),
        (f"_id={id_}", 1),
        (f"identifier={id_}", 1),
        (f"identifier={system}|{id_}", 1),
        (f"identifier=http://elsewhere|{id_}", 0),
        (f"identifier={id_}&patient=p2", 0),
        ("_count=1", 2),
    ):
        assert api.get(f"/fhir/RiskAssessment?{query}", headers=headers).json()["total"] == total, query
    page = api.get("/fhir/RiskAssessment?_count=1", headers=headers).json()
    assert {link["relation"] for link in page["link"]} == {"self", "next"}
    assert api.get(f"/fhir/CarePlan/{id_}", headers=headers).status_code == 404


def test_a_personal_number_is_searched_in_a_form_only_and_stands_in_no_link(desk: Desk) -> None:
    desk.put(a_patient("p1", number=NUMBERS[0]))
    desk.put(a_patient("p2", number=NUMBERS[1], protected=True))
    api, headers = desk.api(), desk.token()
    assert api.get(f"/fhir/Patient?identifier={NUMBERS[0]}", headers=headers).status_code == 400
    for number, total in (
        (NUMBERS[0], 1),
        (NUMBERS[0][2:8] + "-" + NUMBERS[0][8:], 1),
        (NUMBERS[1], 0),
        ("no-number", 0),
    ):
        answer = api.post("/fhir/Patient/_search", data={"identifier": number}, headers=headers).json()
        assert answer["total"] == total, number
        assert number not in str(answer["link"])


def test_definitions_are_open_and_whole(desk: Desk) -> None:
    api = desk.api()
    for kind in ("Questionnaire", "CodeSystem", "ValueSet", "SearchParameter", "StructureDefinition"):
        answer = api.get(f"/fhir/{kind}").json()
        assert answer["total"] == len(answer["entry"]) > 0
        first = answer["entry"][0]["resource"]
        assert api.get(f"/fhir/{kind}/{first['id']}").json() == first
        assert api.get(f"/fhir/{kind}", params={"url": first["url"]}).json()["total"] == 1
        assert api.get(f"/fhir/{kind}/nonsense").status_code == 404


def test_metadata_says_what_is_there_and_no_more(desk: Desk) -> None:
    api, headers = desk.api(), desk.token()
    statement = api.get("/fhir/metadata").json()
    assert statement["fhirVersion"] == "4.0.1"
    resources = {each["type"]: each for each in statement["rest"][0]["resource"]}
    assert set(resources) == set(SERVED)
    for kind, described in resources.items():
        codes = {each["code"] for each in described["interaction"]}
        assert codes == ({"read", "update", "search-type"} if kind == "Task" else {"read", "search-type"})
        answers = {
            "read": api.get(f"/fhir/{kind}/x", headers=headers).status_code,
            "search-type": api.get(f"/fhir/{kind}", headers=headers).status_code,
            "update": api.put(f"/fhir/{kind}/x", headers=headers).status_code,
        }
        assert answers == {"read": 404, "search-type": 200, "update": 428 if kind == "Task" else 405}
        for parameter in described["searchParam"]:
            value = {"date": "2026", "reference": "p1"}.get(parameter["type"], "x")
            sent = api.post(f"/fhir/{kind}/_search", data={parameter["name"]: value}, headers=headers)
            assert sent.status_code == 200, (kind, parameter["name"], sent.text)
            if "definition" in parameter:
                own = api.get("/fhir/SearchParameter", params={"url": parameter["definition"]}).json()
                assert own["entry"][0]["resource"]["code"] == parameter["name"]
        for include in described.get("searchInclude", []):
            assert api.get(f"/fhir/{kind}?_include={include}", headers=headers).status_code == 200
    assert "system/Task.rus" in api.get("/fhir/.well-known/smart-configuration").json()["scopes_supported"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/fhir/Task", 405),
        ("DELETE", "/fhir/Task/1", 405),
        ("PATCH", "/fhir/Task/1", 405),
        ("GET", "/fhir/Task/1/_history", 501),
        ("GET", "/fhir/Task/1/_history/2", 501),
        ("GET", "/fhir/CarePlan/_history", 501),
        ("GET", "/fhir/_history", 501),
        ("GET", "/fhir/Goal", 501),
        ("GET", "/fhir/Measure/1/$evaluate-measure", 501),
        ("POST", "/fhir/Questionnaire/fk7804-v2/$populate", 501),
        ("GET", "/fhir/Observation", 404),
        ("GET", "/fhir", 404),
        ("POST", "/fhir", 404),
        ("GET", "/fhir/Task/a/b/c", 404),
    ],
)
def test_what_has_no_door_answers_with_an_outcome(desk: Desk, method: str, path: str, status: int) -> None:
    answer = desk.api().request(method, path, headers=desk.token())
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert (status == 405) == ("allow" in answer.headers)


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"Accept": "application/fhir+xml"}, "", 406),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "", 200),
        ({"Accept": "text/turtle"}, "?_format=json", 200),
        ({}, "?_format=xml", 406),
        ({}, "?_format=application/fhir+json", 200),
    ],
)
def test_json_is_the_only_format(desk: Desk, headers: dict[str, str], query: str, status: int) -> None:
    answer = desk.api().get(f"/fhir/metadata{query}", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/fhir+json")


def test_outcomes_speak_the_callers_language(desk: Desk) -> None:
    api = desk.api()
    words = {
        language: api.get("/fhir/Task", headers={"Accept-Language": language}).json()["issue"][0]["details"]["text"]
        for language in ("sv", "en-GB,sv;q=0.5", "de")
    }
    assert words["sv"] == words["de"] != words["en-GB,sv;q=0.5"]


def test_a_database_that_does_not_answer_is_503(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = desk.token()
    from sqlalchemy.exc import OperationalError

    def down(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("secret"))

    monkeypatch.setattr(tokens, "check", down)
    answer = desk.api().get("/fhir/Task", headers=headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "secret" not in answer.text


def test_a_fault_nobody_foresaw_shows_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = desk.token()

    def broken(*_: object, **__: object) -> None:
        raise ValueError("Eva Prov 195701292897")

    monkeypatch.setattr(tokens, "check", broken)
    answer = desk.api().get("/fhir/Task", headers=headers)
    assert answer.status_code == 500
    assert "Prov" not in answer.text


def test_health_and_metrics_count_and_name_nobody(desk: Desk) -> None:
    desk.put(a_patient("hemlig-id", name="Hemlig Prov"))
    api, headers = desk.api(), desk.token()
    api.get("/fhir/Patient/hemlig-id", headers=headers)
    assert api.get("/health/live").json()["status"] == "live"
    ready = api.get("/health/ready").json()
    assert (ready["status"], ready["outbox"]["waiting"], ready["outbox"]["oldest_s"]) == ("ready", 0, None)
    text = api.get("/metrics").text
    assert 'sickleave_tasks{status="requested"} 1.0' in text
    assert 'route="/fhir/Patient/{patient_id}"' in text
    for secret in ("hemlig", "Hemlig", UNIT.care_unit, UNIT.care_provider, "region"):
        assert secret not in text


def test_not_ready_without_a_database(desk: Desk) -> None:
    from sqlalchemy import text

    with desk.store.transaction() as session:
        session.connection().execute(text("DROP TABLE outbox"))
    assert desk.api().get("/health/ready").status_code == 503

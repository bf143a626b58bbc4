"""What is read of one patient and of one unit, and what is said of the rest."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from fhir_mapping.errors import WrongPatient
from fhir_mapping.read.case import read_case
from risk.case import Scope, ScopeKind
from smart_app.ehr.case_query import read_chart
from smart_app.ehr.errors import EhrNonsense, EhrRefused, EhrUnreachable, NotPermitted
from smart_app.ehr.unit_query import patients_of_unit
from smart_app.launch.scopes import parse
from tests.unit.ehr.asking import BASE, AskedEhr, an_ehr, ok, run

SINCE = date(2025, 11, 22)
ALL = "patient/*.rs user/*.rs"
V1, V2 = "https://q.example/fk7804-v1|1.0", "https://q.example/fk7804-v2|2.0"


def resource(kind: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": id_, **more}


def pointing(reference: str) -> dict[str, str]:
    return {"reference": reference}


RECORD = {
    "Patient/1": resource("Patient", "1"),
    "Condition/c": resource("Condition", "c", subject=pointing("Patient/1")),
    "Encounter/e": resource("Encounter", "e", subject=pointing("Patient/1")),
    "QuestionnaireResponse/q1": resource(
        "QuestionnaireResponse", "q1", questionnaire=V1, author=pointing("PractitionerRole/r")
    ),
    "QuestionnaireResponse/q2": resource(
        "QuestionnaireResponse", "q2", questionnaire=V2, author=pointing(f"{BASE}/PractitionerRole/r")
    ),
    "PractitionerRole/r": resource("PractitionerRole", "r", organization=pointing("Organization/o")),
    "Organization/o": resource("Organization", "o", partOf=pointing("Organization/p")),
    "Organization/p": resource("Organization", "p", partOf=pointing("Organization/o")),
}


def a_record(scopes: str = ALL, **changed: httpx2.Response | None) -> AskedEhr:
    """The record above; `changed` answers by type instead."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/fhir/").removesuffix("/_search")
        kind = path.partition("/")[0]
        if changed.get(kind) is not None:
            return changed[kind] or httpx2.Response(500)
        if path in RECORD:
            return ok(RECORD[path])
        query = parse_qs(request.url.query.decode())
        found = [each for each in RECORD.values() if each["resourceType"] == kind]
        if "questionnaire" in query:
            found = [each for each in found if each["questionnaire"] in query["questionnaire"]]
        entries = [{"resource": each} for each in found]
        return ok({"resourceType": "Bundle", "type": "searchset", "entry": entries})

    return an_ehr(answer, scopes=scopes)


def chart(ehr: AskedEhr, questionnaires: tuple[str, ...] = (V1, V2), **more: Any) -> Any:
    return run(
        read_chart(
            ehr.client,
            patient="Patient/1",
            granted=parse(ehr.scopes),
            questionnaires=questionnaires,
            since=SINCE,
            **more,
        )
    )


@pytest.mark.parametrize("id_", [[[]], {}, 5, None, True])
def test_resource_with_an_id_of_a_kind_that_it_may_not_have_is_refused(id_: Any) -> None:
    odd = resource("Condition", "x", subject=pointing("Patient/1")) | {"id": id_}
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": odd}, {"resource": odd}]}
    with pytest.raises(EhrNonsense) as refused:
        chart(a_record(Condition=ok(bundle)))
    assert refused.value.what == "entry-without-id"


def kinds(found: Any) -> list[str]:
    return sorted(f"{each['resourceType']}/{each['id']}" for each in found.resources)


def test_chart_holds_everything_once() -> None:
    ehr = a_record()
    found = chart(ehr, encounter="Encounter/e")
    assert found.patient == RECORD["Patient/1"]
    assert kinds(found) == sorted(set(RECORD) - {"Patient/1"})
    assert found.withheld == ()
    assert (found.base, found.context_patient, found.context_encounter) == (BASE, "Patient/1", "Encounter/e")
    paths = [request.url.path for request in ehr.requests]
    assert len(paths) == len(set(paths)) + 1  # only the two questionnaires share a path


def test_what_the_launch_is_about_is_read_where_no_search_found_it_and_the_rest_is_not_asked_for() -> None:
    ehr = a_record(CarePlan=httpx2.Response(404))
    found = chart(ehr, context=("Encounter/e", "CarePlan/gone", "Patient/2", "ImagingStudy/1", "CarePlan/gone"))
    asked = [request.url.path.removeprefix("/fhir/") for request in ehr.requests]
    assert asked.count("CarePlan/gone") == 1
    assert not [one for one in asked if one in ("Encounter/e", "Patient/2", "ImagingStudy/1")]
    assert kinds(found) == sorted(set(RECORD) - {"Patient/1"})


def test_what_the_launch_is_about_is_read_and_checked_to_be_the_patients() -> None:
    theirs = resource("Condition", "theirs", subject=pointing("Patient/2"))
    ehr = a_record()
    (usual,) = ehr.answers
    assert callable(usual)
    ehr.answers[0] = lambda asked: ok(theirs) if asked.url.path.endswith("/theirs") else usual(asked)
    found = chart(ehr, context=("Condition/theirs",))
    assert "Condition/theirs" in kinds(found)
    with pytest.raises(WrongPatient):
        read_case(found, on=SINCE, scope=Scope(ScopeKind.PERMITTED))


def test_certificates_are_asked_for_by_canonical_patient_and_time() -> None:
    ehr = a_record()
    chart(ehr)
    asked = [parse_qs(r.url.query.decode()) for r in ehr.requests if "QuestionnaireResponse" in r.url.path]
    assert [(q["patient"], q["questionnaire"], q["authored"]) for q in asked] == [
        (["Patient/1"], [canonical], ["ge2025-11-22"]) for canonical in (V1, V2)
    ]


def test_what_scopes_forbid_is_listed_and_not_asked_for() -> None:
    ehr = a_record("patient/Patient.r patient/QuestionnaireResponse.rs")
    found = chart(ehr, encounter="Encounter/e")
    assert found.withheld == ("CarePlan", "Condition", "Encounter", "PractitionerRole", "Procedure")
    assert {r.url.path.removeprefix("/fhir/").partition("/")[0] for r in ehr.requests} == {
        "Patient",
        "QuestionnaireResponse",
    }


def test_units_that_were_visited_are_read_too_unless_the_visit_says_its_service() -> None:
    def visited(**more: Any) -> list[str]:
        one = resource("Encounter", "v", serviceProvider=pointing("Organization/o"), **more)
        ehr = a_record(
            "patient/Patient.r patient/Encounter.rs patient/Organization.r",
            Encounter=ok({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one}]}),
        )
        chart(ehr)
        return [r.url.path for r in ehr.requests if r.url.path.endswith("/Organization/o")]

    assert len(visited()) == 1
    assert visited(serviceType={"coding": [{"code": "124"}]}) == []


@pytest.mark.parametrize("status", [403, 404])
def test_what_the_ehr_refuses_is_listed_like_it(status: int) -> None:
    found = chart(a_record(Condition=ok({}, status)))
    assert found.withheld == ("Condition",)
    assert "QuestionnaireResponse/q1" in kinds(found)


def test_ehr_that_fails_gives_no_half_chart() -> None:
    with pytest.raises(EhrUnreachable):
        chart(a_record(Condition=ok({}, 500)))
    with pytest.raises(EhrRefused):
        chart(a_record(Condition=ok({}, 400)))


@pytest.mark.parametrize("status", [400, 405, 422, 501])
def test_ehr_that_knows_no_procedures_or_plans_is_read_without_them(status: int) -> None:
    found = chart(a_record(Procedure=ok({}, status), CarePlan=ok({}, status)))
    assert found.withheld == ("CarePlan", "Procedure")
    with pytest.raises(EhrUnreachable):
        chart(a_record(Procedure=ok({}, 500)))


def test_patient_must_be_readable() -> None:
    with pytest.raises(NotPermitted, match=r"Patient\.r"):
        chart(a_record("patient/Condition.rs"))
    with pytest.raises(EhrNonsense, match="another-resource"):
        chart(a_record(Patient=ok(resource("Patient", "2"))))


def test_authors_elsewhere_are_left_where_they_are() -> None:
    answer = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {
                "resource": resource(
                    "QuestionnaireResponse", "x", author=pointing("https://evil.example/PractitionerRole/r")
                )
            },
            {"resource": resource("QuestionnaireResponse", "y", author={"display": "Dr X"})},
            {"resource": resource("QuestionnaireResponse", "z", author="nonsense")},
        ],
    }
    ehr = a_record(QuestionnaireResponse=ok(answer))
    chart(ehr)
    assert not [r for r in ehr.requests if "PractitionerRole" in r.url.path]


def unit_ehr(organizations: list[dict[str, Any]], found: list[dict[str, Any]]) -> AskedEhr:
    def answer(request: httpx2.Request) -> httpx2.Response:
        resources = organizations if "Organization" in request.url.path else found
        entries = [{"resource": each} for each in resources]
        return ok({"resourceType": "Bundle", "type": "searchset", "entry": entries})

    return an_ehr(answer, scopes="system/*.rs")


CERTIFICATES = [
    resource("QuestionnaireResponse", "1", subject=pointing("Patient/b")),
    resource("QuestionnaireResponse", "2", subject=pointing(f"{BASE}/Patient/a")),
    resource("QuestionnaireResponse", "3", subject=pointing("Patient/b/_history/2")),
    resource("QuestionnaireResponse", "4", subject=pointing("https://evil.example/Patient/c")),
    resource("QuestionnaireResponse", "5", subject={"display": "okänd"}),
    resource("Patient", "d"),
]


def test_patients_of_a_unit_each_once() -> None:
    ehr = unit_ehr([resource("Organization", "o1")], CERTIFICATES)
    profile = ehr.client.profile
    found = run(patients_of_unit(ehr.client, profile, "SE2321000016-1A", since=SINCE))
    assert found == ("Patient/b", "Patient/a", "Patient/d")
    first, second = ehr.requests
    assert (first.method, first.url.path) == ("POST", "/fhir/Organization/_search")
    assert b"SE2321000016-1A" in first.content
    query = parse_qs(second.url.query.decode())
    assert query["author:PractitionerRole.organization"] == ["Organization/o1"]
    assert query["authored"] == ["ge2025-11-22"]


def test_unit_by_reference_is_not_looked_up() -> None:
    ehr = unit_ehr([], CERTIFICATES)
    run(patients_of_unit(ehr.client, ehr.client.profile, "Organization/o7", since=SINCE))
    assert [request.method for request in ehr.requests] == ["GET"]


def test_two_units_with_one_hsa_id_are_not_guessed_between() -> None:
    ehr = unit_ehr([resource("Organization", "o1"), resource("Organization", "o2")], CERTIFICATES)
    with pytest.raises(EhrNonsense, match="two-units"):
        run(patients_of_unit(ehr.client, ehr.client.profile, "SE2321000016-1A", since=SINCE))


@pytest.mark.parametrize("unit", ["Organization/o1&patient=x", "o1?x=y", "../o1"])
def test_unit_cannot_change_the_search(unit: str) -> None:
    ehr = unit_ehr([], CERTIFICATES)
    with pytest.raises(EhrRefused):
        run(patients_of_unit(ehr.client, ehr.client.profile, unit, since=SINCE))

"""Small FHIR documents for the tests of fhir_mapping; every part can be replaced."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fhir_mapping.read.case import Chart, read_case
from fhir_mapping.read.organization import Unit
from fhir_mapping.read.role import Role, UserView
from fhir_mapping.urls import CANONICAL, Urls
from fhir_mapping.write.request import AssessmentToWrite, TaskState, Versions
from risk.advice import Intervention
from risk.case import Scope, ScopeKind, SickLeaveCase
from risk.group_match import GroupMatch, MatchLevel
from risk.result import Band, Horizon, ModelInfo, Reason, RiskResult

Json = dict[str, Any]
ON = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PERMITTED = Scope(ScopeKind.PERMITTED)
URLS = Urls("https://sickleave-on-fhir.example/id/6a1c2f4e-0b7d-4a53-9f0e-2d6c8b1a7e55")
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
IDS = {
    "assessment": "11111111-1111-4111-8111-111111111111",
    "plan": "22222222-2222-4222-8222-222222222222",
    "task": "33333333-3333-4333-8333-333333333333",
    "procedure": "44444444-4444-4444-8444-444444444444",
    "provenance": "55555555-5555-4555-8555-555555555555",
    "answers": "66666666-6666-4666-8666-666666666666",
}
UNIT = Unit("SE2321000016-1010", "Vårdcentralen Björken", "SE2321000016-1000")
AUTHOR = UserView("PractitionerRole/r9", "Amir Haddad", "SE2321000016-3A01", None, None, None, Role.PHYSICIAN, ("LK",))


def fk(name: str, code: str) -> Json:
    """An answer out of one of the closed lists, e.g. fk("0003", "HALFTEN")."""
    return {"valueCoding": {"system": f"{CANONICAL}/CodeSystem/kv-fkmu-{name}", "code": code}}


def icd(code: str, system: str = "urn:oid:1.2.752.116.1.1.1") -> Json:
    return {"valueCoding": {"system": system, "code": code}}


def a(link: str, *answers: Json) -> Json:
    return {"linkId": link, "answer": list(answers)}


def g(link: str, *items: Json) -> Json:
    return {"linkId": link, "item": list(items)}


def period(since: str | None, until: str | None, degree: Json | None = None) -> Json:
    parts = [a("32.1", degree or fk("0003", "HELT_NEDSATT"))]
    parts += [a("32.2.start", {"valueDate": since})] if since else []
    parts += [a("32.2.end", {"valueDate": until})] if until else []
    return g("32", *parts)


def certificate(*periods: Json, id_: str = "c1", items: tuple[Json, ...] = (), **changed: Any) -> Json:
    """A signed FK 7804 v2 with these periods; keyword arguments replace top-level elements, None removes one."""
    document = {
        "resourceType": "QuestionnaireResponse",
        "id": id_,
        "identifier": {"system": "https://journal.example/id/intyg", "value": id_},
        "questionnaire": f"{CANONICAL}/Questionnaire/fk7804-v2|2.0",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "authored": "2026-11-01T09:15:00+01:00",
        "author": {"reference": "PractitionerRole/r9"},
        "item": [
            g("27", a("27.1", {"valueBoolean": False})),
            g("1", a("1.1", fk("0001", "FYSISKUNDERSOKNING")), a("1.2", {"valueDate": "2026-11-01"})),
            g("28", a("28.1", fk("0002", "NUVARANDE_ARBETE"))),
            g("6", a("6.2", icd("F432"))),
            *(periods or (period("2026-11-01", "2026-11-30"),)),
        ],
    }
    replaced = {item["linkId"] for item in items}
    document["item"] = [i for i in document["item"] if i["linkId"] not in replaced] + list(items)
    document.update(changed)
    return {key: value for key, value in document.items() if value is not None}


def patient(**changed: Any) -> Json:
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-04-12", **changed}


def condition(code: str = "F43.2", id_: str = "d1", **changed: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": id_,
        "subject": {"reference": "Patient/p1"},
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-se", "code": code}]},
        **changed,
    }


def a_case(*certificates: Json) -> SickLeaveCase:
    """The case that these certificates make."""
    found = read_case(Chart(patient(), certificates or (certificate(),)), on=ON, scope=PERMITTED).case
    assert found is not None
    return found


MODEL = ModelInfo("toy", "1", "Övningsmodell", "Toy model", "grund", "basis", simulated=True)
SHARES = {90: 0.37449, 180: 0.2, 365: 0.0804}


def a_result(case: SickLeaveCase, *, level: MatchLevel = MatchLevel.EXACT, band: Band = Band.NATIONAL) -> RiskResult:
    """A result with fixed shares, so that only the mapping is tested."""
    horizons = []
    for day, share in SHARES.items():
        passed = case.day >= day
        known = None if passed or case.diagnosis is None else share
        date_ = case.since + timedelta(days=day - 1)
        group = None if known is None else share / 2
        horizons.append(Horizon(day, date_, known, passed, group, max(case.day, 15), known, known))
    match = GroupMatch(case.diagnosis, case.diagnosis[:3], level) if case.diagnosis else None
    return RiskResult(
        match=match,
        curve=None,
        group_curve=None,
        horizons=tuple(horizons),
        model=MODEL,
        band=band if match else Band.UNKNOWN,
        reasons=(Reason("Bara diagnosen är inräknad.", "Only the diagnosis counts."),),
        limits=(
            Reason("Siffran är ingen prognos för en enskild person.", "The figure is no forecast for one person."),
        ),
    )


def intervention(
    id_: str = "plan", actor: str = "physician", kva: str | None = "DV077", **changed: Any
) -> Intervention:
    values: dict[str, Any] = {
        "id": id_,
        "title_sv": "Gör en plan <tillsammans> med patienten",
        "title_en": "Make a plan",
        "actor_code": actor,
        "actor_sv": "Läkare",
        "actor_en": "Physician",
        "kva": kva,
        "start": ON,
        "due": ON + timedelta(days=14),
        "why_sv": "Fallet har pågått i tre veckor.",
        "why_en": "The case has run for three weeks.",
        "preselected": True,
        "rule": "F43/1",
        **changed,
    }
    return Intervention(**values)


def request(case: SickLeaveCase | None = None, **changed: Any) -> AssessmentToWrite:
    """Everything for one write; keyword arguments replace fields."""
    found = case or a_case()
    values: dict[str, Any] = {
        "urls": URLS,
        "ids": IDS,
        "now": NOW,
        "patient": "Patient/p1",
        "condition": "Condition/d1",
        "encounter": "Encounter/e1",
        "case": found,
        "result": a_result(found),
        "interventions": (intervention(), intervention("contact", "coordinator", "GC001")),
        "plan_status": "active",
        "author": AUTHOR,
        "unit": UNIT,
        "basis": ("QuestionnaireResponse/c1", "Condition/d1"),
        "versions": Versions("toy", "2026.1", "2026.1", "kva-2020-04+2021"),
        "task": TaskState(due=date(2026, 12, 29), rank=3),
        **changed,
    }
    return AssessmentToWrite(**values)

"""What is written for an assessment, element by element, and that two other validators agree."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import fhirkit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mapping.errors import InvalidResource
from fhir_mapping.urls import CANONICAL, Urls
from fhir_mapping.warm_up import warm_up
from fhir_mapping.write import procedure, task
from fhir_mapping.write.assessment import write
from fhir_mapping.write.percent import percent, relative_risk
from fhir_mapping.write.reko import TABLE, task_status
from fhir_mapping.write.request import Answer, TaskState
from risk.group_match import MatchLevel
from risk.result import Band
from terminology.codes import ICD10SE, KVA
from tests.unit.fhir_makers import (
    IDS,
    NOW,
    UNIT,
    URLS,
    Json,
    a_case,
    a_result,
    certificate,
    intervention,
    period,
    request,
)


def written(**changed: Any) -> dict[str, Json]:
    return {entry.kind: entry.resource for entry in write(request(**changed))}


def test_the_prediction_in_percent_over_the_period_of_the_case() -> None:
    found = written()["assessment"]
    first = found["prediction"][0]
    assert first["probabilityDecimal"] == 37.4
    assert first["relativeRisk"] == 2.0
    assert first["whenPeriod"] == {"start": "2026-11-01", "end": "2027-01-29"}
    assert first["outcome"]["coding"][0]["code"] == "longer-than-90-days"
    assert first["outcome"]["coding"][0]["system"] == f"{CANONICAL}/CodeSystem/outcome"
    assert "ungefär 37 av 100" in first["rationale"]
    assert "Bara diagnosen" in first["rationale"]
    assert [p["probabilityDecimal"] for p in found["prediction"]] == [37.4, 20.0, 8.0]


def test_the_assessment_says_who_calculated_from_what() -> None:
    found = written(replaces="77777777-7777-4777-8777-777777777777")["assessment"]
    device = found["contained"][0]
    assert found["performer"] == {"reference": f"#{device['id']}"}
    assert {v["type"]["text"]: v["value"] for v in device["version"]}["model-set"] == "toy"
    assert found["method"]["coding"][0] == {
        "system": f"{CANONICAL}/CodeSystem/model", "version": "1", "code": "toy", "display": "Övningsmodell",
    }  # fmt: skip
    assert [b["reference"] for b in found["basis"]] == ["QuestionnaireResponse/c1", "Condition/d1"]
    assert (found["status"], found["condition"], found["occurrenceDateTime"]) == (
        "final", {"reference": "Condition/d1"}, "2026-11-22T10:30:00+01:00",
    )  # fmt: skip
    level, replaces = found["extension"]
    assert level["valueCoding"]["code"] == "exact"
    assert replaces["valueIdentifier"]["value"].startswith("7777")


def test_passed_horizons_are_left_out() -> None:
    case = a_case(certificate(period("2026-08-01", "2026-12-31")))
    days = [
        p["outcome"]["coding"][0]["code"] for p in written(case=case, result=a_result(case))["assessment"]["prediction"]
    ]
    assert days == ["longer-than-180-days", "longer-than-365-days"]


def test_a_passed_horizon_is_left_out_even_if_it_has_a_figure() -> None:
    case = a_case()
    result = a_result(case)
    odd = replace(result, horizons=(replace(result.horizons[0], passed=True), *result.horizons[1:]))
    assert len(written(result=odd)["assessment"]["prediction"]) == 2


def test_without_figures_there_is_no_prediction() -> None:
    case = a_case(certificate(items=({"linkId": "6"},)))
    found = written(case=case, result=a_result(case), condition=None)["assessment"]
    assert "prediction" not in found
    assert "condition" not in found
    assert "extension" not in found


def test_a_band_that_says_nothing_of_the_patient_is_not_written() -> None:
    assert "qualitativeRisk" not in written()["assessment"]["prediction"][0]
    case = a_case()
    found = written(result=a_result(case, band=Band.HIGH, level=MatchLevel.COARSER))["assessment"]
    assert found["prediction"][0]["qualitativeRisk"] == {"text": "hög"}


def test_the_plan_has_coded_activities_and_roles() -> None:
    chosen = (
        intervention(),
        intervention("move", "patient", None),
        intervention("ergo", "physiotherapist / x", "QG001"),
    )
    plan = written(interventions=chosen)["plan"]
    first, second, third = (activity["detail"] for activity in plan["activity"])
    assert first["code"]["coding"][0]["code"] == "DV077"
    assert first["code"]["coding"][0]["display"].startswith("Upprättande av sjukskrivnings")
    assert first["scheduledPeriod"] == {"start": "2026-11-22", "end": "2026-12-06"}
    assert first["performer"] == [{"reference": "#role-physician"}]
    assert second["performer"] == [{"reference": "Patient/p1"}]
    assert [c["system"].rpartition("/")[2] for c in second["code"]["coding"]] == ["intervention"]
    assert third["performer"] == [{"reference": "#role-physiotherapist-x"}]
    assert {r["id"] for r in plan["contained"]} == {"role-physician", "role-physiotherapist-x"}
    assert plan["supportingInfo"] == [{"reference": f"urn:uuid:{IDS['assessment']}"}]
    assert "&lt;tillsammans&gt;" in plan["text"]["div"]


@pytest.mark.parametrize(("plan", "detail", "kinds"), [("draft", "not-started", 4), ("active", "scheduled", 5)])
def test_a_draft_makes_no_plan_made(plan: str, detail: str, kinds: int) -> None:
    found = written(plan_status=plan)
    assert found["plan"]["status"] == plan
    assert found["plan"]["activity"][0]["detail"]["status"] == detail
    assert len(found) == kinds


@pytest.mark.parametrize("row", TABLE, ids=[row.code for row in TABLE])
def test_task_status_follows_from_reko(row: Any) -> None:
    found = written(task=TaskState(business_status=row.code))["task"]
    assert (found["status"], found["businessStatus"]["coding"][0]["code"]) == (row.task, row.code)
    assert found["businessStatus"]["text"] == row.sv


def test_the_reko_table() -> None:
    """The published table; a change here is a change of the contract."""
    table = ["requested", "accepted", "in-progress", "in-progress", "completed", "cancelled", "rejected", "on-hold"]
    assert [task_status(f"REKO_{n}") for n in range(1, 9)] == table


def test_the_task_belongs_to_the_unit_until_assigned() -> None:
    found = written()["task"]
    unit = {"system": "urn:oid:1.2.752.29.4.19", "value": "SE2321000016-1010"}
    assert found["owner"]["identifier"] == unit
    assert found["restriction"]["period"] == {"end": "2026-12-29"}
    extensions = {e["url"].rpartition("/")[2]: e for e in found["extension"]}
    assert extensions["rank"]["valueInteger"] == 3
    assigned = written(task=TaskState(owner="PractitionerRole/k1"))["task"]
    assert assigned["owner"] == {"reference": "PractitionerRole/k1"}
    assert assigned["extension"][0]["valueReference"]["identifier"] == unit
    assert found["focus"] == {"reference": f"urn:uuid:{IDS['plan']}"}


def test_a_task_keeps_when_it_was_written_first() -> None:
    first = datetime(2026, 11, 1, 8, tzinfo=UTC)
    found = written(first_written=first)
    assert found["task"]["authoredOn"] == "2026-11-01T09:00:00+01:00"
    assert found["task"]["lastModified"] == "2026-11-22T10:30:00+01:00"
    assert found["provenance"]["activity"]["coding"][0]["code"] == "UPDATE"


def test_provenance_names_person_software_sources_and_what_it_replaces() -> None:
    found = written(replaces="77777777-7777-4777-8777-777777777777")["provenance"]
    assert found["meta"]["tag"] == [{"system": f"{URLS.namespace}/write", "code": IDS["provenance"]}]
    assert [t["reference"] for t in found["target"]] == [
        f"urn:uuid:{IDS[k]}" for k in ("assessment", "plan", "task", "procedure")
    ]
    assert [agent["type"]["coding"][0]["code"] for agent in found["agent"]] == ["author", "assembler"]
    assert [e["role"] for e in found["entity"]] == ["source", "source", "revision"]
    assert found["recorded"] == "2026-11-22T09:30:00.000Z"


def test_a_unit_run_has_no_author() -> None:
    found = written(author=None)
    assert [agent["who"]["reference"] for agent in found["provenance"]["agent"]] == ["#software"]
    assert found["plan"]["author"]["identifier"]["value"] == UNIT.hsa_id
    assert "requester" not in found["task"]
    assert "recorder" not in found["procedure"]


def test_answers_are_written_and_become_basis() -> None:
    answers = (
        Answer("q1", "Hur mår du?", True),
        Answer("q2", "Sedan?", date(2026, 1, 1)),
        Answer("q3", "Vad?", ("s", "c", "d")),
    )
    versions = replace(request().versions, questionnaire=URLS.questionnaire("srs", "1"))
    found = written(answers=answers, versions=versions)
    assert found["answers"]["item"][1]["answer"] == [{"valueDate": "2026-01-01"}]
    assert {"reference": f"urn:uuid:{IDS['answers']}"} in found["assessment"]["basis"]


COORDINATION = procedure.Coordination("without-patient", "phone", "employer", "coordinator")


def contact(**changed: Any) -> Json:
    values: dict[str, Any] = {"recorder": "PractitionerRole/k1", "coordination": COORDINATION, **changed}
    done = procedure.ProcedureToWrite(URLS, IDS["procedure"], "GC001", date(2026, 11, 20), "Patient/p1", UNIT, **values)
    return procedure.write(done).resource


def test_coordination_without_a_visit_says_all_four() -> None:
    found = contact(note="<b>ringde</b>")
    assert {e["url"].rpartition("/")[2]: e["valueCoding"]["code"] for e in found["extension"]} == {
        "coordination-contact": "without-patient",
        "coordination-mode": "phone",
        "coordination-counterparty": "employer",
        "coordination-registrar-role": "coordinator",
    }
    assert found["performedDateTime"] == "2026-11-20"
    assert "encounter" not in found
    with pytest.raises(ValueError, match="coordination"):
        contact(coordination=None)


def test_plan_code_follows_from_an_ongoing_certificate() -> None:
    assert (procedure.plan_code(on_sick_leave=True), procedure.plan_code(on_sick_leave=False)) == ("DV077", "AW020")


def test_labels_of_protected_identity_are_carried_on_to_everything() -> None:
    label = ("http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel", "sekretessmarkering")
    for resource in written(patient_labels=(label,)).values():
        assert resource["meta"]["security"] == [{"system": label[0], "code": label[1]}]


def test_the_addresses_of_the_code_systems_are_those_that_the_site_chose() -> None:
    """SICKLEAVE_KVA_SYSTEM and SICKLEAVE_ICD10SE_SYSTEM; an EHR's own wish for KVÅ counts before them."""
    urls = Urls(namespace="https://our.example/id", kva="urn:test:kva", icd10se="urn:test:icd")
    everything = json.dumps(written(urls=urls))
    assert '"urn:test:kva"' in everything
    assert '"urn:test:icd"' in everything
    assert f'"{KVA}"' not in everything
    assert f'"{ICD10SE}"' not in everything
    assert '"urn:test:ehr"' in json.dumps(written(urls=urls.with_kva("urn:test:ehr")))
    assert urls.with_kva(None) == urls


def test_urls_follow_the_installation() -> None:
    urls = Urls("https://region.example/id/1", "https://region.example/fhir")
    everything = json.dumps(written(urls=urls))
    assert CANONICAL not in everything
    assert "https://region.example/id/1/assessment" in everything


def test_ids_must_be_uuids_and_clocks_aware() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        written(ids={**IDS, "plan": "19800113-9297"})
    with pytest.raises(ValueError, match="aware"):
        request(now=datetime(2026, 1, 1))  # noqa: DTZ001


VARIANTS: list[dict[str, Any]] = [
    {},
    {"author": None, "plan_status": "draft"},
    {"interventions": (), "condition": None, "encounter": None},
    {"task": TaskState("REKO_6", "PractitionerRole/k1")},
    {"replaces": IDS["answers"], "patient_labels": ((None, "sekretessmarkering"),)},
    {"case": a_case(certificate(period("2025-08-01", "2026-12-31")))},
]


@pytest.mark.parametrize("changed", VARIANTS)
def test_a_second_validator_agrees(changed: dict[str, Any]) -> None:
    """fhirkit checks 4.0.1 structure: elements, types, decimals as numbers, no empty lists."""
    if "case" in changed:
        changed = {**changed, "result": a_result(changed["case"])}
    for resource in written(**changed).values():
        assert issues(resource) == []
    assert issues(contact()) == []


def issues(resource: Json) -> list[Any]:
    return list(fhirkit.validate(json.dumps(resource)))


def test_the_second_validator_sees_something() -> None:
    assert issues({**written()["assessment"], "banana": 1})


@given(share=st.floats(0, 1))
def test_percent_is_a_rounded_share_and_nothing_else(share: float) -> None:
    wire = percent(share)
    assert 0 <= wire <= 100
    assert abs(wire / 100 - share) <= 0.0005 + 1e-9
    assert round(wire, 1) == wire
    assert json.loads(json.dumps(wire)) == wire


def test_half_a_tenth_is_rounded_upwards() -> None:
    assert (percent(0.1225), percent(0.1235), percent(0.00049)) == (12.3, 12.4, 0.0)


@given(number=st.floats().filter(lambda n: not 0 <= n <= 1))
def test_no_percentage_gets_in_where_a_share_belongs(number: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percent(number)


@given(share=st.floats(0.0001, 1), group=st.floats(0.0001, 1))
def test_relative_risk_is_a_ratio(share: float, group: float) -> None:
    found = relative_risk(share, group)
    assert found is not None
    assert abs(found - share / group) <= 0.005 + 1e-6
    assert relative_risk(share, 0.0) is None


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_written_with_the_swedish_day_and_the_same_instant(moment: datetime) -> None:
    found = written(now=moment)
    text = found["assessment"]["occurrenceDateTime"]
    assert datetime.fromisoformat(text) == moment.replace(microsecond=0)
    assert text[-6:] in ("+01:00", "+02:00")


def test_half_past_midnight_in_summer_is_the_new_day_here() -> None:
    night = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert written(now=night)["assessment"]["occurrenceDateTime"] == "2026-07-01T00:30:00+02:00"


def test_a_share_outside_stops_the_write() -> None:
    case = a_case()
    result = a_result(case)
    wrong = replace(result, horizons=(replace(result.horizons[0], share=37.4),))
    with pytest.raises(ValueError, match="share"):
        written(result=wrong)


def test_a_reference_to_the_wrong_thing_stops_the_write() -> None:
    with pytest.raises(InvalidResource, match="may not point to Observation"):
        written(condition="Observation/1")


def test_warm_up_covers_every_type_we_write() -> None:
    types = {r["resourceType"] for r in written().values()} | {"QuestionnaireResponse", "Device", "PractitionerRole"}
    assert set(warm_up()) == types


def test_a_task_on_its_own() -> None:
    state = TaskState("REKO_2", due=date(2026, 12, 1))
    alone = task.TaskToWrite(URLS, IDS["task"], "Patient/p1", "CarePlan/9", UNIT, state, NOW, NOW)
    assert issues(task.write(alone).resource) == []

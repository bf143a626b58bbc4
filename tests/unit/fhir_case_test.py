"""From a chart to a case: what belongs, what is missing, what stops everything."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mapping.errors import WrongPatient
from fhir_mapping.read.case import Chart, read_case
from fhir_mapping.read.condition import read_conditions
from tests.unit.fhir_makers import ON, PERMITTED, Json, a, certificate, condition, g, icd, patient, period

BASE = "https://ehr.example/fhir"


def read(*resources: Json, **chart: Any) -> Any:
    return read_case(Chart(chart.pop("patient", patient()), resources, **chart), on=ON, scope=PERMITTED)


def test_a_bad_certificate_is_told_and_does_not_hide_the_others() -> None:
    bad = certificate(period("2026-12-30", "2026-11-01"), id_="bad")
    found = read(bad, certificate(), certificate(id_="draft", status="in-progress"))
    assert found.case.day == 22
    assert [(f.path, f.reason) for f in found.faults] == [("QuestionnaireResponse/bad: 32.2.end", "reversed-period")]
    assert [f.reason for f in found.remarks if "draft" in f.path] == ["draft"]
    assert found.basis == ("QuestionnaireResponse/c1",)


def test_the_main_condition_is_active_and_has_the_same_first_three_characters() -> None:
    ended = {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
    others = [condition("M54.5", "d0"), condition("F43.2", "old", **ended), condition("F43.8A", "d2")]
    assert read(certificate(), *others).main_condition == "Condition/d2"
    assert read(certificate(), *others, condition("F43.2", "d3")).main_condition == "Condition/d3"
    assert read(certificate(), *others[:2]).main_condition is None
    assert read(certificate(items=(g("6", a("6.1", {"valueString": "trött"})),)), *others).main_condition is None


def test_conditions_entered_in_error_do_not_count_and_abated_ones_are_not_active() -> None:
    wrong = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    read_ = read_conditions(
        [
            condition(id_="a", **wrong),
            condition(id_="b", clinicalStatus=None, abatementDateTime="2026-01-01"),
            condition(id_="c"),
        ]
    )
    assert [(c.reference, c.active, c.icd) for c in read_] == [
        ("Condition/c", True, "F432"),
        ("Condition/b", False, "F432"),
    ]


OTHERS: list[Json] = [
    certificate(subject={"reference": "Patient/p2"}),
    certificate(subject={"reference": "https://elsewhere.example/fhir/Patient/p1"}),
    condition(subject={"reference": "Patient/p10"}),
    {"resourceType": "Patient", "id": "p2"},
    {"resourceType": "Task", "id": "t", "for": {"reference": "Patient/p2"}},
    {"resourceType": "Encounter", "id": "e", "subject": {"identifier": {"system": "x", "value": "19"}}},
    {"resourceType": "Bundle", "entry": [{"resource": condition(subject={"reference": "Patient/p2"})}]},
]


@pytest.mark.parametrize("other", OTHERS)
def test_anything_of_another_patient_stops_everything(other: Json) -> None:
    with pytest.raises(WrongPatient):
        read(certificate(), other, base=BASE)


def test_the_same_patient_in_other_words() -> None:
    own = patient(identifier=[{"system": "x", "value": "198001139297"}])
    found = read(
        certificate(subject={"reference": f"{BASE}/Patient/p1/_history/3"}),
        condition(subject={"identifier": {"system": "x", "value": "19800113-9297"}}),
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "Organization", "id": "o"},
        patient=own,
        base=BASE,
    )
    assert found.main_condition == "Condition/d1"
    assert not found.faults


def test_a_resource_of_nobody_is_not_used() -> None:
    found = read(certificate(), condition(subject=None))
    assert [f.reason for f in found.faults] == ["no-subject"]
    assert found.main_condition is None


def test_the_context_is_checked() -> None:
    with pytest.raises(WrongPatient):
        read(certificate(), context_patient="p2")
    visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "subject": {"reference": "Patient/p1"}}
    assert (
        read(certificate(), visit, context_patient="p1", context_encounter="e1").encounter.reference == "Encounter/e1"
    )
    missing = read(certificate(), context_encounter="e1")
    assert missing.encounter is None
    assert [f.reason for f in missing.remarks] == ["encounter-not-read"]


def test_a_patient_with_nothing_has_no_case() -> None:
    found = read()
    assert (found.case, found.faults, found.basis) == (None, (), ())


def test_a_later_revocation_is_seen_though_it_holds_no_dates() -> None:
    assert read(certificate(), certificate(item=[], status="entered-in-error")).case is None


def test_an_unknown_diagnosis_code_is_kept_as_a_code() -> None:
    assert read(certificate(items=(g("6", a("6.2", icd("U99.99"))),))).case.diagnosis == "U9999"


def test_an_abandoned_draft_does_not_revoke_the_signed_certificate() -> None:
    found = read(certificate(), certificate(status="stopped"))
    assert found.case is not None
    assert [f.reason for f in found.remarks] == ["draft"]

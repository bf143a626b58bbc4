"""Care as a chart holds it: diagnoses, visits, stays and units, with and without codes; withheld is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mapping.read.case import CaseReading, Chart, read_case
from risk.case import CareHistory
from risk.features import build
from tests.unit.fhir_makers import ON, PERMITTED, Json, certificate, condition, patient

SCT, HSA = "http://snomed.info/sct", "urn:oid:1.2.752.29.4.19"
GENERAL, ORTHOPAEDICS, UNIT = "394814009", "394801008", "43741000"
VISITS = "Visits_yearBefore_all_r1_median"


def coded(code: str, system: str = SCT) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def place(id_: str, *codes: str, part_of: str | None = None, hsa: str | None = None) -> Json:
    found: Json = {"resourceType": "Organization", "id": id_, "type": [coded(code) for code in codes]}
    if part_of:
        found["partOf"] = {"reference": f"Organization/{part_of}"}
    if hsa:
        found["identifier"] = [{"system": HSA, "value": hsa}]
    return found


def met(id_: str, start: str, at: str | None = None, kind: str = "AMB", **more: Any) -> Json:
    found: Json = {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"code": kind},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": start},
        **more,
    }
    return found | ({"serviceProvider": {"reference": f"Organization/{at}"}} if at else {})


PLACES = [place("gp", UNIT, GENERAL), place("ort", UNIT, ORTHOPAEDICS), place("plain", UNIT)]
OLD = met("old", "2020-01-01", "gp")
TWICE = [met("v1", "2026-03-02", "ort"), met("v2", "2026-06-02", "ort")]


def read(*resources: Json, **chart: Any) -> CaseReading:
    return read_case(Chart(patient(), (certificate(), *resources), **chart), on=ON, scope=PERMITTED)


def care(*resources: Json, **chart: Any) -> CareHistory:
    found = read(*resources, **chart).case
    assert found is not None
    return found.care


def level(column: str, *resources: Json, **chart: Any) -> str | None:
    found = read(*resources, **chart).case
    assert found is not None
    return build(found).columns[column]


def test_visits_are_specialised_by_the_unit_or_by_the_service() -> None:
    assert level(VISITS, *PLACES, OLD, *TWICE) == "aboveMedian"
    assert level(VISITS, *PLACES, OLD, *(one | {"serviceType": coded(GENERAL)} for one in TWICE)) == "LessT2V"
    by_service = [met(f"s{n}", "2026-03-02", serviceType=coded(ORTHOPAEDICS)) for n in (1, 2)]
    assert level(VISITS, OLD, *by_service) == "aboveMedian"


def test_a_ward_takes_after_what_it_belongs_to() -> None:
    ward = place("ward", UNIT, part_of="ort")
    assert level(VISITS, *PLACES, ward, met("a", "2026-03-02", "ward"), met("b", "2026-04-02", "ward")) == "aboveMedian"


def test_a_visit_of_an_unknown_kind_is_not_taken_for_either() -> None:
    unknown = [met("a", "2026-03-02", "plain"), met("b", "2026-04-02")]
    assert level(VISITS, *PLACES, OLD, *unknown) is None
    both = met("c", "2026-03-02", serviceType={"coding": [*coded(GENERAL)["coding"], *coded(ORTHOPAEDICS)["coding"]]})
    assert level(VISITS, OLD, both) is None


@pytest.mark.parametrize(
    "changed",
    [{"status": "planned"}, {"status": "cancelled"}, {"class": {"code": "VR"}}, {"period": {}}, {"class": "AMB"}],
)
def test_what_did_not_take_place_or_was_no_visit_is_not_counted(changed: Json) -> None:
    assert level(VISITS, *PLACES, OLD, TWICE[0], TWICE[1] | changed) == "LessT2V"


def test_stays_count_their_nights_in_sweden() -> None:
    stay = met("s", "2026-03-02T23:30:00Z", "ort", "IMP", period={"start": "2026-03-02T23:30:00Z", "end": "2026-03-05"})
    found = care(*PLACES, OLD, stay)
    assert found.hospital_days == 2
    assert "Encounter/s" in found.basis


def test_what_was_withheld_is_unknown_and_not_none() -> None:
    chart = [*PLACES, OLD, *TWICE, condition("I10.9", "d2"), condition("E11.9", "d3")]
    assert care(*chart, withheld=("Encounter",)).specialist_visits == ()
    assert level(VISITS, *chart, withheld=("Encounter",)) is None
    assert level("comorbidity", *chart) == "yes"
    assert level("comorbidity", *chart, withheld=("Condition",)) is None


def test_resolved_without_a_day_and_refuted_diagnoses_do_not_count() -> None:
    ended = {"clinicalStatus": coded("resolved")}
    wrong = {"verificationStatus": coded("refuted")}
    kept = condition("I10.9", "a", onsetDateTime="2019-01-01")
    assert level("comorbidity", kept, condition("E11.9", "b", **ended), condition("J44.9", "c", **wrong)) == "no"


@pytest.mark.parametrize(("code", "began"), [(GENERAL, "NoCareAtStart"), (ORTHOPAEDICS, "CareAtStart"), (UNIT, None)])
def test_the_case_began_where_its_first_certificate_was_written(code: str, began: str | None) -> None:
    role = {"resourceType": "PractitionerRole", "id": "r9", "organization": {"reference": "Organization/o"}}
    assert level("NoCareAtStart", role, place("o", UNIT, code, hsa="SE2321000016-1010")) == began


def test_without_a_coded_unit_the_visit_of_the_certificate_tells() -> None:
    written = certificate(encounter={"reference": "Encounter/now"})
    at = met("now", "2026-11-01", serviceType=coded(GENERAL))
    found = read_case(Chart(patient(), (written, at)), on=ON, scope=PERMITTED).case
    assert found is not None
    assert found.care.began_in_primary_care is True


def test_what_was_counted_is_part_of_the_basis() -> None:
    found = read(*PLACES, OLD, *TWICE, condition("I10.9", "d2"))
    assert found.basis == ("QuestionnaireResponse/c1", "Condition/d2", "Encounter/v1", "Encounter/v2")

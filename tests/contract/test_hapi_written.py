"""HAPI's validator finds no error in what is written for any sample patient, nor in the samples' certificates."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fhir_mapping.definitions import load
from fhir_mapping.read.case import Chart
from fhir_mapping.read.organization import Unit
from fhir_mapping.urls import Urls
from fhir_mapping.write.assessment import write
from fhir_mapping.write.entry import Kind
from fhir_mapping.write.request import AssessmentToWrite, Versions
from risk.case import Scope, ScopeKind
from sandbox.practice_ehr.samples.build import sample_resources
from smart_app.assessment.consider import Considered, consider
from smart_app.model_choice import choose
from tests.running_hapi import Issue, Validation, lay_out

TODAY = date(2026, 11, 20)
URLS = Urls("https://sickleave-on-fhir.example/id/4f6f7a0e-7d5e-4d0e-9a58-0d6f2f3f8a11")
UNIT = Unit("SE2321000016-1003", "Vårdcentralen", "SE2321000016-1001", "Regionen")
STAFF = {"Organization", "Practitioner", "PractitionerRole"}
KINDS: tuple[Kind, ...] = ("assessment", "plan", "task", "procedure", "provenance")


def charts() -> Iterator[Considered]:
    """Every sample patient, considered on one day."""
    everything = sample_resources(TODAY)
    staff = [one for one in everything if one["resourceType"] in STAFF]
    for patient in everything:
        if patient["resourceType"] == "Patient":
            mine = f"Patient/{patient['id']}"
            about = [one for one in everything if one.get("subject", {}).get("reference") == mine]
            scope = Scope(ScopeKind.PERMITTED)
            yield consider(
                Chart(patient=patient, resources=(*about, *staff)), on=TODAY, scope=scope, models=choose().on(TODAY)
            )


def written(considered: Considered) -> list[dict[str, Any]]:
    """What one assessment writes; nothing without a case."""
    if considered.case is None or considered.result is None:
        return []
    request = AssessmentToWrite(
        urls=URLS,
        ids={kind: str(uuid.uuid4()) for kind in KINDS},
        now=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        patient=considered.reading.patient.reference,
        patient_labels=considered.reading.patient.security,
        condition=considered.reading.main_condition,
        encounter=None,
        case=considered.case,
        result=considered.result,
        interventions=considered.interventions,
        plan_status="active",
        author=None,
        unit=UNIT,
        basis=considered.reading.basis,
        versions=Versions(model_set="m", catalogue="c", rules="r", terminology="t"),
    )
    return [dict(entry.resource) for entry in write(request)]


@dataclass(frozen=True)
class Judged:
    """One run of the validator: what was written for each patient, the samples' certificates, a planted error."""

    written: list[list[dict[str, Any]]]
    certificates: list[dict[str, Any]]
    said: Validation

    def errors_in(self, folder: str) -> list[Issue]:
        return [one for one in self.said.errors if Path(one.file).parent.name == folder]


@pytest.fixture(scope="module")
def judged(validator: Callable[..., Validation], tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder, definitions = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("definitions")
    each = [written(one) for one in charts()]
    resources = [one for some in each for one in some]
    certificates = [
        one
        for one in sample_resources(TODAY)
        if one["resourceType"] == "QuestionnaireResponse" and "vendorStatus" not in one  # breaks R4 on purpose
    ]
    planted = next(one for one in resources if one["resourceType"] == "RiskAssessment") | {"status": "planted"}
    lay_out(resources, folder / "written")
    lay_out(certificates, folder / "certificates")
    lay_out([planted], folder / "planted")
    return Judged(each, certificates, validator(folder, definitions=lay_out(load().values(), definitions)))


def test_no_error_in_what_is_written_for_any_sample_patient(judged: Judged) -> None:
    kinds = {one["resourceType"] for some in judged.written for one in some}

    assert judged.errors_in("written") == []
    assert kinds == {"RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance"}
    assert sum(bool(some) for some in judged.written) >= 20  # patients with a case


def test_no_error_in_the_certificates_of_the_samples(judged: Judged) -> None:
    assert judged.errors_in("certificates") == []


def test_as_many_were_judged_as_were_written_and_the_planted_error_was_found(judged: Judged) -> None:
    assert judged.said.count == sum(map(len, judged.written)) + len(judged.certificates) + 1
    assert judged.errors_in("planted")

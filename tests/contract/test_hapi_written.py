"""HAPI's validator finds no error in what we write for any sample patient, publish or answer, nor in the samples'
certificates, and finds what is planted. Everything is judged in one run, as starting the validator takes longest."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import fhir_mapping
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
from smart_app.worklist.contact import Contact, register_contact
from tests.running_hapi import Issue, Validation, lay_out
from tests.worklist_desk import NUMBERS, SOFIA, a_patient, a_quick_desk
from tests.worklist_desk import UNIT as DESK_UNIT

DEFINITIONS = Path(str(fhir_mapping.__file__)).parent / "definitions"
GOLDEN = Path(__file__).parents[1] / "golden"
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


def published(folder: Path, planted: Path) -> int:
    """What we publish and every golden output, as files, and one with a planted mistake; how many without it.

    StructureDefinitions are left out: the offline validator cannot make the snapshot of any of them (spec-notes 9);
    that they work is seen from the planted mistake, which only our extension's definition forbids.
    """
    files = [*GOLDEN.glob("*/out.json"), *DEFINITIONS.glob("*.json")]
    copied = [file for file in files if not file.name.startswith("StructureDefinition")]
    for where in (folder, planted):
        where.mkdir()
    for file in copied:
        shutil.copy(file, folder / f"{file.parent.name}-{file.name}")
    bundle = json.loads((GOLDEN / "simple-case" / "out.json").read_text(encoding="utf-8"))
    task = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Task")
    rank = next(e for e in task["extension"] if e["url"].endswith("/rank"))
    rank["valueString"] = str(rank.pop("valueInteger"))
    (planted / "task.json").write_text(json.dumps(task), encoding="utf-8")
    return len(copied)


def answered(folder: Path) -> list[dict[str, Any]]:
    """Every kind of answer of our FHIR API."""
    desk = a_quick_desk(folder)
    task = desk.put(a_patient("p1", number=NUMBERS[0]))
    desk.put(a_patient("p2", number=NUMBERS[1], protected=True))
    contact = Contact(mode="phone", counterparty="patient", with_patient=True)
    with desk.store.transaction() as session:
        register_contact(session, desk.sealer, desk.urls, DESK_UNIT, task.id, contact, by=SOFIA, now=desk.now)
    api, headers = desk.api(), desk.token()
    return [
        api.get(f"/fhir/{path}", headers=headers).json()
        for path in (
            "metadata",
            f"Task/{task.id}",
            "Patient/p1",
            "Patient/p2",
            "Task?_include=Task:patient&_count=1",
            "Procedure",
            "Task/nobody",
            "Task?_sort=nonsense",
        )
    ]


@dataclass(frozen=True)
class Judged:
    """One run of the validator: what was written for each patient, and how many there were of all."""

    written: list[list[dict[str, Any]]]
    count: int
    said: Validation

    def errors_in(self, folder: str) -> list[Issue]:
        return [one for one in self.said.errors if Path(one.file).parent.name == folder]


@pytest.fixture(scope="module")
def judged(validator: Callable[..., Validation], tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder = tmp_path_factory.mktemp("in")
    each = [written(one) for one in charts()]
    resources = [one for some in each for one in some]
    certificates = [
        one
        for one in sample_resources(TODAY)
        if one["resourceType"] == "QuestionnaireResponse" and "vendorStatus" not in one  # breaks R4 on purpose
    ]
    answers = answered(tmp_path_factory.mktemp("desk"))
    assessment = next(one for one in resources if one["resourceType"] == "RiskAssessment")
    lay_out(resources, folder / "written")
    lay_out(certificates, folder / "certificates")
    lay_out(answers, folder / "answers")
    lay_out([assessment | {"status": "planted"}], folder / "planted")
    lay_out([answers[1] | {"status": "nonsense"}], folder / "planted-answer")
    files = published(folder / "published", folder / "planted-extension")
    count = len(resources) + len(certificates) + len(answers) + files + 3
    return Judged(each, count, validator(folder, definitions=DEFINITIONS))


def test_no_error_in_what_is_written_for_any_sample_patient(judged: Judged) -> None:
    kinds = {one["resourceType"] for some in judged.written for one in some}

    assert judged.errors_in("written") == []
    assert kinds == {"RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance"}
    assert sum(bool(some) for some in judged.written) >= 20  # patients with a case


@pytest.mark.parametrize("folder", ["certificates", "published", "answers"])
def test_no_error_in_the_certificates_of_the_samples_in_what_we_publish_and_in_what_we_answer(
    judged: Judged, folder: str
) -> None:
    assert judged.errors_in(folder) == []


def test_all_were_judged_and_each_planted_error_was_found(judged: Judged) -> None:
    assert judged.said.count == judged.count
    assert judged.errors_in("planted")
    assert judged.errors_in("planted-answer")
    assert any("integer" in issue.message for issue in judged.errors_in("planted-extension"))

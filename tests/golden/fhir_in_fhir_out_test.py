"""FHIR in -> FHIR out: each folder holds what an EHR gives (in.json) and what we write for it (out.json).

The risk figures are fixed ones, so that a new model does not change these files. To write out.json anew after a wanted
change: `GOLDEN=write pytest tests/golden/fhir_in_fhir_out_test.py`, and read the difference before committing it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import fhirkit
import pytest

from fhir_mapping.read.case import CaseReading, Chart, read_case
from fhir_mapping.write.assessment import write
from fhir_mapping.write.bundle import KnownVersion, transaction
from tests.unit.fhir_makers import IDS, NOW, ON, PERMITTED, Json, a_result, intervention, request

HERE = Path(__file__).parent
FOLDERS = sorted(folder.name for folder in HERE.iterdir() if (folder / "in.json").exists())
KNOWN = {"plan": KnownVersion("plan-12", "3"), "task": KnownVersion("task-13", "7")}
EARLIER: dict[str, Any] = {"replaces": IDS["answers"], "first_written": NOW.replace(day=1)}
SETTINGS: dict[str, dict[str, Any]] = {"replaced-assessment": EARLIER, "no-condition": {"author": None}}


def reading(folder: str) -> CaseReading:
    entries = json.loads((HERE / folder / "in.json").read_text(encoding="utf-8"))["entry"]
    patient, *others = (entry["resource"] for entry in entries)
    return read_case(Chart(patient, tuple(others)), on=ON, scope=PERMITTED)


def out(folder: str) -> Json:
    read = reading(folder)
    assert read.case is not None
    chosen = (intervention(), intervention("contact", "coordinator", "GC001"), intervention("walk", "patient", None))
    entries = write(
        request(
            read.case,
            patient=read.patient.reference,
            patient_labels=read.patient.security,
            condition=read.main_condition,
            basis=read.basis,
            encounter=None,
            interventions=chosen,
            plan_status="draft" if read.main_condition is None else "active",
            **{"result": a_result(read.case), **SETTINGS.get(folder, {})},
        )
    )
    return transaction(entries, KNOWN if folder == "replaced-assessment" else None)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_written_is_what_stands_in_the_file(folder: str) -> None:
    written, file = out(folder), HERE / folder / "out.json"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert written == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_files_are_valid_r4(folder: str) -> None:
    document = json.loads((HERE / folder / "out.json").read_text(encoding="utf-8"))
    assert list(fhirkit.validate(json.dumps(document))) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_name_and_no_number_of_the_patient_is_written(folder: str) -> None:
    patient = json.loads((HERE / folder / "in.json").read_text(encoding="utf-8"))["entry"][0]["resource"]
    name = patient["name"][0]
    text = (HERE / folder / "out.json").read_text(encoding="utf-8")
    for secret in (patient["identifier"][0]["value"], name["family"], *name["given"]):
        assert secret not in text


def test_the_folders_show_what_they_are_named_for() -> None:
    predictions = {f: len(bundle_of(f, "RiskAssessment").get("prediction", [])) for f in FOLDERS}
    assert predictions["simple-case"] == 3
    assert predictions["passed-day-90"] == 2
    assert predictions["unknown-diagnosis"] == 0
    assert "addresses" not in bundle_of("no-condition", "CarePlan")
    assert bundle_of("protected-identity", "Task")["meta"]["security"][0]["code"] == "sekretessmarkering"
    assert [b["reference"] for b in bundle_of("part-time-steps", "RiskAssessment")["basis"]][:2] == [
        "QuestionnaireResponse/c1",
        "QuestionnaireResponse/c2",
    ]
    assert [f.reason for f in reading("one-bad-certificate").faults] == ["reversed-period"]
    assert bundle_of("simple-case", "RiskAssessment")["prediction"][0]["whenPeriod"]["start"] == "2026-10-25"


def bundle_of(folder: str, type_: str) -> Json:
    document = json.loads((HERE / folder / "out.json").read_text(encoding="utf-8"))
    found: Json = next(e["resource"] for e in document["entry"] if e["resource"]["resourceType"] == type_)
    return found

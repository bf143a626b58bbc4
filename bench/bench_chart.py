"""A chart through the whole line without I/O, held against parsing the same JSON, which any reader of it must do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import orjson

from bench.pair import Pair
from fhir_mapping.read.case import Chart
from fhir_mapping.read.organization import Unit
from fhir_mapping.urls import Urls
from fhir_mapping.write.assessment import write
from fhir_mapping.write.bundle import transaction
from fhir_mapping.write.entry import Kind, WriteEntry
from fhir_mapping.write.request import AssessmentToWrite, Versions
from risk.case import Scope, ScopeKind
from sandbox.practice_ehr.samples.build import sample_resources
from smart_app.assessment.consider import Considered, consider
from smart_app.model_choice import choose

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
URLS = Urls("https://sickleave-on-fhir.example/fhir", f"https://sickleave-on-fhir.example/id/{uuid.uuid4()}")
STAFF = {"Organization", "Practitioner", "PractitionerRole"}
KINDS: tuple[Kind, ...] = ("assessment", "plan", "task", "procedure", "provenance")


def longest_chart() -> bytes:
    """The sample patient with the most certificates: Patient first, then everything about them, as JSON."""
    everything = sample_resources(TODAY)
    charts = {f"Patient/{one['id']}": [one] for one in everything if one["resourceType"] == "Patient"}
    for resource in everything:
        subject = resource.get("subject", {}).get("reference")
        if subject in charts:
            charts[subject].append(resource)
    staff = [one for one in everything if one["resourceType"] in STAFF]
    return orjson.dumps([*max(charts.values(), key=len), *staff])


def considered(chart: bytes) -> Considered:
    """Steps 3 to 6: read, score, advise."""
    patient, *resources = orjson.loads(chart)
    return consider(
        Chart(patient=patient, resources=tuple(resources)),
        on=TODAY,
        scope=Scope(ScopeKind.PERMITTED),
        models=choose().on(TODAY),
    )


def entries_of(chart: bytes) -> tuple[WriteEntry, ...]:
    """Steps 3 to 7, as resources with new ids."""
    found = considered(chart)
    if found.case is None or found.result is None:
        raise ValueError("the sample has no case")
    request = AssessmentToWrite(
        urls=URLS,
        ids={kind: str(uuid.uuid4()) for kind in KINDS},
        now=NOW,
        patient=found.reading.patient.reference,
        condition=found.reading.main_condition,
        encounter=None,
        case=found.case,
        result=found.result,
        interventions=found.interventions,
        plan_status="active",
        author=None,
        unit=Unit("SE2321000016-1003", "Vårdcentralen", "SE2321000016-1001", "Regionen"),
        basis=found.reading.basis,
        versions=Versions(model_set="bench", catalogue="bench", rules="bench", terminology="bench"),
    )
    return write(request)


def bundle(chart: bytes) -> dict[str, Any]:
    """Steps 3 to 7: what would be sent to the EHR."""
    return dict(transaction(entries_of(chart)))


def pairs() -> Iterator[Pair]:
    chart = longest_chart()
    size = f"{len(chart) / 1024:.0f} KB"
    yield Pair(f"chart to case and figures / parsing {size}", lambda: considered(chart), lambda: orjson.loads(chart))
    yield Pair(
        f"chart to bundle / parsing {size}", lambda: bundle(chart), lambda: orjson.loads(chart), unit="assessments"
    )

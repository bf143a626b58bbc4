"""Every check has something that only it stops: one planted mistake per row."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from fhir_mapping.errors import InvalidResource
from fhir_mapping.write import procedure
from fhir_mapping.write.assessment import write
from fhir_mapping.write.checks import check
from fhir_mapping.write.tables import MODULES, REQUIRED_CODES, reference_types
from tests.unit.fhir_makers import IDS, NOW, UNIT, URLS, Json, request

GOOD = {entry.kind: entry.resource for entry in write(request())}
GOOD["contact"] = procedure.write(
    procedure.ProcedureToWrite(
        URLS,
        IDS["procedure"],
        "GC001",
        NOW,
        "Patient/p1",
        UNIT,
        "PractitionerRole/k1",
        coordination=procedure.Coordination("with-patient", "phone", "patient", "coordinator"),
    )
).resource
Break = Callable[[Json], Any]
CODE = "required value set"


def ref(to: str) -> Json:
    return {"reference": to}


ROWS: list[tuple[str, str, Break, str]] = [
    ("unknown element", "assessment", lambda r: r.update(banana=1), "extra"),
    ("required code", "assessment", lambda r: r.update(status="banana"), CODE),
    ("required code inside", "plan", lambda r: r["activity"][0]["detail"].update(status="banana"), CODE),
    ("plan intent", "plan", lambda r: r.update(intent="banana"), CODE),
    ("task status", "task", lambda r: r.update(status="banana"), CODE),
    ("task priority", "task", lambda r: r.update(priority="banana"), CODE),
    ("entity role", "provenance", lambda r: r["entity"][0].update(role="banana"), CODE),
    ("code in contained", "assessment", lambda r: r["contained"][0].update(status="banana"), CODE),
    ("narrative status", "task", lambda r: r["text"].update(status="banana"), CODE),
    ("decimal as text", "assessment", lambda r: r["prediction"][0].update(probabilityDecimal="37"), "must be a number"),
    ("not a number", "assessment", lambda r: r["prediction"][0].update(relativeRisk=float("nan")), "not a number"),
    ("integer as text", "task", lambda r: r["extension"][1].update(valueInteger="3"), "must be a number"),
    ("boolean as text", "plan", lambda r: r["contained"][0].update(active="true"), "true or false"),
    ("empty list", "plan", lambda r: r.update(addresses=[]), "empty"),
    ("empty object", "task", lambda r: r.update(restriction={}), "empty"),
    ("empty text", "task", lambda r: r["code"].update(text=" "), "empty"),
    ("null", "procedure", lambda r: r.update(encounter=None), "empty"),
    ("wrong reference type", "assessment", lambda r: r.update(condition=ref("Patient/1")), "may not point to Patient"),
    ("wrong inside", "plan", lambda r: r["activity"][0]["detail"].update(performer=[ref("Task/1")]), "Task"),
    ("wrong logical type", "task", lambda r: r["owner"].update(type="Condition"), "may not point to Condition"),
    ("no reference", "assessment", lambda r: r.update(subject={"reference": "banana banana"}), "not a reference"),
    ("reference to nothing", "task", lambda r: r.update(focus={"type": "CarePlan"}), "points to nothing"),
    ("no such contained", "assessment", lambda r: r.update(performer={"reference": "#nobody"}), "ref-1"),
    ("contained of wrong type", "plan", lambda r: r["addresses"].append(ref("#role-physician")), "may not point"),
    ("contained unused", "assessment", lambda r: r["contained"].append({"resourceType": "Device", "id": "x"}), "dom-3"),
    ("contained nested", "assessment", lambda r: r["contained"][0].update(contained=[{"id": "y"}]), "dom-2"),
    ("contained id", "assessment", lambda r: r["contained"][0].update(id="å b"), "not a valid id"),
    ("contained id twice", "plan", lambda r: r["contained"].append(dict(r["contained"][0])), "used twice"),
    ("cpl-3 both", "plan", lambda r: r["activity"][0].update(reference={"reference": "Task/1"}), "cpl-3"),
    ("cpl-3 none", "plan", lambda r: r["activity"].append({"progress": [{"text": "x"}]}), "cpl-3"),
    ("ras-2", "assessment", lambda r: r["prediction"][0].update(probabilityDecimal=101), "ras-2"),
    ("percent too fine", "assessment", lambda r: r["prediction"][0].update(probabilityDecimal=0.3745), "one decimal"),
    ("age for time", "assessment", lambda r: r["prediction"][0].update(whenRange={"high": {"value": 90}}), "whenRange"),
    ("reversed period", "assessment", lambda r: r["prediction"][0]["whenPeriod"].update(end="2020-01-01"), "per-1"),
    ("task times", "task", lambda r: r.update(lastModified="2020-01-01T00:00:00Z"), "inv-1"),
    ("extension without value", "task", lambda r: r["extension"][1].pop("valueInteger"), "ext-1"),
    ("extension with two", "task", lambda r: r["extension"][1].update(valueString="3"), "ext-1"),
    ("coordination", "contact", lambda r: r["extension"].pop(1), "coordination-mode"),
    ("no tag", "provenance", lambda r: r.update(meta={"security": [{"code": "x"}]}), "recognisable"),
    ("no method", "assessment", lambda r: r.pop("method"), "missing"),
    ("no business status", "task", lambda r: r.pop("businessStatus"), "missing"),
    ("no identifier", "procedure", lambda r: r.pop("identifier"), "missing"),
    ("bad date", "procedure", lambda r: r.update(performedDateTime="2026-13-01"), "performedDateTime"),
    ("no zone", "provenance", lambda r: r.update(recorded="2026-01-01T00:00:00"), "recorded"),
    ("other type", "task", lambda r: r.update(resourceType="Observation"), "not a type that we write"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "spoil", "says"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_mistake_is_stopped(kind: str, spoil: Break, says: str) -> None:
    resource = copy.deepcopy(GOOD[kind])
    check(resource)
    spoil(resource)
    with pytest.raises(InvalidResource) as found:
        check(resource)
    assert says in str(found.value)


def test_links_between_entries_are_followed() -> None:
    types = {f"urn:uuid:{id_}": "CarePlan" for id_ in IDS.values()}
    check(GOOD["task"], types)
    with pytest.raises(InvalidResource, match="no entry has this full url"):
        check(GOOD["task"], {})
    with pytest.raises(InvalidResource, match="may not point to Observation"):
        check(GOOD["procedure"], {f"urn:uuid:{IDS['plan']}": "Observation"})


def test_a_fault_never_repeats_what_was_written() -> None:
    spoiled = {**GOOD["contact"], "performedDateTime": "19800113-9297"}
    with pytest.raises(InvalidResource) as found:
        check(spoiled)
    assert "9297" not in str(found.value)


def test_an_activity_may_refer_instead() -> None:
    plan = copy.deepcopy(GOOD["plan"])
    plan["activity"].append({"reference": ref("ServiceRequest/1")})
    check(plan)
    plan["activity"][-1] = {"reference": ref("Patient/1")}
    with pytest.raises(InvalidResource, match="may not point to Patient"):
        check(plan)


def test_the_tables_know_every_type() -> None:
    assert {path.partition(".")[0] for path in REQUIRED_CODES} <= set(MODULES)
    assert reference_types("RiskAssessment")["RiskAssessment.performer"] == {
        "Practitioner",
        "PractitionerRole",
        "Device",
    }
    assert "CareTeam" in reference_types("CarePlan")["CarePlan.activity.detail.performer"]
    assert "Organization" in reference_types("Provenance")["Provenance.agent.onBehalfOf"]

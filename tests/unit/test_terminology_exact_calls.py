"""Calls that contradict themselves, and spellings and parts that integrators send: nothing is silently passed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from smart_app.routes.fhir_terminology_here import opened
from terminology.concept import Edition, Kind
from terminology.release import Release, of_year
from terminology.sqlite_store import write_release
from tests.worklist_desk import a_desk

KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
ICD = "urn:oid:1.2.752.116.1.1.1"
BASE = "https://sickleave-on-fhir.example/fhir"
PLAN_MADE = f"{BASE}/ValueSet/kva-plan-made"
OVER_TIME = f"{BASE}/ConceptMap/kva-over-time"
JSON = dict[str, Any]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """With one INVENTED release of 2019 that has a block."""
    folder = tmp_path_factory.mktemp("codes")
    editions = [Edition("F43", "Påhittad", parent="F40-F48"), Edition("F40-F48", "Påhittat block", kind=Kind.HEADING)]
    write_release(folder / "icd10se-2019.sqlite", Release("icd10se", "2019", *of_year(2019)), editions)
    desk = a_desk(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'worklist.sqlite'}")
    yield desk.api(terminology=opened(replace(desk.services().settings, terminology=folder)))
    desk.store.close()


def sent(api: TestClient, operation: str, **parameters: Any) -> JSON:
    """The answer's plain values by name, by POST; a refusal's text under "refused"."""
    listed = [
        {"name": name.replace("_", "-")} | (value if isinstance(value, dict) else {"valueString": value})
        for name, value in parameters.items()
    ]
    answer = api.post(
        f"/fhir/{operation}",
        json={"resourceType": "Parameters", "parameter": listed},
        headers={"Accept-Language": "en"},
    )
    found: JSON = answer.json()
    if found["resourceType"] == "OperationOutcome":
        return {"refused": found["issue"][0]["details"]["text"], "status": answer.status_code}
    if found["resourceType"] == "ValueSet":
        return {"codes": [each["code"] for each in found["expansion"]["contains"]], **found}
    return {
        each["name"]: next(value for key, value in each.items() if key.startswith("value"))
        for each in found["parameter"]
        if "part" not in each
    }


def coding(**parts: str) -> JSON:
    return {"valueCoding": parts}


def concept(*codings: JSON) -> JSON:
    return {"valueCodeableConcept": {"coding": list(codings)}}


LOOKUP, VALIDATE, SUBSUMES = "CodeSystem/$lookup", "CodeSystem/$validate-code", "CodeSystem/$subsumes"
IN_SET, TRANSLATE, EXPAND = "ValueSet/$validate-code", "ConceptMap/$translate", "ValueSet/$expand"
GC = {"system": KVA, "code": "GC001"}
CONTRADICTIONS: tuple[tuple[str, JSON, str], ...] = (
    (VALIDATE, {"coding": coding(system=ICD, code="F32"), "codeableConcept": concept(GC)}, "codeableConcept"),
    (VALIDATE, {"url": KVA, "system": ICD, "code": "GC001"}, f"system ({ICD})"),
    (VALIDATE, {"url": f"{KVA}|2020", "version": "2021", "code": "GC001"}, "version (2020)"),
    (LOOKUP, {"system": ICD, "coding": coding(**GC)}, f"system ({ICD})"),
    (LOOKUP, {"version": "2021", "coding": coding(**GC, version="2020")}, "version (2020)"),
    (SUBSUMES, {"codingA": coding(**GC, version="2021"), "codingB": coding(**GC, version="2020")}, "version (2020)"),
    (SUBSUMES, {"system": ICD, "codingA": coding(**GC), "codingB": coding(**GC)}, f"codingA ({KVA})"),
    (SUBSUMES, {"system": KVA, "codeA": "DV093", "codingA": coding(**GC), "codeB": "GC001"}, "codingA (GC001)"),
    (IN_SET, {"url": PLAN_MADE, "coding": coding(**GC), "codeableConcept": concept(GC)}, "codeableConcept"),
    (TRANSLATE, {"url": OVER_TIME, "system": ICD, "coding": coding(**GC)}, f"system ({ICD})"),
)


@pytest.mark.parametrize(("operation", "parameters", "named"), CONTRADICTIONS, ids=range(len(CONTRADICTIONS)))
def test_a_call_that_contradicts_itself_is_refused(
    api: TestClient, operation: str, parameters: JSON, named: str
) -> None:
    answer = sent(api, operation, **parameters)
    assert answer["status"] == 400
    assert answer["refused"].startswith(f"The parameter {named}"), answer


def test_what_agrees_in_other_words_is_answered(api: TestClient) -> None:
    other = "http://electronichealth.se/id/kva"
    assert sent(api, LOOKUP, system=f"{other}|2020", coding=coding(**GC, version="2020"))["version"] == "2020"
    assert sent(api, VALIDATE, url=f"{KVA}|2021", system=other, code="GC 001")["version"] == "2021"
    assert sent(api, SUBSUMES, system=f"{KVA}|2021", codeA="gc001", codeB="G C001")["outcome"] == "equivalent"
    assert "2020" in sent(api, LOOKUP, system=f"{KVA}|2020", code="AW020")["refused"]


def test_codings_of_a_concept_that_are_no_codes_of_any_system_are_passed_over(api: TestClient) -> None:
    local, wordy = {"code": "lokal"}, {"system": KVA, "display": "bara text"}
    for operation, more in ((VALIDATE, {}), (IN_SET, {"url": f"{BASE}/ValueSet/kva"})):
        assert sent(api, operation, codeableConcept=concept(local, wordy, GC), **more)["result"] is True
    assert sent(api, TRANSLATE, url=OVER_TIME, codeableConcept=concept(local, GC))["result"] is False
    assert "coding.code" in sent(api, VALIDATE, codeableConcept=concept(wordy))["refused"]
    assert "(): it is missing" in sent(api, IN_SET, url=PLAN_MADE, codeableConcept=concept(local))["refused"]


def test_the_version_beside_a_coding_counts_in_a_value_set(api: TestClient) -> None:
    aw020 = coding(system=KVA, code="AW020")
    for version, result in (("2021", True), ("2020", False)):
        said = sent(api, IN_SET, url=f"{BASE}/ValueSet/kva", coding=aw020, systemVersion=version)
        assert said["result"] is result


def test_a_right_text_does_not_make_an_ended_code_valid(api: TestClient) -> None:
    ended = {"url": PLAN_MADE, "system": KVA, "code": "DV093", "date": "2024-01-01"}
    text = sent(api, LOOKUP, system=KVA, code="DV093")["display"]
    for display in ({}, {"display": text}):
        assert "not valid on 2024-01-01" in sent(api, IN_SET, **ended, **display)["message"]


def test_an_ended_code_is_inactive_in_an_expansion_of_today(api: TestClient) -> None:
    listed = {
        each["code"]: each.get("inactive", False) for each in sent(api, EXPAND, url=PLAN_MADE)["expansion"]["contains"]
    }
    assert listed == {"DV093": True, "AW020": False}


def test_nobody_codes_with_a_heading(api: TestClient) -> None:
    block = {"system": ICD, "code": "F40-F48", "version": "2019"}
    assert sent(api, VALIDATE, **block)["message"].startswith("F40-F48 is a heading")
    assert sent(api, VALIDATE, **block, abstract={"valueBoolean": True})["result"] is True
    in_all = {"url": f"{BASE}/ValueSet/icd-10-se", "system": ICD, "code": "F40-F48", "systemVersion": "2019"}
    assert (sent(api, IN_SET, **in_all)["result"], sent(api, IN_SET, **in_all, abstract="true")["result"]) == (
        False,
        True,
    )


def include(**part: Any) -> JSON:
    return {"resource": {"resourceType": "ValueSet", "compose": {"include": [{"system": ICD, **part}]}}}


def test_listed_codes_and_rules_are_read_in_every_spelling(api: TestClient) -> None:
    listed = include(concept=[{"code": "F43.8", "display": "Egen text"}, {"code": "f32-"}, {"code": "X99.9"}])
    assert sent(api, EXPAND, valueSet=listed)["codes"] == ["F438", "F32"]
    assert sent(api, EXPAND, valueSet=listed, filter="svår stress")["codes"] == ["F438"]
    assert sent(api, IN_SET, valueSet=listed, system=ICD, code="F438", display="Egen text")["result"] is True
    below = include(filter=[{"property": "parent", "op": "=", "value": "F43.8"}])
    assert sent(api, EXPAND, valueSet=below)["codes"] == ["F438A"]
    either = include(filter=[{"property": "concept", "op": "in", "value": "F43.8A, m54.5"}])
    assert sent(api, EXPAND, valueSet=either)["codes"] == ["F438A", "M545"]


def test_what_cannot_be_done_names_what_asked_for_it(api: TestClient) -> None:
    group = f"{BASE}/ConceptMap/icd-10-se-to-diagnosis-group"
    back = {"system": f"{BASE}/CodeSystem/diagnosis-group", "code": "F43", "reverse": "true"}
    for operation, parameters, said in (
        (TRANSLATE, {"url": group, **back}, "reverse (true): the map goes one way only"),
        (TRANSLATE, {"url": group, "system": ICD, "code": "F43", "target": "urn:x"}, "target (urn:x)"),
        (TRANSLATE, {"url": OVER_TIME, "conceptMapVersion": "7", **GC}, f"url ({OVER_TIME}|7)"),
        (EXPAND, {"url": PLAN_MADE, "includeDefinition": "true"}, "includeDefinition (true)"),
        (EXPAND, {"valueSet": include(version="1999")}, "ValueSet.compose.include.version (1999)"),
        (EXPAND, {"valueSet": include(valueSet=["urn:x"])}, "ValueSet.compose.include.valueSet (urn:x)"),
        (VALIDATE, {**GC, "abstract": "ja"}, "abstract (ja)"),
        (VALIDATE, {**GC, "display": " "}, "display ( ): it is empty"),
    ):
        assert f"The parameter {said}" in sent(api, operation, **parameters)["refused"]


def test_an_operation_takes_get_and_post_only(api: TestClient) -> None:
    for method in ("PUT", "HEAD", "DELETE"):
        answer = api.request(method, f"/fhir/{LOOKUP}", params=GC)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_a_cleared_search_field_is_no_filter(api: TestClient) -> None:
    both = [api.get(f"/fhir/{EXPAND}?url={PLAN_MADE}{more}").json() for more in ("", "&filter=")]
    assert both[0]["expansion"]["contains"] == both[1]["expansion"]["contains"] != []

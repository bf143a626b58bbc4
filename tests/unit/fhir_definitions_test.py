"""Our published definitions agree with what we read and write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import fhirkit
import pytest

from fhir_mapping import definitions
from fhir_mapping.read.certificate_codes import BASIS, DEGREE, OCCUPATION
from fhir_mapping.urls import CANONICAL
from fhir_mapping.write import procedure
from fhir_mapping.write.assessment import write
from fhir_mapping.write.reko import TABLE
from tests.unit.fhir_makers import IDS, Json, request

ALL = definitions.load()


def codes(name: str) -> set[str]:
    return {concept["code"] for concept in ALL["CodeSystem", name].get("concept", [])}


def items(document: Json) -> Iterator[Json]:
    for item in document.get("item", []):
        yield item
        yield from items(item)


@pytest.mark.parametrize(("kind", "id_"), sorted(ALL))
def test_each_is_valid_r4_and_stands_under_its_own_url(kind: str, id_: str) -> None:
    definition = ALL[kind, id_]
    assert list(fhirkit.validate(json.dumps(definition))) == []
    assert definition["url"] == f"{CANONICAL}/{kind}/{id_}"


def test_a_setting_moves_all_urls() -> None:
    moved = definitions.load("https://region.example/fhir")
    assert CANONICAL not in json.dumps(list(moved.values()))
    assert moved.keys() == ALL.keys()
    assert definitions.load()["CodeSystem", "outcome"]["url"].startswith(CANONICAL)


def test_loaded_definitions_may_be_changed_by_the_caller() -> None:
    definitions.load()["CodeSystem", "outcome"]["url"] = "changed"
    assert definitions.load()["CodeSystem", "outcome"]["url"] != "changed"


HEAD = "27 27.1 1 1.1 1.2 1.3 28 28.1 29 29.1 6 6.1 6.2 6.3 6.4 6.5 6.6"
MIDDLE = "35 35.1 17 17.1 19 19.1 32 32.1 32.2.start 32.2.end"
TAIL = "37 37.1 34 34.1 33 33.1 33.2 39 39.1"
END = "25 25.1 26 26.1 26.2"


@pytest.mark.parametrize(("version", "own"), [("1", "39.3 40 40.1 40.2"), ("2", "39.4 39.2 44 44.1")])
def test_the_questionnaires_have_the_official_ids(version: str, own: str) -> None:
    questionnaire = ALL["Questionnaire", f"fk7804-v{version}"]
    links = [item["linkId"] for item in items(questionnaire)]
    assert links == " ".join([HEAD, MIDDLE, TAIL, own, END]).split()
    assert questionnaire["version"] == f"{version}.0"
    asked = {when["question"] for item in items(questionnaire) for when in item.get("enableWhen", [])}
    assert asked <= set(links)


def test_readers_know_every_published_code() -> None:
    assert codes("kv-fkmu-0001") == set(BASIS)
    assert codes("kv-fkmu-0002") <= set(OCCUPATION)
    assert codes("kv-fkmu-0003") <= set(DEGREE)
    assert len({DEGREE[code] for code in codes("kv-fkmu-0003")}) == 4
    assert codes("reko-status") == {row.code for row in TABLE}


def test_every_code_and_extension_of_ours_that_is_written_is_published() -> None:
    contact = procedure.Coordination("with-patient", "visit", "internal", "other")
    written = [entry.resource for entry in write(request(replaces=IDS["answers"]))]
    written.append({"codes": [{"system": f"{CANONICAL}/CodeSystem/{n}", "code": c} for n, c in contact.codes()]})
    text = json.dumps(written)
    for kind, name in set(re.findall(rf"{CANONICAL}/(CodeSystem|StructureDefinition)/([a-z0-9-]+)", text)):
        assert (kind, name) in ALL
    for system, code in re.findall(rf'"system": "{CANONICAL}/CodeSystem/([a-z0-9-]+)", "code": "([^"]+)"', text):
        assert ALL["CodeSystem", system]["content"] != "complete" or code in codes(system)


def test_bindings_and_value_sets_lead_to_code_systems() -> None:
    text = json.dumps(list(ALL.values()))
    for name in set(re.findall(rf"{CANONICAL}/ValueSet/([a-z0-9-]+)", text)):
        for include in ALL["ValueSet", name]["compose"]["include"]:
            assert ("CodeSystem", include["system"].rpartition("/")[2]) in ALL

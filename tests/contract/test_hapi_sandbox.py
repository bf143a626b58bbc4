"""The sandbox itself: the server is a real HAPI, keeps the manners we build on, and its validator finds faults."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.running_hapi import DIRECT, Validation, lay_out

PATIENT = {"resourceType": "Patient", "active": True, "gender": "female"}
NARRATIVE = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">-</div>'}


def send(base: str, path: str, body: object | None = None, **headers: str) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}{path}", data=data, headers={"Content-Type": "application/fhir+json"})
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    with DIRECT.open(request, timeout=60) as answer:
        return dict(json.load(answer))


def test_it_says_what_it_is(hapi: str) -> None:
    statement = send(hapi, "/metadata")

    assert statement["software"]["name"] == "HAPI FHIR Server"
    assert statement["fhirVersion"] == "4.0.1"


def test_a_conditional_create_sent_twice_makes_one(hapi: str) -> None:
    identifier = {"system": "https://sickleave-on-fhir.example/id/test", "value": str(uuid.uuid4())}
    entry = {
        "resource": PATIENT | {"identifier": [identifier]},
        "request": {
            "method": "POST",
            "url": "Patient",
            "ifNoneExist": f"identifier={identifier['system']}|{identifier['value']}",
        },
    }
    transaction = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

    first = send(hapi, "", transaction)["entry"][0]["response"]
    second = send(hapi, "", transaction)["entry"][0]["response"]

    assert first["status"].startswith("201")
    assert second["status"].startswith("200")
    assert first["location"] == second["location"]


def test_the_validator_passes_the_good_names_the_fault_and_knows_definitions_it_is_given(
    validator: Callable[..., Validation], tmp_path: Path
) -> None:
    codes = {
        "resourceType": "CodeSystem",
        "url": "https://sickleave-on-fhir.example/fhir/CodeSystem/planted",
        "status": "active",
        "content": "complete",
        "concept": [{"code": "known"}],
    }
    good = PATIENT | {"text": NARRATIVE}
    bad = good | {"gender": "planted"}
    known, unknown = (
        good | {"maritalStatus": {"coding": [{"system": codes["url"], "code": code}]}} for code in ("known", "unknown")
    )

    definitions = lay_out([codes], tmp_path / "ig")
    said = validator(lay_out([good, known, bad, unknown], tmp_path / "in"), definitions=definitions)

    errors = {(Path(issue.file).name, issue.path) for issue in said.errors}
    assert said.count == 4
    assert ("Patient-00002.json", "Patient.gender") in errors
    assert {name for name, _ in errors} == {"Patient-00002.json", "Patient-00003.json"}
    assert any("unknown" in issue.message for issue in said.errors if issue.file.endswith("Patient-00003.json"))

"""Small pieces of FHIR that several written resources share."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from fhir_mapping.fhir_json import Json
from fhir_mapping.read.organization import Unit
from fhir_mapping.write.entry import without_empty
from terminology.codes import HSA, icd_title, kva_text
from terminology.release import RELEASE

Labels = tuple[tuple[str | None, str], ...]


def coding(system: str, code: str, display: str | None = None, version: str | None = None) -> Json:
    """One Coding."""
    return without_empty({"system": system, "version": version, "code": code, "display": display})


def concept(*parts: Json, text: str | None = None) -> Json:
    """A CodeableConcept."""
    return without_empty({"coding": list(parts), "text": text})


def kva_coding(code: str, system: str) -> Json:
    """KVÅ code with text and release frozen as they are at the time of writing."""
    return coding(system, code, kva_text(code), RELEASE)


def icd_concept(code: str, system: str) -> Json:
    """ICD-10-SE code, without dot as in certificates."""
    return concept(coding(system, code, icd_title(code)))


def identifier(system: str, value: str) -> Json:
    """A business identifier."""
    return {"system": system, "value": value}


def literal(reference: str) -> Json:
    """A Reference to something that has an address."""
    return {"reference": reference}


def organization(unit: Unit) -> Json | None:
    """The care unit as a logical Reference by HSA-id; None when no id is known."""
    if unit.hsa_id is None:
        return None
    return without_empty({"type": "Organization", "identifier": identifier(HSA, unit.hsa_id), "display": unit.name})


def meta(labels: Labels = (), tag: tuple[str, str] | None = None) -> Json:
    """Meta with the patient's labels of protected identity carried on, and the tag of the write."""
    security = [without_empty({"system": system, "code": code}) for system, code in labels]
    return without_empty({"security": security, "tag": [coding(*tag)] if tag else []})


def narrative(lines: Iterable[str]) -> Json:
    """A short generated text in Swedish; never holds a name or number of the patient's."""
    body = "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml" lang="sv" xml:lang="sv">{body}</div>',
    }

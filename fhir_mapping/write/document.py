"""For EHRs that take no resources of ours but take documents: one DocumentReference that carries a whole write."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from fhir_mapping.fhir_json import Json
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import coding, concept, identifier, literal

TITLE = "Plan för återgång i arbete"
_LOINC = "http://loinc.org"
_PLAN_OF_CARE = ("18776-5", "Plan of care note")
_TAG = re.compile(r"<[^>]+>")
_LINE_END = re.compile(r"</(?:p|div|li|tr|h\d)>|<br\s*/?>")


def document(entries: Sequence[WriteEntry], *, patient: str, at: datetime) -> WriteEntry:
    """One write as a document: readable text, and beside it the same as a FHIR document (Composition and resources).

    The document's id follows from the ids of what it holds and from their content, so the same write is one document
    however often it is sent, and a changed plan is another one.

    Args:
        entries: as for `transaction`; what they refer to elsewhere is an address at the EHR by now.
        patient: reference of whom it is about.
        at: when it was decided, where no provenance says so.
    """
    id_ = _id(entries)
    system = f"{_namespace(entries[0])}/document"
    made = _made(entries, at)
    authors = _authors(entries)
    forms = (
        ("text/plain; charset=utf-8", _readable(entries).encode()),
        ("application/fhir+json", orjson.dumps(_bundle(entries, id_, system, patient, made, authors))),
    )
    resource = without_empty(
        {
            "resourceType": "DocumentReference",
            "meta": _labels(entries),
            "identifier": [identifier(system, id_)],
            "status": "current",
            "docStatus": "final",
            "type": concept(coding(_LOINC, *_PLAN_OF_CARE)),
            "subject": literal(patient),
            "date": made,
            "author": [author for author in authors if "reference" in author and author["reference"][0] != "#"],
            "description": TITLE,
            "content": [{"attachment": _attachment(kind, data, made)} for kind, data in forms],
        }
    )
    return WriteEntry("document", resource, urn(id_), (system, id_), None, once=True)


def _id(entries: Sequence[WriteEntry]) -> str:
    content = orjson.dumps([[e.full_url, e.resource] for e in entries], option=orjson.OPT_SORT_KEYS)
    return str(uuid5(NAMESPACE_URL, content.hex()))


def _namespace(entry: WriteEntry) -> str:
    system, _ = entry.identifier or entry.tag or ("", "")
    return system.rpartition("/")[0]


def _made(entries: Sequence[WriteEntry], at: datetime) -> str:
    for entry in entries:
        if entry.kind == "provenance" and isinstance(entry.resource.get("recorded"), str):
            return str(entry.resource["recorded"])
    return local_time(at.astimezone(UTC))


def _authors(entries: Sequence[WriteEntry]) -> list[Json]:
    """Who stands as author in the provenance; the software when nobody does."""
    found = []
    for entry in entries:
        agents = entry.resource.get("agent", []) if entry.kind == "provenance" else []
        found += [agent["who"] for agent in agents if not str(agent["who"].get("reference", "#")).startswith("#")]
    return found or [{"type": "Device", "display": "sickleave-on-fhir"}]


def _labels(entries: Sequence[WriteEntry]) -> Json:
    """Labels of protected identity go with the document."""
    labels: list[Json] = []
    for entry in entries:
        labels += [one for one in entry.resource.get("meta", {}).get("security", []) if one not in labels]
    return {"security": labels} if labels else {}


def _bundle(entries: Sequence[WriteEntry], id_: str, system: str, patient: str, made: str, authors: list[Json]) -> Json:
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": concept(coding(_LOINC, *_PLAN_OF_CARE)),
        "subject": literal(patient),
        "date": made,
        "author": authors,
        "title": TITLE,
        "section": [{"title": TITLE, "entry": [literal(entry.full_url) for entry in entries]}],
    }
    return {
        "resourceType": "Bundle",
        "type": "document",
        "identifier": identifier(system, id_),
        "timestamp": made,
        "entry": [
            {"fullUrl": urn(str(uuid5(NAMESPACE_URL, f"composition/{id_}"))), "resource": composition},
            *({"fullUrl": entry.full_url, "resource": entry.resource} for entry in entries),
        ],
    }


def _readable(entries: Sequence[WriteEntry]) -> str:
    """The narratives as plain text; they hold no name or number of the patient's."""
    lines = [TITLE, ""]
    for entry in entries:
        text: Any = entry.resource.get("text")
        div = text.get("div") if isinstance(text, dict) else None
        if isinstance(div, str):
            lines += [*filter(None, map(str.strip, _plain(div).splitlines())), ""]
    return "\n".join(lines).rstrip() + "\n"


def _plain(div: str) -> str:
    return unescape(_TAG.sub("", _LINE_END.sub("\n", div)))


def _attachment(kind: str, data: bytes, made: str) -> Json:
    return {
        "contentType": kind,
        "language": "sv",
        "data": b64encode(data).decode(),
        "title": TITLE,
        "creation": made,
    }

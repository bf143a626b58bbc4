"""Provenance: who wrote what, with which software, out of what; known by its tag, for R4 gives it no identifier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fhir_mapping.fhir_json import Json
from fhir_mapping.read.organization import Unit
from fhir_mapping.urls import Urls
from fhir_mapping.write.device import DEVICE_ID, device
from fhir_mapping.write.entry import WriteEntry, local_time, urn, without_empty
from fhir_mapping.write.parts import Labels, coding, concept, identifier, literal, meta, organization
from fhir_mapping.write.request import AssessmentToWrite, Versions
from risk.result import ModelInfo

_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


@dataclass(frozen=True, slots=True)
class ProvenanceToWrite:
    """One write's provenance.

    Attributes:
        id: random UUID of the write.
        targets: references or full urls of everything written.
        author: reference of the person; None when the software alone acted.
        sources: references of what was read.
        replaces: identifier value of the assessment that a target replaces.
        model, versions: for writes that carry a prediction; None for plain registrations.
        update: whether something known was changed rather than created.
    """

    urls: Urls
    id: str
    targets: tuple[str, ...]
    author: str | None
    unit: Unit
    now: datetime
    sources: tuple[str, ...] = ()
    replaces: str | None = None
    model: ModelInfo | None = None
    versions: Versions | None = None
    update: bool = False
    patient_labels: Labels = ()


def of_assessment(request: AssessmentToWrite, written: Iterable[WriteEntry]) -> ProvenanceToWrite:
    """The provenance of one assessment's write."""
    return ProvenanceToWrite(
        urls=request.urls,
        id=request.ids["provenance"],
        targets=tuple(entry.full_url for entry in written),
        author=request.author.reference if request.author else None,
        unit=request.unit,
        now=request.now,
        sources=request.basis,
        replaces=request.replaces,
        model=request.result.model,
        versions=request.versions,
        update=request.first_written is not None,
        patient_labels=request.patient_labels,
    )


def write(provenance: ProvenanceToWrite) -> WriteEntry:
    """The Provenance.

    Raises:
        ValueError: neither a person nor the software is named.
    """
    tag = (provenance.urls.write_tag, provenance.id)
    software = (
        device(provenance.model, provenance.versions) if provenance.model and provenance.versions is not None else None
    )
    agents = _agents(provenance, with_software=software is not None)
    if not agents:
        raise ValueError("a provenance names its author, or the software")
    resource = without_empty(
        {
            "resourceType": "Provenance",
            "meta": meta(provenance.patient_labels, tag),
            "contained": [software] if software else [],
            "target": [literal(target) for target in provenance.targets],
            "occurredDateTime": local_time(provenance.now),
            "recorded": provenance.now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "activity": concept(coding(_OPERATION, "UPDATE" if provenance.update else "CREATE")),
            "agent": agents,
            "entity": _entities(provenance),
        }
    )
    return WriteEntry("provenance", resource, urn(provenance.id), None, tag, once=True)


def _agents(provenance: ProvenanceToWrite, *, with_software: bool) -> list[Json]:
    unit = organization(provenance.unit)
    agents = []
    if provenance.author:
        person = {
            "type": concept(coding(_PARTICIPANT, "author")),
            "who": literal(provenance.author),
            "onBehalfOf": unit,
        }
        agents.append(without_empty(person))
    if with_software:
        software = {
            "type": concept(coding(_PARTICIPANT, "assembler")),
            "who": literal(f"#{DEVICE_ID}"),
            "onBehalfOf": unit,
        }
        agents.append(without_empty(software))
    return agents


def _entities(provenance: ProvenanceToWrite) -> list[Json]:
    read: list[Json] = [{"role": "source", "what": literal(source)} for source in provenance.sources]
    if provenance.replaces is None:
        return read
    earlier = identifier(provenance.urls.identifier_system("assessment"), provenance.replaces)
    return [*read, {"role": "revision", "what": {"type": "RiskAssessment", "identifier": earlier}}]

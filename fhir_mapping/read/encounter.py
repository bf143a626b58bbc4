"""Encounter -> the visit that an assessment is made at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, as_coding, as_reference, codings, reference_of, text
from fhir_mapping.read.dates import instant

_GONE = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class EncounterView:
    """One contact with care.

    Attributes:
        reference: "Encounter/3".
        status: as recorded.
        kind: code of Encounter.class, e.g. "AMB", "VR"; None when not said.
        start, end: instants in UTC; None = unknown.
        organization: reference of the unit that gives the care.
        service: (system, code) of Encounter.serviceType.
    """

    reference: str
    status: str | None
    kind: str | None
    start: datetime | None
    end: datetime | None
    organization: str | None
    service: tuple[tuple[str | None, str], ...] = ()


def read_encounters(resources: Iterable[Json], *, base: str | None = None) -> tuple[EncounterView, ...]:
    """All encounters that took or take place."""
    found = []
    for each in resources:
        reference = reference_of(each)
        if each.get("resourceType") != "Encounter" or reference is None or text(each.get("status")) in _GONE:
            continue
        kind = as_coding(each.get("class"))
        found.append(
            EncounterView(
                reference,
                text(each.get("status")),
                kind.code if kind else None,
                _instant(each, "start"),
                _instant(each, "end"),
                as_reference(each.get("serviceProvider"), base=base),
                tuple((one.system, one.code) for one in codings(each.get("serviceType"))),
            )
        )
    return tuple(found)


def _instant(encounter: Json, end: str) -> datetime | None:
    period = encounter.get("period")
    try:
        return instant(period.get(end), f"Encounter.period.{end}") if isinstance(period, dict) else None
    except MappingFault:
        return None

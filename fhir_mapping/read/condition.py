"""Condition -> diagnoses of the patient, active and earlier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, as_reference, codings, reference_of, text
from fhir_mapping.read.dates import day
from terminology.codes import is_icd_system, normal_icd
from terminology.errors import UnknownCode

_ACTIVE = frozenset({"active", "recurrence", "relapse"})
_WRONG = frozenset({"entered-in-error", "refuted"})


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One diagnosis as recorded.

    Attributes:
        reference: "Condition/7".
        icd: ICD-10-SE without dot; None when it is coded otherwise or not at all.
        active: still going on; a missing clinical status counts as active unless an end is recorded.
        onset: first day, else the day it was recorded; None = unknown.
        ended: last day; None = unknown or still going on.
        title: what stands in the record, plain text (may hold markup: escape on output).
        encounter: the visit at which it was recorded.
    """

    reference: str
    icd: str | None
    active: bool
    onset: date | None = None
    ended: date | None = None
    title: str | None = None
    encounter: str | None = None


def read_conditions(resources: Iterable[Json], *, base: str | None = None) -> tuple[ConditionView, ...]:
    """All conditions among the resources, newest first; those entered in error or refuted are left out."""
    found = [
        view
        for each in resources
        if each.get("resourceType") == "Condition" and (view := _read(each, base)) is not None
    ]
    return tuple(sorted(found, key=lambda view: (view.onset or date.min, view.reference), reverse=True))


def icd_of(concept: object) -> str | None:
    """The first readable ICD-10-SE code in any of its systems; a coding without system does not count."""
    for coding in codings(concept):
        if coding.system and is_icd_system(coding.system):
            try:
                return normal_icd(coding.code)
            except UnknownCode:
                continue
    return None


def main_condition(conditions: Iterable[ConditionView], diagnosis: str | None) -> ConditionView | None:
    """The active condition of the case's diagnosis: same code, else same three characters; None when there is none."""
    if diagnosis is None:
        return None
    alike = [c for c in conditions if c.active and c.icd and c.icd[:3] == diagnosis[:3]]
    return next((c for c in alike if c.icd == diagnosis), alike[0] if alike else None)


def _read(resource: Json, base: str | None) -> ConditionView | None:
    reference = reference_of(resource)
    verification = {c.code for c in codings(resource.get("verificationStatus"))}
    if reference is None or verification & _WRONG:
        return None
    clinical = {c.code for c in codings(resource.get("clinicalStatus"))}
    ended = _day(resource, "abatementDateTime") or _period_day(resource, "abatementPeriod", "end")
    abated = ended is not None or any(key.startswith("abatement") for key in resource)
    concept = resource.get("code")
    title = text(concept.get("text")) if isinstance(concept, dict) else None
    return ConditionView(
        reference=reference,
        icd=icd_of(concept),
        active=bool(clinical & _ACTIVE) if clinical else not abated,
        onset=_day(resource, "onsetDateTime")
        or _period_day(resource, "onsetPeriod", "start")
        or _day(resource, "recordedDate"),
        ended=ended,
        title=title or next((c.display for c in codings(concept) if c.display), None),
        encounter=as_reference(resource.get("encounter"), base=base),
    )


def _day(resource: Json, key: str) -> date | None:
    try:
        return day(resource.get(key), key)
    except MappingFault:
        return None


def _period_day(resource: Json, key: str, end: str) -> date | None:
    period = resource.get(key)
    return _day(period, end) if isinstance(period, dict) else None

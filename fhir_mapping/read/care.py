"""Conditions, Encounters and Organizations -> what the record tells of a patient's care."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from fhir_mapping.fhir_json import Json, as_reference, codings, dicts, reference_of
from fhir_mapping.read.condition import ConditionView
from fhir_mapping.read.dates import STOCKHOLM
from fhir_mapping.read.encounter import EncounterView
from fhir_mapping.read.organization import hsa_id, parents
from risk.care_history import CareRecord, Contact, ContactKind, Disease
from risk.case import Certificate

_KINDS = {
    "AMB": ContactKind.VISIT,
    "EMER": ContactKind.VISIT,
    "HH": ContactKind.VISIT,
    "IMP": ContactKind.STAY,
    "ACUTE": ContactKind.STAY,
    "NONAC": ContactKind.STAY,
}
"""Code of Encounter.class -> kind; virtual contacts and pre-admissions are neither."""
_HAPPENED = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished", "completed"})


def read_care(
    resources: Sequence[Json],
    conditions: Iterable[ConditionView],
    encounters: Iterable[EncounterView],
    *,
    withheld: Iterable[str] = (),
    first: Certificate | None = None,
    base: str | None = None,
) -> CareRecord:
    """What the rules need of a chart; what was withheld is not read, and so unknown.

    Args:
        resources: the chart, for its organizations and the visit at which the first certificate was written.
        first: the case's first certificate; None without a case.
    """
    hidden, levels = set(withheld), _levels(resources, base)
    contacts = [(one, _contact(one, levels)) for one in encounters]
    return CareRecord(
        diseases=None if "Condition" in hidden else tuple(_diseases(conditions)),
        contacts=None if "Encounter" in hidden else tuple(contact for _, contact in contacts if contact),
        first_unit_primary_care=_first_unit(resources, first, dict(contacts), levels, base) if first else None,
    )


def _diseases(conditions: Iterable[ConditionView]) -> Iterable[Disease]:
    """Diagnoses with a code; one that is over without a day that says when cannot be placed, and is left out."""
    for one in conditions:
        if one.icd is not None and (one.active or one.ended is not None):
            yield Disease(one.icd, one.onset, one.ended, one.reference)


def _contact(one: EncounterView, levels: Mapping[str, bool]) -> Contact | None:
    kind = _KINDS.get(one.kind or "")
    if kind is None or one.start is None or one.status not in _HAPPENED:
        return None
    return Contact(
        kind,
        one.start.astimezone(STOCKHOLM).date(),
        one.end.astimezone(STOCKHOLM).date() if one.end else None,
        _level(one, levels),
        one.reference,
    )


def _level(one: EncounterView, levels: Mapping[str, bool]) -> bool | None:
    said = level_of(one.service)
    return levels.get(one.organization or "") if said is None else said


def _first_unit(
    resources: Sequence[Json],
    first: Certificate,
    contacts: Mapping[EncounterView, Contact | None],
    levels: Mapping[str, bool],
    base: str | None,
) -> bool | None:
    """Whether the first certificate came from primary care: by its unit, else by the visit it was written at."""
    by_hsa = {hsa_id(each): levels.get(reference_of(each) or "") for each in resources if _is(each, "Organization")}
    said = by_hsa.get(first.care_unit) if first.care_unit else None
    if said is not None:
        return said
    written = next((each for each in resources if reference_of(each) == first.reference), {})
    at = as_reference(written.get("encounter"), base=base)
    return next((_level(one, levels) for one in contacts if one.reference == at), None)


def level_of(said: Iterable[tuple[str | None, str]]) -> bool | None:
    """Whether codes say primary care (True) or specialised care (False); None when they say neither, or both.

    >>> level_of([("http://snomed.info/sct", "394814009")]), level_of([("http://snomed.info/sct", "394801008")])
    (True, False)
    """
    found = {_codes()[one] for one in said if one in _codes()}
    return found.pop() if len(found) == 1 else None


def _levels(resources: Iterable[Json], base: str | None) -> dict[str, bool]:
    """Organizations of which the record says it, by reference; a ward takes after what it belongs to."""
    organizations = {ref: each for each in resources if _is(each, "Organization") and (ref := reference_of(each))}
    found = {}
    for reference, each in organizations.items():
        for one in (each, *parents(each, organizations, base=base)):
            level = level_of((c.system, c.code) for part in dicts(one.get("type")) for c in codings(part))
            if level is not None:
                found[reference] = level
                break
    return found


def _is(resource: Json, kind: str) -> bool:
    return resource.get("resourceType") == kind


@cache
def _codes() -> dict[tuple[str | None, str], bool]:
    read = tomllib.loads((files(__package__) / "care_levels.toml").read_text(encoding="utf-8"))
    return {
        (system, code): level == "primary"
        for level in ("primary", "specialised")
        for system, codes in read[level].items()
        for code in codes
    }

"""Whose resource is it? Nothing of another patient may be read into a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fhir_mapping.errors import MappingFault, WrongPatient
from fhir_mapping.fhir_json import Identifier, Json, as_reference, identifiers, reference_of

_ELEMENTS = ("subject", "patient", "for", "beneficiary", "individual")
NO_PATIENT = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "Location", "OperationOutcome", "Questionnaire", "Device"}
)


def check_belongs(resource: Json, patient: Json, *, base: str | None = None) -> None:
    """See that a resource is the patient's.

    Args:
        resource: anything out of the chart; types without a patient are let through.
        patient: the Patient asked for.
        base: FHIR base of the EHR. An absolute reference counts only below it: the same id elsewhere is another person.

    Raises:
        WrongPatient: it names another patient.
        MappingFault: no-subject: it names none, and so cannot be used.
    """
    kind, own = resource.get("resourceType"), reference_of(patient)
    where = reference_of(resource) or str(kind)
    if kind in NO_PATIENT:
        return
    if kind == "Patient":
        if reference_of(resource) != own:
            raise WrongPatient(where, "another-patient")
        return
    said = [resource[name] for name in _ELEMENTS if name in resource]
    if not said:
        raise MappingFault(where, "no-subject")
    for reference in said:
        _check(reference, own, patient, where, base)


def _check(reference: object, own: str | None, patient: Json, where: str, base: str | None) -> None:
    pointed = as_reference(reference, base=base)
    if pointed is not None:
        if pointed != own:
            raise WrongPatient(where, "another-patient")
        return
    logical = set(identifiers(reference.get("identifier")) if isinstance(reference, dict) else ())
    if not logical:
        raise MappingFault(where, "no-subject")
    if not _matches(logical, identifiers(patient.get("identifier"))):
        raise WrongPatient(where, "another-patient")


def _matches(said: Iterable[Identifier], own: Iterable[Identifier]) -> bool:
    known = {(i.system, _compact(i.value)) for i in own}
    return any((i.system, _compact(i.value)) in known for i in said)


def _compact(value: str) -> str:
    return value.replace("-", "").replace(" ", "").upper()


def check_context(patient: Json, context: str | None) -> None:
    """See that the patient read is the one that the launch context names ("12" or "Patient/12").

    Raises:
        WrongPatient: it is another one.
    """
    if context is not None and reference_of(patient) != f"Patient/{context.removeprefix('Patient/')}":
        raise WrongPatient("launch context", "context-differs")


def flat(resources: Iterable[Mapping[str, Any]]) -> Iterable[Json]:
    """Resources, with those inside Bundles in place of the Bundle."""
    for each in resources:
        if each.get("resourceType") == "Bundle":
            for entry in each.get("entry") or ():
                inner = entry.get("resource") if isinstance(entry, dict) else None
                if isinstance(inner, dict):
                    yield inner
        else:
            yield dict(each) if not isinstance(each, dict) else each

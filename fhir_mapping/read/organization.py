"""Care units and care providers: Organization trees, by HSA-id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhir_mapping.fhir_json import (
    Json,
    as_reference,
    codings,
    dicts,
    extensions,
    identifiers,
    reference_of,
    sub_extension,
    text,
)
from terminology.codes import system_name

CARE_UNIT, CARE_PROVIDER = "43741000", "143591000052106"
"""SNOMED CT SE: vårdenhet, vårdgivare. Source: Swedish common profiles (commonprofiles-care/fhir)."""

_MAX_LEVELS = 10


@dataclass(frozen=True, slots=True)
class Unit:
    """A care unit (vårdenhet) and the care provider (vårdgivare) that it belongs to; None = the record does not say."""

    hsa_id: str | None = None
    name: str | None = None
    provider_hsa_id: str | None = None
    provider_name: str | None = None


NO_UNIT = Unit()


def hsa_id(holder: object) -> str | None:
    """The first HSA-id among the identifiers of a resource, or of a logical Reference."""
    if not isinstance(holder, dict):
        return None
    return next(
        (i.value for i in identifiers(holder.get("identifier")) if i.system and system_name(i.system) == "hsa"), None
    )


def unit_of(organization: Json, above: Iterable[Json] = ()) -> Unit:
    """The care unit at or above an Organization, and its provider.

    Args:
        organization: where someone works or where something was written.
        above: its parents, nearest first.

    Returns:
        Unit: the nearest organization of type care unit, else the organization itself unless it is a provider;
        the provider is the nearest of type care provider, else the topmost parent (None without a parent).
    """
    chain = [organization, *above]
    kinds = [{c.code for c in codings(each.get("type"))} for each in chain]
    provider = next((each for each, kind in zip(chain, kinds, strict=True) if CARE_PROVIDER in kind), None)
    unit = next((each for each, kind in zip(chain, kinds, strict=True) if CARE_UNIT in kind), None)
    if unit is None and chain[0] is not provider:
        unit = chain[0]
    if provider is None and chain[-1] is not unit:
        provider = chain[-1]
    return Unit(
        hsa_id(unit) if unit else None,
        text(unit.get("name")) if unit else None,
        hsa_id(provider) if provider else None,
        text(provider.get("name")) if provider else None,
    )


def parents(organization: Json, by_reference: Mapping[str, Json], *, base: str | None = None) -> list[Json]:
    """The organizations above one, nearest first; stops at a loop or at what is not there."""
    above: list[Json] = []
    current = organization
    while len(above) < _MAX_LEVELS:
        up = by_reference.get(as_reference(current.get("partOf"), base=base) or "")
        if up is None or up is organization or any(up is each for each in above):
            return above
        above.append(up)
        current = up
    return above


def units(resources: Iterable[Json], *, base: str | None = None) -> dict[str, Unit]:
    """Units by reference of the Organization, and of every PractitionerRole that works in one."""
    everything = list(resources)
    organizations = {
        reference: each
        for each in everything
        if each.get("resourceType") == "Organization" and (reference := reference_of(each))
    }
    found = {ref: unit_of(each, parents(each, organizations, base=base)) for ref, each in organizations.items()}
    for role in everything:
        reference = reference_of(role)
        if role.get("resourceType") != "PractitionerRole" or reference is None:
            continue
        place = role.get("organization")
        unit = found.get(as_reference(place, base=base) or "")
        if unit is None and hsa_id(place):
            unit = Unit(hsa_id=hsa_id(place), name=text(place.get("display")) if isinstance(place, dict) else None)
        if unit is not None:
            found[reference] = unit
    return found


def hierarchy_of(resource: Json) -> Unit | None:
    """The unit from extension `common-hsaHierarchy` of the Swedish common profiles; None when it is not there."""
    for extension in extensions(resource, "common-hsaHierarchy"):
        unit, provider = (sub_extension(extension, name) for name in ("hsaCareUnit", "hsaCareProvider"))
        unit_id, provider_id = _hsa_value(unit), _hsa_value(provider)
        if unit_id or provider_id:
            return Unit(
                hsa_id=unit_id, name=_display(unit), provider_hsa_id=provider_id, provider_name=_display(provider)
            )
    return None


def _value_reference(extension: Json | None) -> Json | None:
    return next(iter(dicts((extension or {}).get("valueReference"))), None)


def _hsa_value(extension: Json | None) -> str | None:
    if extension and "valueIdentifier" in extension:
        return hsa_id({"identifier": extension["valueIdentifier"]})
    return hsa_id(_value_reference(extension))


def _display(extension: Json | None) -> str | None:
    return text((_value_reference(extension) or {}).get("display"))

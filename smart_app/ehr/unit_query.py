"""Which patients of a care unit have certificates: the question that fills an empty worklist."""

from __future__ import annotations

from datetime import date

from smart_app.ehr.addresses import is_reference, relative
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrNonsense, EhrRefused
from smart_app.issuers import IssuerProfile
from terminology.codes import HSA

_NOT_FOUND = 404


async def organization_of(client: EhrClient, unit: str) -> str:
    """Id of the Organization of a care unit at the EHR.

    Args:
        unit: HSA-id, "Organization/12" or "12".

    Raises:
        EhrRefused: the EHR has no such unit (404).
        EhrNonsense: it has two with that HSA-id.
    """
    if unit.startswith("Organization/") and is_reference(unit):
        return unit.removeprefix("Organization/")
    if not is_reference(f"Organization/{unit}"):
        raise EhrRefused(client.profile.id, _NOT_FOUND, "search Organization")
    found = await client.search("Organization", {"identifier": f"{HSA}|{unit}"}, post=True)
    ids = {str(each["id"]) for each in found if each.get("resourceType") == "Organization" and "id" in each}
    if len(ids) == 1:
        return ids.pop()
    if len(ids) > 1:
        raise EhrNonsense(client.profile.id, "two-units-with-one-hsa-id")
    return str((await client.read(f"Organization/{unit}"))["id"])


async def patients_of_unit(client: EhrClient, profile: IssuerProfile, unit: str, *, since: date) -> tuple[str, ...]:
    """References of the patients with certificates from a unit, each once, in the EHR's order.

    Args:
        profile: says how a unit is searched at this EHR (`unit_search`).
        unit: HSA-id, or reference of the Organization.
        since: certificates signed from this day on.

    Raises:
        EhrFault: refused or not reached; a part of a unit is never taken for the whole.
    """
    organization = await organization_of(client, unit)
    found = await client.search(profile.unit_search.format(unit=organization, since=since.isoformat()))
    patients: dict[str, None] = {}
    for each in found:
        if each.get("resourceType") == "Patient" and isinstance(each.get("id"), str):
            patients[f"Patient/{each['id']}"] = None
        subject = each.get("subject")
        reference = relative(profile, subject.get("reference")) if isinstance(subject, dict) else None
        if reference and reference.startswith("Patient/"):
            patients[reference] = None
    return tuple(patients)

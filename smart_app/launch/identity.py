"""Who signed in: fhirUser, followed to Practitioner, PractitionerRole and Organization, else the id_token's claims.

Source: SMART App Launch 2.2, "fhirUser claim"; attribute names of the Swedish IdP (Inera) stand in the issuer profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, codings, dicts, text
from fhir_mapping.read.organization import CARE_PROVIDER, hsa_id
from fhir_mapping.read.role import Role, UserView, holds, read_user
from smart_app.ehr.addresses import relative
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrRefused, NotPermitted
from smart_app.issuers import IssuerProfile
from smart_app.launch.errors import UnknownUser

MAX_LEVELS = 5
"""Organizations looked at above the one where somebody works."""
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """Who signed in, where and in which role; care unit and provider are HSA-ids."""

    reference: str | None
    hsa_id: str | None
    name: str | None
    role: Role
    care_unit: str
    care_provider: str
    unit_name: str | None


@dataclass(frozen=True, slots=True)
class _Behind:
    """The resources behind fhirUser, as far as the scopes reach."""

    practitioner: Json | None = None
    role: Json | None = None
    organizations: tuple[Json, ...] = ()


async def identify(client: EhrClient, claims: Claims, on: date) -> User:
    """The user behind a verified id_token.

    Args:
        claims: of the id_token.
        on: today; a commission that does not hold then is none.

    Raises:
        UnknownUser: fhirUser is at another server or no member of staff; no commission holds any more, or several do
            and no word which; or no care unit, care provider or role can be told.
        EhrFault: the EHR could not be asked.
    """
    profile = client.profile
    said = claims.get("fhirUser") or relative(profile, claims.get("profile"))  # older servers call it profile
    behind = _Behind()
    if said:
        reference = relative(profile, said)
        if reference is None:
            raise UnknownUser("fhir-user-elsewhere", profile.id)
        if reference.partition("/")[0] not in ("Practitioner", "PractitionerRole"):
            raise UnknownUser("not-staff", profile.id)
        behind = await _behind(client, reference, claims, on)
    return _user(profile, claims, behind)


async def _behind(client: EhrClient, reference: str, claims: Claims, on: date) -> _Behind:
    try:
        if reference.startswith("PractitionerRole/"):
            role: Json | None = _that_hold(client.profile, [await client.read(reference)], on)[0]
            held_by = relative(client.profile, _pointed(role, "practitioner"))
            practitioner = await client.read(held_by) if held_by else None
        else:
            practitioner = await client.read(reference)
            role = await _role_of(client, reference, claims, on)
        return _Behind(practitioner, role, await _organizations(client, role))
    except (NotPermitted, EhrRefused):
        return _Behind()


async def _role_of(client: EhrClient, practitioner: str, claims: Claims, on: date) -> Json | None:
    """The commission (PractitionerRole) that the user works under now; the claims say which when there are several."""
    found = await client.search("PractitionerRole", {"practitioner": practitioner, "active": "true"})
    roles = _that_hold(client.profile, [each for each in found if each.get("resourceType") == "PractitionerRole"], on)
    if len(roles) <= 1:
        return roles[0] if roles else None
    commission, unit = _claim(client.profile, claims, "commission"), _claim(client.profile, claims, "care_unit")
    fitting = [role for role in roles if commission and hsa_id(role) == commission]
    if not fitting and unit:
        for role in roles:
            place = await _organizations(client, role)
            if any(hsa_id(each) == unit for each in place[:1]) or hsa_id(role.get("organization")) == unit:
                fitting.append(role)
    if len(fitting) != 1:
        raise UnknownUser("several-commissions", client.profile.id)
    return fitting[0]


def _that_hold(profile: IssuerProfile, roles: list[Json], on: date) -> list[Json]:
    """The commissions that hold today; none when there were none. Raises UnknownUser: all have ended, or none began."""
    found = [role for role in roles if holds(role, on)]
    if roles and not found:
        raise UnknownUser("commission-ended", profile.id)
    return found


async def _organizations(client: EhrClient, role: Json | None) -> tuple[Json, ...]:
    """Where the commission is, and what that belongs to, nearest first."""
    found: dict[str, Json] = {}
    following = relative(client.profile, _pointed(role, "organization"))
    while following and following not in found and len(found) < MAX_LEVELS:
        found[following] = await client.read(following)
        following = relative(client.profile, _pointed(found[following], "partOf"))
    return tuple(found.values())


def _user(profile: IssuerProfile, claims: Claims, behind: _Behind) -> User:
    said = {name: _claim(profile, claims, name) for name in ("hsa_id", "name", "care_unit", "care_provider")}
    view = _view(profile, claims, behind)
    role = _configured_role(profile, claims, behind.role) or (view.role if view else None)
    unit = (view.care_unit if view else None) or said["care_unit"]
    provider = (view.care_provider if view else None) or said["care_provider"]
    for found, reason in ((unit, "no-care-unit"), (provider, "no-care-provider"), (role, "no-role")):
        if not found:
            raise UnknownUser(reason, profile.id)
    return User(
        reference=view.reference if view else None,
        hsa_id=(view.hsa_id if view else None) or said["hsa_id"],
        name=(view.name if view else None) or said["name"],
        role=Role(str(role)),
        care_unit=str(unit),
        care_provider=str(provider),
        unit_name=view.care_unit_name if view else None,
    )


def _view(profile: IssuerProfile, claims: Claims, behind: _Behind) -> UserView | None:
    """What the resources tell; None when there are none."""
    if behind.practitioner is None and behind.role is None:
        return None
    nearest = behind.organizations[0] if behind.organizations else None
    try:
        return read_user(
            behind.practitioner, behind.role, nearest, _provider_above(behind.organizations), claims=claims
        )
    except MappingFault as fault:
        raise UnknownUser(fault.reason, profile.id) from None


def _provider_above(organizations: tuple[Json, ...]) -> Json | None:
    """The care provider above the first organization, else the topmost one."""
    above = organizations[1:]
    provider = next((o for o in above if CARE_PROVIDER in {c.code for c in codings(o.get("type"))}), None)
    return provider or (above[-1] if above else None)


def _configured_role(profile: IssuerProfile, claims: Claims, role: Json | None) -> Role | None:
    """The role that the issuer profile gives to one of the user's codes or claims; None when it names none of them."""
    words = [word for name in profile.claims.get("role", []) for word in _words(claims.get(name))]
    for coding in codings((role or {}).get("code")):
        words += [coding.code, coding.display or ""]
    words += [found for concept in dicts((role or {}).get("code")) if (found := text(concept.get("text")))]
    chosen = [profile.roles[word.lower()] for word in words if word.lower() in profile.roles]
    return Role(chosen[0]) if chosen else None


def _claim(profile: IssuerProfile, claims: Claims, concept: str) -> str | None:
    """The first configured claim that is there, as text."""
    found = (word for name in profile.claims.get(concept, []) for word in _words(claims.get(name)))
    return next(found, None)


def _words(value: object) -> list[str]:
    return [word for each in (value if isinstance(value, list) else [value]) if (word := text(each))]


def _pointed(resource: Json | None, element: str) -> object:
    place = (resource or {}).get(element)
    return place.get("reference") if isinstance(place, dict) else None

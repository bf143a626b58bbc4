"""Who signed in: fhirUser, followed to Practitioner, PractitionerRole and Organization, else the id_token's claims.

Source: SMART App Launch 2.2, "fhirUser claim"; attribute names of the Swedish IdP (Inera) stand in the issuer profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, codings, dicts, text
from fhir_mapping.read.organization import hsa_id
from fhir_mapping.read.role import Role, RoleRules, read_user
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
    role: Role | None
    care_unit: str
    care_provider: str
    unit_name: str | None


@dataclass(frozen=True, slots=True)
class _Behind:
    """The resources behind fhirUser, as far as the scopes reach."""

    practitioner: Json | None = None
    role: Json | None = None
    organizations: tuple[Json, ...] = ()


async def identify(client: EhrClient, claims: Claims, fhir_user: str | None = None) -> User:
    """The user behind a verified id_token.

    Args:
        claims: of the id_token.
        fhir_user: from the token answer, used when the id_token has none.

    Raises:
        UnknownUser: fhirUser is at another server or no member of staff; several commissions and no word which;
            or no care unit or care provider can be told.
        EhrFault: the EHR could not be asked.
    """
    profile = client.profile
    said = claims.get("fhirUser") or claims.get("profile") or fhir_user
    behind = _Behind()
    if said:
        reference = relative(profile, said)
        if reference is None:
            raise UnknownUser("fhir-user-elsewhere", profile.id)
        if reference.partition("/")[0] not in ("Practitioner", "PractitionerRole"):
            raise UnknownUser("not-staff", profile.id)
        behind = await _behind(client, reference, claims)
    return _user(profile, claims, behind)


async def _behind(client: EhrClient, reference: str, claims: Claims) -> _Behind:
    try:
        if reference.startswith("PractitionerRole/"):
            role: Json | None = await client.read(reference)
            held_by = relative(client.profile, _pointed(role, "practitioner"))
            practitioner = await client.read(held_by) if held_by else None
        else:
            practitioner = await client.read(reference)
            role = await _role_of(client, reference, claims)
        return _Behind(practitioner, role, await _organizations(client, role))
    except (NotPermitted, EhrRefused):
        return _Behind()


async def _role_of(client: EhrClient, practitioner: str, claims: Claims) -> Json | None:
    """The commission (PractitionerRole) that the user works under now; the claims say which when there are several."""
    found = await client.search("PractitionerRole", {"practitioner": practitioner, "active": "true"})
    roles = [each for each in found if each.get("resourceType") == "PractitionerRole"]
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


async def _organizations(client: EhrClient, role: Json | None) -> tuple[Json, ...]:
    """Where the commission is, and what that belongs to, nearest first."""
    found: list[Json] = []
    following = relative(client.profile, _pointed(role, "organization"))
    while following and len(found) < MAX_LEVELS:
        organization = await client.read(following)
        found.append(organization)
        following = relative(client.profile, _pointed(organization, "partOf"))
    return tuple(found)


def _user(profile: IssuerProfile, claims: Claims, behind: _Behind) -> User:
    said = {name: _claim(profile, claims, name) for name in ("hsa_id", "name", "care_unit", "care_provider")}
    role = _configured_role(profile, claims, behind.role)
    if behind.practitioner is None and behind.role is None:
        found = User(
            None, said["hsa_id"], said["name"], role, said["care_unit"] or "", said["care_provider"] or "", None
        )
    else:
        found = _from_resources(profile, claims, behind, said)
    if not found.care_unit:
        raise UnknownUser("no-care-unit", profile.id)
    if not found.care_provider:
        raise UnknownUser("no-care-provider", profile.id)
    return replace(found, role=role or found.role)


def _from_resources(profile: IssuerProfile, claims: Claims, behind: _Behind, said: Mapping[str, str | None]) -> User:
    nearest = behind.organizations[0] if behind.organizations else None
    above = _provider_above(behind.organizations)
    try:
        view = read_user(behind.practitioner, behind.role, nearest, above, rules=RoleRules(), claims=claims)
    except MappingFault as fault:
        raise UnknownUser(fault.reason, profile.id) from None
    return User(
        view.reference,
        view.hsa_id or said["hsa_id"],
        view.name or said["name"],
        view.role,
        view.care_unit or said["care_unit"] or "",
        view.care_provider or said["care_provider"] or "",
        view.care_unit_name,
    )


def _provider_above(organizations: tuple[Json, ...]) -> Json | None:
    """The care provider above the first organization, else the topmost one."""
    above = organizations[1:]
    provider = next((o for o in above if "143591000052106" in {c.code for c in codings(o.get("type"))}), None)
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

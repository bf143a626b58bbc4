"""Practitioner, PractitionerRole and Organization -> who is signed in, where, and in which role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Coding, Json, codings, dicts, reference_of, text
from fhir_mapping.read.dates import day
from fhir_mapping.read.organization import NO_UNIT, hsa_id, unit_of
from fhir_mapping.read.patient import human_name

_PARTLY = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")


class Role(StrEnum):
    """What someone may do here."""

    PHYSICIAN = "physician"
    COORDINATOR = "coordinator"
    HEAD_OF_UNIT = "head-of-unit"


LICENCE_SYSTEMS = frozenset({"urn:oid:1.2.752.116.3.1.3", "urn:oid:1.2.752.116.1.3.6"})
"""HOSP (licensed professions) and SOSNYK; other systems do not make a licence."""


@dataclass(frozen=True, slots=True)
class RoleRules:
    """Which codes and claims make which role; one value per issuer.

    Attributes:
        by_code: (system or None for any, code) -> role; compared with PractitionerRole.code and with qualifications.
        by_claim: (claim name, value) -> role, compared with the id_token's claims; wins over codes.
        licences: licence code -> role, used when nothing above says; a coordinator may lack a licence.
        order: which role wins when several are said.
    """

    by_code: Mapping[tuple[str | None, str], Role] = field(
        default_factory=lambda: {
            (None, "physician"): Role.PHYSICIAN,
            (None, "doctor"): Role.PHYSICIAN,
            (None, "309343006"): Role.PHYSICIAN,
            (None, "158965000"): Role.PHYSICIAN,
            (None, "coordinator"): Role.COORDINATOR,
            (None, "rehabilitation-coordinator"): Role.COORDINATOR,
            (None, "rehabkoordinator"): Role.COORDINATOR,
            (None, "head-of-unit"): Role.HEAD_OF_UNIT,
            (None, "verksamhetschef"): Role.HEAD_OF_UNIT,
        }
    )
    by_claim: Mapping[tuple[str, str], Role] = field(default_factory=dict)
    licences: Mapping[str, Role] = field(default_factory=lambda: {"LK": Role.PHYSICIAN})
    order: tuple[Role, ...] = (Role.COORDINATOR, Role.HEAD_OF_UNIT, Role.PHYSICIAN)


DEFAULT_RULES = RoleRules()


@dataclass(frozen=True, slots=True)
class UserView:
    """Who is signed in.

    Attributes:
        reference: the PractitionerRole when there is one, else the Practitioner: what authors and owners refer to.
        name: as recorded; None when there is none.
        hsa_id: of the person (Practitioner), else of the commission (PractitionerRole).
        care_unit, care_unit_name, care_provider: HSA-ids and name of where the commission is; None = not said.
        role: None when neither codes, claims nor licence say.
        licences: licence codes, e.g. ("LK",).
    """

    reference: str
    name: str | None
    hsa_id: str | None
    care_unit: str | None
    care_unit_name: str | None
    care_provider: str | None
    role: Role | None
    licences: tuple[str, ...] = ()


def read_user(
    practitioner: Json | None,
    role: Json | None,
    organization: Json | None = None,
    provider_org: Json | None = None,
    *,
    rules: RoleRules = DEFAULT_RULES,
    claims: Mapping[str, object] | None = None,
) -> UserView:
    """The user from the resources behind fhirUser.

    Args:
        practitioner, role: at least one of them.
        organization: where the commission is; provider_org: the one above it.
        rules: which codes and claims make which role.
        claims: of the verified id_token.

    Raises:
        MappingFault: no-user (neither resource has an id), practitioner-differs (the role belongs to somebody else).
    """
    reference = (reference_of(role) if role else None) or (reference_of(practitioner) if practitioner else None)
    if reference is None:
        raise MappingFault("fhirUser", "no-user")
    if role and practitioner:
        _check_same(role, practitioner)
    unit = unit_of(organization, [provider_org] if provider_org else []) if organization else NO_UNIT
    licences = _licences(practitioner)
    place = role.get("organization") if role else None
    return UserView(
        reference=reference,
        name=human_name(practitioner.get("name")) if practitioner else None,
        hsa_id=hsa_id(practitioner) or hsa_id(role),
        care_unit=unit.hsa_id or (hsa_id(place) if organization is None else None),
        care_unit_name=unit.name or (text(place.get("display")) if isinstance(place, dict) else None),
        care_provider=unit.provider_hsa_id,
        role=role_of(_codes(practitioner, role), licences, claims or {}, rules),
        licences=licences,
    )


def holds(role: Json, on: date) -> bool:
    """Whether a commission holds on a day: in use, and neither ended before it nor begun after it.

    An end or a beginning that cannot be read is none; both are included, a month or a year whole.

    >>> holds({"active": True, "period": {"end": "2026-10-31"}}, date(2026, 11, 1))
    False
    """
    period = role.get("period")
    begun, ended = (_day(period.get(name)) if isinstance(period, dict) else None for name in ("start", "end"))
    today = on.isoformat()
    return (
        role.get("active") is not False
        and (begun is None or begun <= today[: len(begun)])
        and (ended is None or today[: len(ended)] <= ended)
    )


def _day(value: object) -> str | None:
    """A day as YYYY-MM-DD, or the month or year that is all that is said."""
    if isinstance(value, str) and _PARTLY.fullmatch(value):
        return value
    try:
        found = day(value, "PractitionerRole.period")
    except MappingFault:
        return None
    return found.isoformat() if found else None


def role_of(
    codes: Iterable[Coding], licences: Iterable[str], claims: Mapping[str, object], rules: RoleRules = DEFAULT_RULES
) -> Role | None:
    """The role that claims, else codes, else licences say; None when none does.

    >>> role_of([], ["LK"], {})
    <Role.PHYSICIAN: 'physician'>
    """
    said = {rules.by_claim[name, value] for name, value in _flat(claims) if (name, value) in rules.by_claim}
    if not said:
        found = (rules.by_code.get((c.system, c.code)) or rules.by_code.get((None, c.code)) for c in codes)
        said = {role for role in found if role}
    if not said:
        said = {rules.licences[licence] for licence in licences if licence in rules.licences}
    return next((role for role in rules.order if role in said), None)


def _flat(claims: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for name, value in claims.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield name, each


def _codes(practitioner: Json | None, role: Json | None) -> list[Coding]:
    found = list(codings(role.get("code"))) if role else []
    for qualification in dicts(practitioner.get("qualification")) if practitioner else []:
        found.extend(codings(qualification.get("code")))
    return found


def _licences(practitioner: Json | None) -> tuple[str, ...]:
    found: list[str] = []
    for qualification in dicts(practitioner.get("qualification")) if practitioner else []:
        for coding in codings(qualification.get("code")):
            if coding.system in LICENCE_SYSTEMS and coding.code not in found:
                found.append(coding.code)
    return tuple(found)


def _check_same(role: Json, practitioner: Json) -> None:
    said = role.get("practitioner")
    pointed = text(said.get("reference")) if isinstance(said, dict) else None
    own = text(practitioner.get("id"))
    if pointed and own and pointed.split("/_history/")[0].rpartition("/")[2] != own:
        raise MappingFault("PractitionerRole.practitioner", "practitioner-differs")

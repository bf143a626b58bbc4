"""Care providers, units and staff of the practice EHR, and the FHIR resources that stand for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

HSA = "urn:oid:1.2.752.29.4.19"
_SCT = "http://snomed.info/sct"
_UNIT_KINDS = {"care-unit": ("43741000", "Vårdenhet"), "care-provider": ("143591000052106", "Vårdgivare")}
_SERVICES = {
    "788007007": "Allmänmedicin",
    "394587001": "Psykiatri",
    "394801008": "Ortopedi",
}
_ROLES = {
    "physician": ("doctor", "Läkare"),
    "coordinator": ("coordinator", "Rehabkoordinator"),
    "head-of-unit": ("head-of-unit", "Verksamhetschef"),
}
_ROLE_SYSTEM = "http://terminology.hl7.org/CodeSystem/practitioner-role"
_OWN_ROLE_SYSTEM = "https://journal.example/CodeSystem/uppdrag"
_PROFESSION = "urn:oid:1.2.752.116.3.1.3"


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    name: str
    hsa: str
    kind: str
    part_of: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who can be logged in; `role` is physician, coordinator or head-of-unit."""

    user: str
    name: str
    role: str
    unit: Unit
    provider: Unit
    employee: str
    commission: str
    fhir_user: str

    @property
    def title(self) -> str:
        return _ROLES[self.role][1]

    @property
    def role_reference(self) -> str:
        return f"PractitionerRole/role-{self.user}"

    @property
    def fhir_user_reference(self) -> str:
        return self.role_reference if self.fhir_user == "PractitionerRole" else f"Practitioner/{self.user}"

    def claims(self) -> dict[str, Any]:
        """Identity claims as Swedish identity providers name them (Inera IdP attribute list)."""
        given, _, family = self.name.partition(" ")
        licence = {"healthcareProfessionalLicense": ["LK"]} if self.role == "physician" else {}
        return {
            "name": self.name,
            "given_name": given,
            "family_name": family,
            "employeeHsaId": self.employee,
            "commissionHsaId": self.commission,
            "commissionName": f"{self.title}, {self.unit.name}",
            "commissionPurpose": "Vård och behandling",
            "healthCareUnitHsaId": self.unit.hsa,
            "healthCareUnitName": self.unit.name,
            "healthCareProviderHsaId": self.provider.hsa,
            "healthCareProviderName": self.provider.name,
            **licence,
        }


@cache
def units() -> dict[str, Unit]:
    return {key: Unit(key, **table) for key, table in _tables()["organizations"].items()}


@cache
def staff() -> dict[str, StaffMember]:
    found = {}
    for user, table in _tables()["staff"].items():
        unit = units()[table["unit"]]
        rest = {key: value for key, value in table.items() if key != "unit"}
        found[user] = StaffMember(user=user, unit=unit, provider=units()[str(unit.part_of)], **rest)
    return found


def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("staff.toml").read_text("utf-8"))


def staff_resources() -> list[dict[str, Any]]:
    """Organizations before units, practitioners before roles: an order in which references resolve."""
    ordered = sorted(units().values(), key=lambda unit: unit.part_of is not None)
    people = [part for person in staff().values() for part in (_practitioner(person), _role(person))]
    return [*(_organization(unit) for unit in ordered), *people]


def _identifier(value: str) -> list[dict[str, Any]]:
    return [{"system": HSA, "value": value}]


def _organization(unit: Unit) -> dict[str, Any]:
    kinds = [_UNIT_KINDS[unit.kind]] + ([(unit.service, _SERVICES[unit.service])] if unit.service else [])
    resource: dict[str, Any] = {
        "resourceType": "Organization",
        "id": unit.id,
        "identifier": _identifier(unit.hsa),
        "active": True,
        "type": [{"coding": [{"system": _SCT, "code": code, "display": text}]} for code, text in kinds],
        "name": unit.name,
    }
    if unit.part_of:
        resource["partOf"] = {"reference": f"Organization/{unit.part_of}", "display": units()[unit.part_of].name}
    return resource


def _practitioner(person: StaffMember) -> dict[str, Any]:
    given, _, family = person.name.partition(" ")
    resource: dict[str, Any] = {
        "resourceType": "Practitioner",
        "id": person.user,
        "identifier": _identifier(person.employee),
        "active": True,
        "name": [{"use": "official", "text": person.name, "family": family, "given": [given]}],
    }
    if person.role == "physician":
        licence = {"system": _PROFESSION, "code": "LK", "display": "Läkare"}
        resource["qualification"] = [{"code": {"coding": [licence], "text": "Läkare"}}]
    return resource


def _role(person: StaffMember) -> dict[str, Any]:
    code, title = _ROLES[person.role]
    system = _ROLE_SYSTEM if person.role == "physician" else _OWN_ROLE_SYSTEM
    return {
        "resourceType": "PractitionerRole",
        "id": f"role-{person.user}",
        "identifier": _identifier(person.commission),
        "active": True,
        "practitioner": {"reference": f"Practitioner/{person.user}", "display": person.name},
        "organization": {"reference": f"Organization/{person.unit.id}", "display": person.unit.name},
        "code": [{"coding": [{"system": system, "code": code, "display": title}], "text": title}],
    }

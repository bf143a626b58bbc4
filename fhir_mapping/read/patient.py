"""Patient -> what the rules and the pages need to know of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, as_coding, dicts, identifiers, reference_of, text
from fhir_mapping.read.dates import day
from risk.case import Person, Sex
from terminology.codes import system_name
from terminology.errors import NotAPersonalNumber
from terminology.personal_number import PersonalNumber

_NUMBER_SYSTEMS = ("personnummer", "samordningsnummer", "reservnummer")
PROTECTED_CODES = frozenset({"sekretessmarkering", "skyddadFolkbokforing", "skyddadFolkbokföring"})
"""Labels of protected identity; the system is not checked, because missing one is worse than one too many."""
_NAME_USES = ("official", "usual", None)


@dataclass(frozen=True, slots=True)
class PatientView:
    """One patient as read.

    Attributes:
        reference: "Patient/12".
        person: sex and birth date as recorded, else from the personal number; None = unknown.
        name: official, else usual name, as plain text (may hold markup: escape on output); None when there is none.
        identifier: checked personal number, 12 characters; None when there is none.
        identifier_kind: personnummer, samordningsnummer or reservnummer; None without identifier.
        protected: protected identity: name, address and number are masked in lists.
        deceased: dead according to the record.
        security: labels of protected identity as (system, code); what we write carries them on.
        warnings: fixed words, e.g. "birth-date-differs".
    """

    reference: str
    person: Person = field(repr=False)
    name: str | None = field(repr=False)
    identifier: str | None = field(repr=False)
    identifier_kind: str | None = None
    protected: bool = False
    deceased: bool = False
    security: tuple[tuple[str | None, str], ...] = ()
    warnings: tuple[str, ...] = ()


def read_patient(resource: Json, *, on: date | None = None) -> PatientView:
    """One Patient.

    Args:
        resource: plain JSON, vendor elements allowed.
        on: today, needed only for numbers of ten digits, where the century is left out.

    Raises:
        MappingFault: not-a-patient, no-id.
    """
    if resource.get("resourceType") != "Patient":
        raise MappingFault("Patient", "not-a-patient")
    reference = reference_of(resource)
    if reference is None:
        raise MappingFault("Patient.id", "no-id")
    warnings: list[str] = []
    number = _number(resource, on, warnings)
    labels = _security(resource)
    return PatientView(
        reference=reference,
        person=Person(
            sex=_sex(resource, number, warnings),
            birth_date=_birth_date(resource, number, warnings),
            postal_code=_home(resource, "postalCode"),
            county_code=None,
        ),
        name=human_name(resource.get("name")),
        identifier=number.value if number else None,
        identifier_kind=number.kind.value if number else None,
        protected=bool(labels),
        deceased=resource.get("deceasedBoolean") is True or text(resource.get("deceasedDateTime")) is not None,
        security=labels,
        warnings=tuple(warnings),
    )


def human_name(names: object) -> str | None:
    """Official, else usual, else unmarked name; never an old, nick or maiden name. None when there is none."""
    for use in _NAME_USES:
        for name in dicts(names):
            if text(name.get("use")) != use:
                continue
            given = name.get("given")
            parts = [*(given if isinstance(given, list) else [given]), name.get("family")]
            said = " ".join(word for part in parts if (word := text(part))) or text(name.get("text"))
            if said:
                return said
    return None


def _security(resource: Json) -> tuple[tuple[str | None, str], ...]:
    meta = resource.get("meta")
    labels = (as_coding(each) for each in dicts(meta.get("security") if isinstance(meta, dict) else None))
    return tuple((label.system, label.code) for label in labels if label and label.code in PROTECTED_CODES)


def _number(resource: Json, on: date | None, warnings: list[str]) -> PersonalNumber | None:
    """The checked number that ranks highest: personnummer, then coordination number, then reserve number."""
    found: dict[str, PersonalNumber] = {}
    for each in identifiers(resource.get("identifier")):
        if (system_name(each.system) if each.system else None) not in _NUMBER_SYSTEMS:
            continue
        try:
            number = PersonalNumber.parse(each.value, on=on)
        except NotAPersonalNumber as wrong:
            warnings.append(f"personal-number-{wrong.reason}")
        else:
            found.setdefault(number.kind.value, number)
    return next((found[kind] for kind in _NUMBER_SYSTEMS if kind in found), None)


def _sex(resource: Json, number: PersonalNumber | None, warnings: list[str]) -> Sex | None:
    """As recorded; from the number only when the record says nothing. "other" and "unknown" stay unknown."""
    said = text(resource.get("gender"))
    recorded = Sex(said) if said in ("female", "male") else None
    derived = Sex(number.sex) if number and number.sex else None
    if recorded and derived and recorded != derived:
        warnings.append("sex-differs")
    return recorded if said else derived


def _birth_date(resource: Json, number: PersonalNumber | None, warnings: list[str]) -> date | None:
    try:
        recorded = day(resource.get("birthDate"), "Patient.birthDate")
    except MappingFault as fault:
        recorded = None
        warnings.append(f"birth-date-{fault.reason}")
    derived = number.birth_date if number else None
    if recorded and derived and recorded != derived:
        warnings.append("birth-date-differs")
    return recorded or derived


def _home(resource: Json, key: str) -> str | None:
    homes: Iterable[Json] = dicts(resource.get("address"))
    return next((found for home in homes if home.get("use") != "old" and (found := text(home.get(key)))), None)

"""Sick-leave certificates FK 7804, v1 and v2, as QuestionnaireResponse -> Certificate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import (
    Json,
    answer_value,
    answers,
    as_coding,
    as_reference,
    dicts,
    extensions,
    identifiers,
    items_by_link,
    text,
)
from fhir_mapping.read.certificate_codes import BASIS, OCCUPATION, code_form
from fhir_mapping.read.certificate_periods import read_periods
from fhir_mapping.read.dates import STOCKHOLM, day, instant
from fhir_mapping.read.organization import NO_UNIT, Unit, hierarchy_of
from risk.case import Basis, Certificate, DegreePeriod, Occupation
from terminology.codes import is_icd_system, normal_icd
from terminology.errors import UnknownCode

_OURS = re.compile(r"(^|[/:#])((fk[-_ ]?7804)|(lisjp))([-_/]?v?([12])(\.\d+)?)?$", re.IGNORECASE)
_DIAGNOSES = ("6.2", "6.4", "6.6")
_V1_ONLY = ("39.3", "40", "40.1", "40.2")

Organizations = Mapping[str, Unit]


@dataclass(frozen=True, slots=True)
class CertificateReading:
    """A certificate, and the mistakes in it that did not make it useless."""

    certificate: Certificate
    remarks: tuple[MappingFault, ...] = ()


@dataclass(slots=True)
class _Reader:
    """One response while it is read: its items by linkId, and what was found odd."""

    where: str
    items: Mapping[str, list[Json]]
    remarks: list[MappingFault] = field(default_factory=list)

    def remark(self, link: str, reason: str) -> None:
        self.remarks.append(MappingFault(f"{self.where}: {link}", reason))

    def answers(self, link: str) -> list[Json]:
        return answers(self.items.get(link, []))


def template_of(response: Json, canonicals: frozenset[str] = frozenset()) -> str | None:
    """ "fk7804-v1" or "fk7804-v2" when the response is a sick-leave certificate; None for any other form.

    Args:
        response: a QuestionnaireResponse.
        canonicals: further questionnaire urls that the issuer uses for FK 7804, without version.
    """
    canonical = text(response.get("questionnaire"))
    if response.get("resourceType") != "QuestionnaireResponse" or canonical is None:
        return None
    url, _, version = canonical.partition("|")
    known = _OURS.search(url)
    if known is None and url not in canonicals:
        return None
    said = (known and known.group(6)) or version[:1]
    if said in ("1", "2"):
        return f"fk7804-v{said}"
    links = {item.get("linkId") for item in dicts(response.get("item"))}
    return "fk7804-v1" if links & set(_V1_ONLY) else "fk7804-v2"


def read_certificate(
    response: Json, *, organizations: Organizations, on: date | None = None, canonicals: frozenset[str] = frozenset()
) -> Certificate:
    """One certificate; mistakes that do not make it useless are left out (`read_certificate_closely` tells them).

    Args:
        response: QuestionnaireResponse of FK 7804, any nesting, any code-system alias, vendor elements allowed.
        organizations: units by reference of Organization and of PractitionerRole, for the issuer.
        on: today in Sweden, to see dates in the future; None = compared with the day of signing only.
        canonicals: see `template_of`.

    Raises:
        MappingFault: not-a-certificate, draft, no-identity, no-period, or what made the only period unusable.
    """
    return read_certificate_closely(response, organizations=organizations, on=on, canonicals=canonicals).certificate


def read_certificate_closely(
    response: Json,
    *,
    organizations: Organizations,
    on: date | None = None,
    canonicals: frozenset[str] = frozenset(),
    base: str | None = None,
) -> CertificateReading:
    """As `read_certificate`, with the remarks; `base` makes absolute references of the same EHR relative."""
    where = f"QuestionnaireResponse/{text(response.get('id')) or '?'}"
    template = template_of(response, canonicals)
    if template is None:
        raise MappingFault(where, "not-a-certificate")
    id_ = next((i.value for i in identifiers(response.get("identifier"))), None) or text(response.get("id"))
    if id_ is None:
        raise MappingFault(f"{where}: identifier", "no-identity")
    status = response.get("status")
    if status not in ("completed", "amended", "entered-in-error"):
        raise MappingFault(f"{where}: status", "draft")

    reader = _Reader(where, items_by_link(response))
    signed = _signed(response, reader, on)
    revoked = status == "entered-in-error"
    infection_control = any(answer_value(a) in (True, "true") for a in reader.answers("27.1"))
    unit = hierarchy_of(response) or organizations.get(as_reference(response.get("author"), base=base) or "", NO_UNIT)
    return CertificateReading(
        Certificate(
            id=id_,
            reference=where,
            periods=_periods(response, reader, makes_no_case=revoked or infection_control),
            signed=signed,
            revoked=revoked,
            infection_control=infection_control,
            diagnoses=_diagnoses(reader),
            basis=_basis(reader, _latest_possible(signed, on)),
            occupations=_occupations(reader),
            renews=_renews(response),
            care_provider=unit.provider_hsa_id,
            care_unit=unit.hsa_id,
            first_absence=_first_absence(response, reader),
            template=template,
        ),
        tuple(reader.remarks),
    )


def _periods(response: Json, reader: _Reader, *, makes_no_case: bool) -> tuple[DegreePeriod, ...]:
    """A revoked or infection-control certificate is kept without periods: its revocation must still be known."""
    try:
        return read_periods(response, reader.items, reader.remark, reader.where)
    except MappingFault:
        if makes_no_case:
            return ()
        raise


def _signed(response: Json, reader: _Reader, on: date | None) -> datetime | None:
    try:
        signed = instant(response.get("authored"), "authored")
    except MappingFault as fault:
        reader.remark("authored", fault.reason)
        return None
    if signed and on and signed.astimezone(STOCKHOLM).date() > on:
        reader.remark("authored", "signed-in-future")
    return signed


def _latest_possible(signed: datetime | None, on: date | None) -> date | None:
    return signed.astimezone(STOCKHOLM).date() if signed else on


def _codes(reader: _Reader, link: str) -> list[str]:
    """Codes of a closed list, whatever system they stand in; a word is taken as its code form."""
    found = []
    for answer in reader.answers(link):
        value = answer_value(answer)
        coding = as_coding(value)
        code = coding.code if coding else text(value)
        if code:
            found.append(code_form(code))
        elif value is not None:
            reader.remark(link, "unreadable-answer")
    return found


def _basis(reader: _Reader, latest: date | None) -> frozenset[Basis]:
    for answer in reader.answers("1.2"):
        try:
            seen = day(answer_value(answer), "1.2")
        except MappingFault as fault:
            reader.remark("1.2", fault.reason)
            continue
        if seen and latest and seen > latest:
            reader.remark("1.2", "future-basis-date")
    codes = _codes(reader, "1.1")
    if any(code not in BASIS for code in codes):
        reader.remark("1.1", "unknown-code")
    return frozenset(BASIS[code] for code in codes if code in BASIS)


def _occupations(reader: _Reader) -> frozenset[Occupation]:
    codes = _codes(reader, "28.1")
    if any(code not in OCCUPATION for code in codes):
        reader.remark("28.1", "unknown-code")
    return frozenset(OCCUPATION[code] for code in codes if code in OCCUPATION)


def _diagnoses(reader: _Reader) -> tuple[str, ...]:
    """Main diagnosis first. Without a readable main diagnosis there is none: a second one is never promoted."""
    found: list[str] = []
    for link in _DIAGNOSES:
        code = _icd(reader, link)
        if code is None and link == _DIAGNOSES[0]:
            return ()
        if code is not None and code not in found:
            found.append(code)
    return tuple(found)


def _icd(reader: _Reader, link: str) -> str | None:
    odd = None
    for answer in reader.answers(link):
        value = answer_value(answer)
        parts = dicts(value.get("coding")) if isinstance(value, dict) and "coding" in value else [value]
        for part in parts:
            coding = as_coding(part)
            code = coding.code if coding else text(part)
            if coding and coding.system and not is_icd_system(coding.system):
                odd = odd or "unknown-code-system"
            elif code:
                try:
                    return normal_icd(code)
                except UnknownCode:
                    odd = "unknown-code"
            else:
                odd = odd or "unreadable-answer"
    if odd:
        reader.remark(link, odd)
    return None


def _renews(response: Json) -> str | None:
    for extension in extensions(response, "certificate-renews"):
        for value in identifiers(extension.get("valueIdentifier")):
            return value.value
    return None


def _first_absence(response: Json, reader: _Reader) -> date | None:
    for extension in extensions(response, "first-day-of-absence"):
        try:
            return day(extension.get("valueDate"), "first-day-of-absence")
        except MappingFault as fault:
            reader.remark("first-day-of-absence", fault.reason)
    return None

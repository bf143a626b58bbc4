"""Codes and identifiers as they occur, and how we read them."""

from __future__ import annotations

from datetime import date

import pytest

from terminology import hsa_id
from terminology.codes import (
    HSA,
    ICD10SE,
    KVA,
    PERSONNUMMER,
    icd_title,
    icd_titles,
    is_icd_system,
    is_kva_system,
    kva_codes,
    kva_text,
    normal_icd,
    pretty_icd,
    system_name,
)
from terminology.errors import NotAPersonalNumber, UnknownCode
from terminology.personal_number import NumberKind, PersonalNumber, luhn_ok

ICD = (
    ("M545", "M545", "M54.5"),
    ("m54.5", "M545", "M54.5"),
    (" M54.5 ", "M545", "M54.5"),
    ("F32-", "F32", "F32"),
    ("F32-P", "F32", "F32"),
    ("F419P", "F419", "F41.9"),
    ("F41.9P", "F419", "F41.9"),
    ("M54P", "M54", "M54"),
    ("F43.8A", "F438A", "F43.8A"),
    ("S52.50", "S5250", "S52.50"),
    ("M790X", "M790X", "M79.0X"),
    ("G01*", "G01", "G01"),
    ("A17.0+", "A170", "A17.0"),
)


@pytest.mark.parametrize(("text", "code", "pretty"), ICD)
def test_diagnosis_codes(text: str, code: str, pretty: str) -> None:
    assert normal_icd(text) == code
    assert pretty_icd(code) == pretty


@pytest.mark.parametrize(
    "text", ["", "M5", "P", "-", "545", "M545678", "F40-F48", "ont i ryggen", "M54.5; drop", "XX1", "M５４"]
)
def test_no_diagnosis_code(text: str) -> None:
    with pytest.raises(UnknownCode):
        normal_icd(text)


SYSTEMS = (
    ("urn:oid:1.2.752.116.1.1.1", "icd10se"),
    ("1.2.752.116.1.1.1", "icd10se"),
    ("urn:oid:1.2.752.116.1.1.1.1.3", "icd10se"),
    ("urn:oid:1.2.752.116.1.1.1.1.8", "icd10se"),
    ("http://hl7.org/fhir/sid/icd-10-se", "icd10se"),
    ("http://hl7.org/fhir/sid/icd-10", "icd10se"),
    ("https://terminologitjansten.inera.se/fhir/CodeSystem/icd-10-se", "icd10se"),
    ("urn:oid:1.2.752.116.1.3.2.1.4", "kva"),
    ("urn:oid:1.2.752.116.1.3.2.3.4", "kva"),
    ("http://electronichealth.se/id/kva", "kva"),
    ("urn:oid:1.2.752.29.4.19", "hsa"),
    ("urn:oid:1.2.752.129.2.1.4.1", "hsa"),
    ("http://electronichealth.se/identifier/personnummer", "personnummer"),
    ("urn:oid:1.2.752.129.2.1.3.1", "personnummer"),
    ("urn:oid:1.2.752.129.2.1.3.3", "samordningsnummer"),
    ("http://electronichealth.se/identifier/nationelltReservnummer", "reservnummer"),
    ("http://snomed.info/sct", None),
    ("", None),
)


@pytest.mark.parametrize(("uri", "name"), SYSTEMS)
def test_systems_in_all_spellings(uri: str, name: str | None) -> None:
    assert system_name(uri) == name
    assert is_icd_system(uri) == (name == "icd10se")
    assert is_kva_system(uri) == (name == "kva")


def test_systems_we_write() -> None:
    assert ICD10SE == "urn:oid:1.2.752.116.1.1.1"
    assert KVA == "urn:oid:1.2.752.116.1.3.2.1.4"
    assert HSA == "urn:oid:1.2.752.29.4.19"
    assert PERSONNUMMER == "http://electronichealth.se/identifier/personnummer"


def test_kva_texts_are_only_those_verified() -> None:
    assert kva_text("GC001") == "Rehabiliteringskoordinering (i)"
    assert kva_text("AW026") == "Uppföljning av sjukskrivnings- och rehabiliteringsplan (för återgång i arbete)"
    assert "AW024" in kva_codes()
    assert kva_text("AW024") is None
    assert kva_text("ZZ999") is None
    assert [code for code, row in kva_codes().items() if row.text is None] == ["AW024"]
    assert len(kva_codes()) == 68


def test_icd_titles_say_when_they_are_uncertain() -> None:
    assert len(icd_titles()) == 34
    assert icd_title("F438A") == "Utmattningssyndrom"
    assert icd_title("K509") is None
    assert icd_titles()["F438A"].certain
    assert not icd_titles()["M54"].certain


NUMBERS = (
    ("191212121212", "191212121212", NumberKind.PERSONNUMMER, date(1912, 12, 12), "male"),
    ("19121212-1212", "191212121212", NumberKind.PERSONNUMMER, date(1912, 12, 12), "male"),
    ("121212+1212", "191212121212", NumberKind.PERSONNUMMER, date(1912, 12, 12), "male"),
    ("570129-2897", "195701292897", NumberKind.PERSONNUMMER, date(1957, 1, 29), "male"),
    ("195703122621", "195703122621", NumberKind.PERSONNUMMER, date(1957, 3, 12), "female"),
    ("197010632391", "197010632391", NumberKind.SAMORDNINGSNUMMER, date(1970, 10, 3), "male"),
    ("701063-2391", "197010632391", NumberKind.SAMORDNINGSNUMMER, date(1970, 10, 3), "male"),
    ("98240301AA06", "98240301AA06", NumberKind.RESERVNUMMER, None, None),
    ("20210325K069", "20210325K069", NumberKind.RESERVNUMMER, None, None),
)


@pytest.mark.parametrize(("text", "value", "kind", "born", "sex"), NUMBERS)
def test_personal_numbers(text: str, value: str, kind: NumberKind, born: date | None, sex: str | None) -> None:
    number = PersonalNumber.parse(text, on=date(2026, 11, 20))
    assert (number.value, number.kind, number.birth_date, number.sex) == (value, kind, born, sex)
    assert value not in repr(number)
    assert number.masked == f"{value[:8]}-{value[8:10]}xx"


BAD_NUMBERS = (
    ("191212121213", "check-digit"),
    ("19121212121", "shape"),
    ("", "shape"),
    ("Tolvan", "shape"),
    ("１９１２１２１２１２１２", "shape"),  # read as digits, it would be a second identity of one person
    ("121212-1212", "century"),
    ("191213321217", "date"),
)


@pytest.mark.parametrize(("text", "reason"), BAD_NUMBERS)
def test_what_is_no_personal_number(text: str, reason: str) -> None:
    if reason == "date":
        text = next(f"1912133212{tail:02}"[:12] for tail in range(100) if luhn_ok(f"12133212{tail:02}"))
    with pytest.raises(NotAPersonalNumber) as fault:
        PersonalNumber.parse(text)
    assert fault.value.reason == reason
    assert not text or text not in str(fault.value)


HSA_IDS = (
    ("SE2321000016-A1B2", None),
    ("SE162321000016-39KJ", None),
    ("SE2321000017-A1B2", "check-digit"),
    ("TSTNMT2321000156-ALFA", "form"),
    ("SE2321000016-" + "A" * 30, "length"),
)


@pytest.mark.parametrize(("text", "warning"), HSA_IDS)
def test_hsa_ids_are_warned_about_never_refused(text: str, warning: str | None) -> None:
    assert hsa_id.check(text) == warning

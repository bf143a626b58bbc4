"""ICD-10-SE and KVÅ codes, and the systems they are written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from terminology.errors import UnknownCode
from terminology.packaged import packaged_rows, packaged_toml

_SYSTEMS = packaged_toml("identifiers.toml")

ICD10SE: str = _SYSTEMS["icd10se"]["write"]
KVA: str = _SYSTEMS["kva"]["write"]
HSA: str = _SYSTEMS["hsa"]["write"]
PERSONNUMMER: str = _SYSTEMS["personnummer"]["write"]
SAMORDNINGSNUMMER: str = _SYSTEMS["samordningsnummer"]["write"]
RESERVNUMMER: str = _SYSTEMS["reservnummer"]["write"]

_ALIASES: dict[str, str] = {
    alias: name for name, system in _SYSTEMS.items() for alias in (system["write"], *system["also_read"])
}
_ICD = re.compile(r"[A-Z][0-9]{2}[0-9A-Z]{0,2}")
_OID = re.compile(r"[0-9]+(\.[0-9]+)+")


@dataclass(frozen=True, slots=True)
class KvaCode:
    """One shipped KVÅ code; `text` is None where no text was verified. KVÅ texts are Swedish only."""

    code: str
    group: str
    text: str | None


@dataclass(frozen=True, slots=True)
class IcdTitle:
    """Title of a shipped diagnosis key; `certain` is False where it was not checked against the official list."""

    code: str
    title_sv: str
    label_en: str
    certain: bool


def normal_icd(text: str) -> str:
    """An ICD-10-SE code as we keep it: upper case, no dot, without the endings of the primary-care variant.

    Args:
        text: as found in a record: "m54.5", "F32-", "F41.9P".

    Returns:
        Three to five characters, e.g. "M545". The code's form is checked, not its existence.

    Raises:
        UnknownCode: the text has not the form of a diagnosis code.

    >>> normal_icd("m54.5"), normal_icd("F32-"), normal_icd("F419P")
    ('M545', 'F32', 'F419')
    """
    code = re.sub(r"[.\s*†+]", "", text).upper()
    code = code.removesuffix("P").removesuffix("-") if len(code) > 3 else code
    if not _ICD.fullmatch(code):
        raise UnknownCode(text=text, system="icd-10-se")
    return code


def pretty_icd(code: str) -> str:
    """A diagnosis code as people write it.

    >>> pretty_icd("M545"), pretty_icd("M54")
    ('M54.5', 'M54')
    """
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code


def system_name(uri: str) -> str | None:
    """Which system an address names: "icd10se", "kva", "hsa", "personnummer", "samordningsnummer", "reservnummer".

    Bare OIDs are read as urn:oid:. None when we do not know it.

    >>> system_name("1.2.752.116.1.3.2.1.4")
    'kva'
    """
    if uri in _ALIASES:
        return _ALIASES[uri]
    trimmed = uri.strip()
    return _ALIASES.get(f"urn:oid:{trimmed}" if _OID.fullmatch(trimmed) else trimmed)


def is_icd_system(uri: str) -> bool:
    """Whether the address names ICD-10-SE in any of the ways that occur."""
    return system_name(uri) == "icd10se"


def is_kva_system(uri: str) -> bool:
    """Whether the address names KVÅ in any of the ways that occur."""
    return system_name(uri) == "kva"


@cache
def kva_codes() -> dict[str, KvaCode]:
    """The shipped KVÅ codes by code."""
    rows = packaged_rows("releases/kva.csv")
    return {
        row["code"]: KvaCode(row["code"], row["group"], row["text"] if row["verified"] == "yes" else None)
        for row in rows
    }


def kva_text(code: str) -> str | None:
    """The published text of a KVÅ code; None when the code is not shipped or no text was verified.

    >>> kva_text("GC001")
    'Rehabiliteringskoordinering (i)'
    >>> kva_text("AW024") is None
    True
    """
    found = kva_codes().get(code)
    return found.text if found else None


@cache
def icd_titles() -> dict[str, IcdTitle]:
    """Titles of the 34 diagnosis keys by code."""
    rows = packaged_rows("releases/icd_10_se_titles.csv")
    return {
        row["code"]: IcdTitle(row["code"], row["title_sv"], row["label_en"], row["certain"] == "yes") for row in rows
    }


def icd_title(code: str) -> str | None:
    """Swedish title of one of the 34 diagnosis keys; None for any other code.

    >>> icd_title("M545")
    'Lumbago'
    """
    found = icd_titles().get(code)
    return found.title_sv if found else None

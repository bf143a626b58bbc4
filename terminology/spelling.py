"""Codes as people write them, made into the way we keep them."""

from __future__ import annotations

import re

from terminology.codes import normal_icd, pretty_icd
from terminology.errors import UnknownCode

_BETWEEN = re.compile(r"[.\s]")


def spelled(system: str, text: str) -> str:
    """The code as kept: upper case without dots and blanks, ICD-10-SE without primary-care endings; others as written.

    A text that has not the form of a code stays as it is, so that it is simply not found.

    >>> spelled("icd10se", "m54.5"), spelled("icd10se", "F41.9P"), spelled("icd10se", "f40–f48")
    ('M545', 'F419', 'F40-F48')
    >>> spelled("kva", " gc 001 ")
    'GC001'
    """
    if system == "icd10se":
        try:
            return normal_icd(text)
        except UnknownCode:
            return text.strip().upper().replace("–", "-")
    if system == "kva":
        return _BETWEEN.sub("", text).upper()
    return text


def other_spellings(system: str, text: str) -> tuple[str, ...]:
    """How a code that is written like that may stand in a list, beside exactly so.

    >>> other_spellings("icd10se", "f43.8P"), other_spellings("urn:other", "a.b")
    (('F438P', 'F438'), ())
    """
    if system not in ("kva", "icd10se"):
        return ()
    return text.strip().upper().replace(".", ""), spelled(system, text)


def shown(system: str, code: str) -> str:
    """The code as people read it.

    >>> shown("icd10se", "M545"), shown("icd10se", "F40-F48")
    ('M54.5', 'F40-F48')
    """
    return pretty_icd(code) if system == "icd10se" and "-" not in code else code

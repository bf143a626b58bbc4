"""Answers of the terminology operations, and which fault names which parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from starlette.responses import Response

from smart_app.routes.fhir_answers import FHIR_JSON
from smart_app.routes.fhir_terminology_call import Call
from smart_app.routes.fhir_terminology_faults import TermNotFound, TermNotSupported, TermTooCostly
from terminology.errors import (
    FilterNotSupported,
    NoReleaseHeld,
    NotInRelease,
    NotInValueSet,
    NotValidThen,
    TerminologyFault,
    TooManyCodes,
    UnknownConceptMap,
    UnknownRelease,
    UnknownSystem,
    UnknownValueSet,
)
from terminology.validate_code import NotForCoding, WrongDisplay

_HEADERS = ((b"content-type", f"{FHIR_JSON}; charset=utf-8".encode()), (b"cache-control", b"no-cache"))
"""New releases may come, so it is asked for again."""


class Answered(Response):
    """A resource as FHIR JSON, made ready without the framework's search through its headers."""

    def __init__(self, body: bytes) -> None:
        self.status_code, self.body, self.background = 200, body, None
        self.raw_headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]


def out(*entries: dict[str, Any] | None) -> bytes:
    """Parameters as JSON; None entries are left out."""
    return orjson.dumps({"resourceType": "Parameters", "parameter": [each for each in entries if each is not None]})


def part(name: str, kind: str, value: Any) -> dict[str, Any] | None:
    """One parameter, e.g. part("display", "String", text); None when the value is None."""
    return None if value is None else {"name": name, f"value{kind}": value}


@contextmanager
def naming(**parameters: str) -> Iterator[None]:
    """Turn what the terminology refuses into a fault that names the parameter.

    Args:
        parameters: which parameter (by role: system, version, date, code, url, filter) is called what in this call.
    """
    try:
        yield
    except TerminologyFault as fault:
        raise _named(fault, parameters) from fault


def _named(fault: TerminologyFault, names: Mapping[str, str]) -> Exception:
    sv, en = words(fault)
    match fault:
        case UnknownSystem():
            return TermNotFound(names.get("system", "system"), fault.system, sv, en)
        case UnknownRelease():
            return TermNotFound(names.get("version", "version"), fault.release, sv, en)
        case NoReleaseHeld():
            return TermNotFound(names.get("date", "date"), fault.on.isoformat(), sv, en)
        case NotInRelease():
            return TermNotFound(names.get("code", "code"), fault.code, sv, en)
        case UnknownValueSet() | UnknownConceptMap():
            return TermNotFound(names.get("url", "url"), fault.url, sv, en)
        case FilterNotSupported():
            return TermNotSupported("ValueSet.compose.include.filter", fault.filter, sv, en)
        case TooManyCodes():
            return TermTooCostly("count", "", sv, en)
        case _:
            return fault


def words(fault: TerminologyFault) -> tuple[str, str]:
    """Why, in Swedish and English."""
    english = str(fault)
    match fault:
        case UnknownSystem():
            return "kodverket finns inte här", english
        case UnknownRelease():
            return f"utgåvan finns inte här; de som finns är {', '.join(fault.known)}", english
        case NoReleaseHeld():
            return f"ingen utgåva finns här för den dagen; den första gäller från {fault.first_day}", english
        case NotInRelease():
            return _not_in(fault), english
        case NotValidThen():
            sure = "troligen " if fault.inferred else ""
            period = f"{fault.since or '?'} till {fault.until or '?'}"
            return f"{fault.code} gällde inte {fault.on} ({sure}giltig {period})", english
        case NotForCoding():
            return f"{fault.code} är en rubrik och inget att koda med; abstract=true godtar den", english
        case WrongDisplay():
            return _wrong_display(fault)
        case UnknownValueSet():
            return "urvalet finns inte här", english
        case NotInValueSet():
            return f"{fault.code} ingår inte i urvalet", english
        case UnknownConceptMap():
            return "översättningen finns inte här", english
        case FilterNotSupported():
            return "det filtret kan vi inte följa", english
        case TooManyCodes():
            return f"{fault.total} koder; be om högst {fault.most} åt gången", english
        case _:
            return "det går inte att svara", english


def _not_in(fault: NotInRelease) -> str:
    said = f"koden finns inte i utgåva {fault.release}"
    if fault.found_in:
        return f"{said}; den finns i {', '.join(fault.found_in)}"
    return said if fault.whole else f"{said}, av vilken bara ett urval finns här"


def _wrong_display(fault: WrongDisplay) -> tuple[str, str]:
    if fault.text is None:
        return (
            f"ingen text för {fault.code} är bekräftad, så texten kan inte kontrolleras",
            f"no text of {fault.code} was verified, so the display cannot be checked",
        )
    sv = f"{fault.code} heter {fault.text!r}, inte det som visas"
    en = f"{fault.code} is called {fault.text!r}, not what is displayed"
    if fault.was_in:
        listed = ", ".join(fault.was_in)
        return f"{sv}; så hette den i utgåva {listed}", f"{en}; it was called that in release {listed}"
    return sv, en


def said(fault: TerminologyFault, call: Call) -> str:
    """Why, in the caller's language."""
    sv, en = words(fault)
    return en if call.language == "en" else sv

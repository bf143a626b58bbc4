"""CodeSystem/$lookup, $validate-code and $subsumes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from smart_app.routes.fhir_terminology_answers import naming, out, part, said
from smart_app.routes.fhir_terminology_call import Call
from smart_app.routes.fhir_terminology_coding import (
    AskedCode,
    agreed,
    agreed_systems,
    asked_codes,
    canonical,
    same_system,
)
from smart_app.routes.fhir_terminology_faults import ParameterRefused, missing
from smart_app.routes.fhir_terminology_here import Terminology
from smart_app.routes.fhir_terminology_parameters import Coding, OperationParameters, parameters
from terminology.concept import Kind
from terminology.errors import NotInRelease, UnknownSystem
from terminology.families import families_of
from terminology.lookup import Looked, chosen, find_spelled, look_up
from terminology.spelling import spelled
from terminology.subsumes import subsumes
from terminology.validate_code import Validated, validate_code

LOOKUP = frozenset({"code", "system", "version", "coding", "date", "displayLanguage", "property"})
VALIDATE = frozenset(
    {"url", "system", "code", "version", "display", "coding", "codeableConcept", "date", "displayLanguage", "abstract"}
)
SUBSUMES = frozenset({"codeA", "codeB", "system", "version", "codingA", "codingB", "date"})


def lookup(call: Call, here: Terminology) -> bytes:
    """What the release of a day, or of a version, says of a code."""
    asked = parameters(call, LOOKUP)
    (coding,) = asked_codes(asked)
    day = asked.day("date", call.clock.today)
    with naming():
        system = here.catalogue.system(coding.system)
        found = look_up(here.catalogue, system, coding.code, on=day, version=coding.version)
    wanted = asked.texts("property")
    tongue = asked.text("displayLanguage")
    edition = found.edition
    return out(
        part("name", "String", found.release.title or found.release.system),
        part("version", "String", found.release.id),
        part("display", "String", edition.in_language(tongue) or edition.code),
        part("abstract", "Boolean", edition.kind is Kind.HEADING),
        *(_designation(language, text) for language, text in edition.designations),
        *(each for each in _properties(here, found) if not wanted or each["part"][0]["valueCode"] in wanted),
    )


def _designation(language: str, text: str) -> dict[str, Any]:
    entries = [{"name": "language", "valueCode": language}, {"name": "value", "valueString": text}]
    return {"name": "designation", "part": entries}


def _properties(here: Terminology, found: Looked) -> Iterator[dict[str, Any]]:
    edition, release = found.edition, found.release
    if edition.parent:
        yield _property("parent", "Code", edition.parent)
    yield from (_property("child", "Code", each) for each in found.children)
    yield _fixed("inactive", "Boolean", not edition.active)
    if edition.since:
        yield _property("valid-from", "DateTime", edition.since.isoformat())
    if edition.until:
        yield _property("valid-until", "DateTime", edition.until.isoformat())
    yield from (_property(name, "String", text) for name, text in edition.notes)
    if release.system not in here.written:
        return
    yield _fixed("system", "String", here.uri(release.system))
    yield _property("code-as-kept", "Code", edition.code)
    yield _fixed("release-from", "DateTime", release.first_day.isoformat())
    yield _fixed("beyond-release", "Boolean", found.beyond)
    yield _fixed("text-certainty", "Code", "unknown" if edition.text is None else edition.certainty.value)
    yield _fixed("validity-certainty", "Code", edition.validity.value)
    yield _property("source", "String", edition.source or release.source or "-")
    for family in families_of(release.system, edition.code):
        yield _fixed("family", "Code", family)


def _property(code: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": "property", "part": [{"name": "code", "valueCode": code}, {"name": "value", f"value{kind}": value}]}


_fixed = lru_cache(maxsize=1000)(_property)
"""Of those whose values are few."""


def validate(call: Call, here: Terminology) -> bytes:
    """Whether a code stands in the release of a day, with that text."""
    asked = parameters(call, VALIDATE)
    day = asked.day("date", call.clock.today)
    headings = asked.truth("abstract")
    name = "url" if "url" in asked.values or "system" not in asked.values else "system"
    url = agreed_systems("system", *[canonical(asked.text(each))[0] for each in ("url", "system")])
    answers: list[Validated | None] = []
    for coding in asked_codes(asked, name):
        if url is not None and not same_system(coding.system, url):
            answers.append(None)
            continue
        answers.append(_checked(here, coding, day, headings=headings))
    checked = next((each for each in answers if each is not None and each.ok), answers[0])
    return _validated(call, here, checked, asked.text("displayLanguage"))


def _checked(here: Terminology, coding: AskedCode, day: date, *, headings: bool) -> Validated:
    try:
        system = here.catalogue.system(coding.system)
    except UnknownSystem as fault:
        return Validated(None, fault)
    with naming(system="url"):
        return validate_code(
            here.catalogue,
            system,
            coding.code,
            on=day,
            version=coding.version,
            display=coding.display,
            headings=headings,
        )


def _validated(call: Call, here: Terminology, checked: Validated | None, tongue: str | None) -> bytes:
    if checked is None:
        message = "coding.system != url"
        return out(part("result", "Boolean", False), part("message", "String", message))
    found = checked.found
    return out(
        part("result", "Boolean", checked.ok),
        part("message", "String", said(checked.fault, call) if checked.fault else None),
        part("display", "String", found.edition.in_language(tongue) if found else None),
        part("code", "Code", found.edition.code if found else None),
        part("system", "Uri", here.uri(found.release.system) if found else None),
        part("version", "String", (found.release.id or None) if found else None),
    )


def subsumption(call: Call, here: Terminology) -> bytes:
    """How one code stands to another."""
    asked = parameters(call, SUBSUMES)
    one, other = _side(asked, "A"), _side(asked, "B")
    named, of_uri = canonical(asked.text("system"))
    uri = agreed_systems("codingB", agreed_systems("codingA", named, one.system), other.system)
    if uri is None:
        raise missing("system")
    version = agreed("version", asked.text("version"), of_uri, one.version, other.version)
    day = asked.day("date", call.clock.today)
    with naming():
        system = here.catalogue.system(uri)
        store, _ = chosen(here.catalogue, system, on=day, version=version)
    codes = []
    for side, coding in (("codeA", one), ("codeB", other)):
        edition = find_spelled(store, coding.code)
        if edition is None:
            fault: NotInRelease = here.catalogue.not_in(store, spelled(system, coding.code))
            with naming(code=side):
                raise fault
        codes.append(edition.code)
    return out(part("outcome", "Code", subsumes(store, *codes).value))


def _side(asked: OperationParameters, side: str) -> Coding:
    coding = asked.coding(f"coding{side}")
    if coding is None:
        return Coding(None, None, asked.needed(f"code{side}"), None)
    if f"code{side}" in asked.values:
        why = f"skicka antingen code{side} eller coding{side}", f"send either code{side} or coding{side}"
        raise ParameterRefused(f"coding{side}", coding.code, *why)
    return coding

"""ValueSet/$expand and $validate-code."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date
from functools import partial
from typing import Any

import orjson

from smart_app.routes.fhir_terminology_answers import naming, out, part, said
from smart_app.routes.fhir_terminology_call import Call
from smart_app.routes.fhir_terminology_coding import AskedCode, asked_codes
from smart_app.routes.fhir_terminology_definitions import value_set as as_value_set
from smart_app.routes.fhir_terminology_faults import ParameterRefused, TermNotSupported, TermTooCostly
from smart_app.routes.fhir_terminology_here import Terminology
from smart_app.routes.fhir_terminology_parameters import OperationParameters, parameters
from terminology.concept import Kind
from terminology.errors import NotInValueSet, TerminologyFault, UnknownSystem
from terminology.expand import Expansion, Member, Wanted, expand, member
from terminology.validate_code import validate_code
from terminology.value_set import ValueSet

EXPAND = frozenset(
    {
        "url",
        "valueSet",
        "valueSetVersion",
        "filter",
        "date",
        "offset",
        "count",
        "includeDesignations",
        "activeOnly",
        "displayLanguage",
        "system-version",
        "excludeNested",
        "includeDefinition",
    }
)
_NAMED = "ValueSet.compose.include.valueSet"
MOST_PARTS, MOST_RULES, MOST_CODES = 20, 20, 5000
VALIDATE = frozenset(
    {
        "url",
        "valueSet",
        "valueSetVersion",
        "system",
        "systemVersion",
        "system-version",
        "code",
        "display",
        "coding",
        "codeableConcept",
        "date",
        "displayLanguage",
        "abstract",
    }
)


def expansion(call: Call, here: Terminology) -> bytes:
    """The codes of a value set on a day."""
    return _expansion(call, here, at_once=False)


def expansion_at_once(call: Call, here: Terminology) -> bytes:
    """The same, when it takes no longer than a point query. Raises TakesLong."""
    return _expansion(call, here, at_once=True)


def _expansion(call: Call, here: Terminology, *, at_once: bool) -> bytes:
    asked = parameters(call, EXPAND)
    wanted_set = _value_set(here, asked)
    if asked.truth("includeDefinition"):
        raise TermNotSupported("includeDefinition", "true", "läs definitionen för sig", "read the definition by itself")
    wanted = Wanted(
        on=asked.day("date", call.clock.today),
        versions=_versions(here, asked),
        text=asked.words("filter"),
        offset=asked.number("offset") or 0,
        count=asked.number("count"),
        active_only=asked.truth("activeOnly"),
    )
    version = "system-version" if wanted.versions else "ValueSet.compose.include.version"
    with naming(system="ValueSet.compose.include.system", version=version, url=_NAMED):
        found = expand(here.sets, wanted_set, wanted, at_once=at_once)
    moment = call.clock.now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return orjson.dumps(_expanded(here, wanted_set, found, asked, moment, wanted.on))


def validate(call: Call, here: Terminology) -> bytes:
    """Whether a code stands in a value set on a day, with that text."""
    asked = parameters(call, VALIDATE)
    wanted_set = _value_set(here, asked)
    day = asked.day("date", call.clock.today)
    headings = asked.truth("abstract")
    versions = _versions(here, asked)
    results = []
    for coding in asked_codes(asked, "system", "systemVersion"):
        with naming(version="systemVersion", url=_NAMED):
            wanted = Wanted(on=day, versions=versions)
            results.append(_checked(here, wanted_set, coding, wanted, headings=headings))
    found, fault = next((each for each in results if each[1] is None), results[0])
    message = said(fault, call) if fault else None
    return _valid(here, found, message, asked.text("displayLanguage"))


def _checked(
    here: Terminology, wanted_set: ValueSet, coding: AskedCode, wanted: Wanted, *, headings: bool
) -> tuple[Member | None, TerminologyFault | None]:
    try:
        system = here.catalogue.system(coding.system)
    except UnknownSystem as fault:
        return None, fault
    if coding.version is not None:
        wanted = Wanted(on=wanted.on, versions={**wanted.versions, system: coding.version})
    found = member(here.sets, wanted_set, system, coding.code, wanted)
    if found is None:
        return None, NotInValueSet(coding.code, wanted_set.url)
    version = wanted.versions.get(system)
    check = partial(validate_code, here.catalogue, system, coding.code, on=wanted.on, headings=headings)
    own_text = coding.display == found.edition.text
    checked = check(version=version or found.release.id, display=None if own_text else coding.display)
    if checked.ok and version is None and not found.edition.valid_on(wanted.on):
        checked = check()
    return found, checked.fault


def _valid(here: Terminology, found: Member | None, message: str | None, tongue: str | None) -> bytes:
    return out(
        part("result", "Boolean", message is None),
        part("message", "String", message),
        part("display", "String", found.edition.in_language(tongue) if found else None),
        part("code", "Code", found.edition.code if found else None),
        part("system", "Uri", here.uri(found.release.system) if found else None),
        part("version", "String", (found.release.id or None) if found else None),
    )


def _value_set(here: Terminology, asked: OperationParameters) -> ValueSet:
    sent = asked.resource("valueSet", "ValueSet")
    if sent is not None:
        found = as_value_set(sent)
        if found is None:
            raise ParameterRefused(
                "valueSet", "", "dess compose går inte att förstå", "its compose cannot be understood"
            )
        _refuse_large(found)
        return found
    url = asked.needed("url")
    version = asked.text("valueSetVersion")
    with naming():
        return here.sets.named(f"{url}|{version}" if version and "|" not in url else url)


def _refuse_large(sent: ValueSet) -> None:
    """Whoever sends a value set needs no token: what would take seconds to work out is refused."""
    parts = (*sent.include, *sent.exclude)
    rules = sum(len(each.filters) + len(each.value_sets) for each in parts)
    if len(parts) > MOST_PARTS or rules > MOST_RULES or sum(len(each.codes or ()) for each in parts) > MOST_CODES:
        raise TermTooCostly("valueSet", "", "urvalet har för många delar", "the value set has too many parts")


def _versions(here: Terminology, asked: OperationParameters) -> Mapping[str, str]:
    found = {}
    for each in asked.texts("system-version"):
        uri, bar, version = each.partition("|")
        if not bar or not version:
            raise ParameterRefused("system-version", each, "den skrivs system|version", "it is written system|version")
        with naming(system="system-version"):
            found[here.catalogue.system(uri)] = version
    return found


def _expanded(
    here: Terminology, wanted_set: ValueSet, found: Expansion, asked: OperationParameters, moment: str, day: date
) -> dict[str, Any]:
    tongue, with_texts = asked.text("displayLanguage"), asked.truth("includeDesignations")
    used = [{"name": "version", "valueUri": f"{here.uri(each.system)}|{each.id}"} for each in found.releases if each.id]
    return {
        "resourceType": "ValueSet",
        **({"url": wanted_set.url} if wanted_set.url else {}),
        **({"version": wanted_set.version} if wanted_set.version else {}),
        **({"title": wanted_set.title} if wanted_set.title else {}),
        "status": "active",
        "expansion": {
            "identifier": f"urn:uuid:{uuid.uuid4()}",
            "timestamp": moment,
            "total": found.total,
            "offset": found.offset,
            **({"parameter": used} if used else {}),
            "contains": [_contained(here, each, tongue, with_texts, day) for each in found.members],
        },
    }


def _contained(here: Terminology, each: Member, tongue: str | None, with_texts: bool, day: date) -> dict[str, Any]:
    edition = each.edition
    entry: dict[str, Any] = {"system": here.uri(each.release.system)}
    if edition.kind is Kind.HEADING:
        entry["abstract"] = True
    if not edition.valid_on(day):
        entry["inactive"] = True
    entry["code"] = edition.code
    text = edition.in_language(tongue)
    if text is not None:
        entry["display"] = text
    if with_texts and edition.designations:
        entry["designation"] = [{"language": language, "value": value} for language, value in edition.designations]
    return entry

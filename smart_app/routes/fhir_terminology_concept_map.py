"""ConceptMap/$translate: old KVÅ codes to new, diagnoses to groups, all addresses of systems to ours."""

from __future__ import annotations

from typing import Any

from smart_app.routes.fhir_terminology_answers import naming, out, part
from smart_app.routes.fhir_terminology_call import Call
from smart_app.routes.fhir_terminology_code_system import asked_coding
from smart_app.routes.fhir_terminology_faults import ParameterRefused, missing
from smart_app.routes.fhir_terminology_here import Terminology
from smart_app.routes.fhir_terminology_parameters import OperationParameters, parameters
from terminology.concept import Certainty
from terminology.errors import NoReleaseHeld, UnknownConceptMap, UnknownSystem
from terminology.lookup import chosen, find_spelled
from terminology.spelling import spelled
from terminology.translate import ConceptMap, Match

TRANSLATE = frozenset(
    {
        "url",
        "conceptMapVersion",
        "code",
        "system",
        "version",
        "source",
        "coding",
        "codeableConcept",
        "target",
        "targetsystem",
        "reverse",
        "date",
    }
)


def translate(call: Call, here: Terminology) -> bytes:
    """What corresponds to a code on a day."""
    asked = parameters(call, TRANSLATE)
    several = asked.codings("codeableConcept")
    codings = several if several is not None else (asked_coding(asked, "system"),)
    maps = _maps(here, asked)
    day = asked.day("date", call.clock.today)
    reverse = asked.truth("reverse")
    found: list[tuple[ConceptMap, Match]] = []
    for coding in codings:
        if coding.system is None:
            raise missing("system")
        system = _name(here, coding.system)
        code = spelled(system, coding.code)
        for each in maps:
            if system in (each.targets if reverse else each.sources):
                found += [(each, match) for match in each.translate(system, code, day, reverse)]
    matches = [_match(call, here, each, match, day) for each, match in found]
    english = call.language == "en"
    message = None if matches else ("nothing corresponds" if english else "inget motsvarar koden")
    result = any(match.equivalence not in ("unmatched", "disjoint") for _, match in found)
    return out(part("result", "Boolean", result), part("message", "String", message), *matches)


def _name(here: Terminology, uri: str) -> str:
    try:
        return here.catalogue.system(uri)
    except UnknownSystem:
        return uri


def _maps(here: Terminology, asked: OperationParameters) -> tuple[ConceptMap, ...]:
    url = asked.text("url")
    targets = [each for name in ("targetsystem",) if (each := asked.text(name))]
    if url is not None:
        bare, _, version = url.partition("|")
        found = here.maps.get(bare)
        wanted = version or asked.text("conceptMapVersion")
        if found is None or (wanted and wanted != found.version):
            with naming():
                raise UnknownConceptMap(url)
        chosen_maps: tuple[ConceptMap, ...] = (found,)
    elif not targets:
        raise ParameterRefused("url", "", "skicka url eller targetsystem", "send url or targetsystem")
    else:
        chosen_maps = tuple(here.maps.values())
    wanted_targets = {_name(here, each) for each in targets}
    reverse = asked.truth("reverse")
    return tuple(
        each
        for each in chosen_maps
        if not wanted_targets or wanted_targets & (each.sources if reverse else each.targets)
    )


def _match(call: Call, here: Terminology, each: ConceptMap, match: Match, day: Any) -> dict[str, Any]:
    coding: dict[str, Any] = {"system": here.uri(match.system), "code": match.code}
    text = match.text or _text(here, match, day)
    if text is not None:
        coding["display"] = text
    parts: list[dict[str, Any]] = [
        {"name": "equivalence", "valueCode": match.equivalence},
        {"name": "concept", "valueCoding": coding},
        {"name": "source", "valueUri": each.url},
    ]
    if match.certainty is not Certainty.VERIFIED:
        parts.append({"name": "certainty", "valueCode": match.certainty.value})
    why = match.why_en if call.language == "en" else match.why_sv
    if why:
        parts.append({"name": "comment", "valueString": why})
    return {"name": "match", "part": parts}


def _text(here: Terminology, match: Match, day: Any) -> str | None:
    try:
        store, _ = chosen(here.catalogue, match.system, on=day)
    except (UnknownSystem, NoReleaseHeld):
        return None
    edition = find_spelled(store, match.code)
    return edition.text if edition else None

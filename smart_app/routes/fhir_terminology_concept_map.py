"""ConceptMap/$translate: old KVÅ codes to new, diagnoses to groups, all addresses of systems to ours."""

from __future__ import annotations

from typing import Any

from smart_app.routes.fhir_terminology_answers import naming, out, part
from smart_app.routes.fhir_terminology_call import Call
from smart_app.routes.fhir_terminology_coding import agreed, asked_codes
from smart_app.routes.fhir_terminology_faults import ParameterRefused, TermNotSupported
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

_NO_VALUE_SETS = "the maps name no value sets; targetsystem may be sent"


def translate(call: Call, here: Terminology) -> bytes:
    """What corresponds to a code on a day."""
    asked = parameters(call, TRANSLATE)
    codings = asked_codes(asked)
    maps = _maps(here, asked)
    day = asked.day("date", call.clock.today)
    reverse = asked.truth("reverse")
    found: list[tuple[ConceptMap, Match]] = []
    for coding in codings:
        system = _name(here, coding.system)
        code = spelled(system, coding.code)
        for each in maps:
            if system in (each.targets if reverse else each.sources):
                if reverse and each.one_way:
                    raise TermNotSupported(
                        "reverse", "true", "översättningen går åt ett håll", "the map goes one way only"
                    )
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
    for name in ("source", "target"):
        if (value := asked.text(name)) is not None:
            raise TermNotSupported(name, value, "kartorna har inga urval; targetsystem kan skickas", _NO_VALUE_SETS)
    targets = [each for name in ("targetsystem",) if (each := asked.text(name))]
    if url is not None:
        bare, _, version = url.partition("|")
        found = here.maps.get(bare)
        wanted = agreed("conceptMapVersion", asked.text("conceptMapVersion"), version or None)
        if found is None or (wanted and wanted != found.version):
            with naming():
                raise UnknownConceptMap(f"{bare}|{wanted}" if wanted else bare)
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

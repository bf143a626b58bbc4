"""What we publish of KVÅ and ICD-10-SE themselves: stubs of the code systems, value sets, and our maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from risk.diagnoses import find_group, group_name
from risk.statistics import national_figures
from terminology.codes import ICD10SE, KVA, icd_titles
from terminology.concept import Certainty
from terminology.families import families
from terminology.known_changes import known_changes
from terminology.shipped import TITLES
from terminology.translate import Match, over_time

WRITTEN = {"kva": KVA, "icd10se": ICD10SE}
"""Which address is written by default."""
NAMES = {"kva": "kva", "icd10se": "icd-10-se"}
MAPS = {
    "kva-over-time": "KVÅ över tid",
    "icd-10-se-over-time": "ICD-10-SE över tid",
    "icd-10-se-to-diagnosis-group": "Diagnos till diagnosgrupp",
    "code-system-addresses": "Kodverkens adresser",
}
DATE = "2026-11-22"


def published(canonical: str, written: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    """CodeSystems (without codes: they are asked for by operation), ValueSets and ConceptMaps."""
    return (
        *(_system(system, name, written[system]) for system, name in NAMES.items()),
        _groups(canonical),
        *_value_sets(canonical, written),
        *_maps(canonical, written),
    )


def _head(kind: str, canonical: str, id_: str, title: str) -> dict[str, Any]:
    return {
        "resourceType": kind,
        "id": id_,
        "url": f"{canonical}/{kind}/{id_}",
        "version": "1",
        "name": "".join(word.title() for word in id_.split("-")),
        "title": title,
        "status": "draft",
        "experimental": False,
        "date": DATE,
        "publisher": "sickleave-on-fhir",
        "language": "sv",
    }


def _system(system: str, name: str, uri: str) -> dict[str, Any]:
    head = _head("CodeSystem", "", name, TITLES[system])
    del head["version"]
    return head | {
        "url": uri,
        "publisher": "Socialstyrelsen",
        "description": "Frågas med $lookup, $validate-code och $subsumes; date eller version väljer utgåva.",
        "content": "not-present",
    }


@cache
def _group_concepts() -> tuple[tuple[str, str, str], ...]:
    return tuple((key, *group_name(key)) for key in sorted(national_figures()))


def _groups(canonical: str) -> dict[str, Any]:
    concepts = [
        {"code": key, "display": swedish, "designation": [{"language": "en", "value": english}]}
        for key, swedish, english in _group_concepts()
    ]
    head = _head("CodeSystem", canonical, "diagnosis-group", "Diagnosgrupper med nationella siffror")
    return head | {"content": "complete", "caseSensitive": True, "concept": concepts}


def _value_sets(canonical: str, written: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for system, name in NAMES.items():
        head = _head("ValueSet", canonical, name, TITLES[system])
        yield head | {"compose": {"include": [{"system": written[system]}]}}
    for family in families().values():
        listed = [{"code": each.code} for each in family.members]
        head = _head("ValueSet", canonical, f"{NAMES[family.system]}-{family.id}", family.name_sv)
        yield head | {"compose": {"include": [{"system": written[family.system], "concept": listed}]}}


def _maps(canonical: str, written: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The maps with what ships; `$translate` also knows what a site judged itself, days, and codes of four and five."""
    for name, title in MAPS.items():
        groups = _groups_of(name, canonical, written)
        said = {"description": "Frågas med $translate, som också vet vad som gällde en viss dag (date)."}
        yield _head("ConceptMap", canonical, name, title) | said | ({"group": groups} if groups else {})


def _groups_of(name: str, canonical: str, written: Mapping[str, str]) -> list[dict[str, Any]]:
    """Source, target and elements of one map; nothing where no single code can be named."""
    if name == "icd-10-se-to-diagnosis-group":
        elements = [
            _element(code, [Match("", group.key, None, "equal" if group.key == code else "wider", Certainty.VERIFIED)])
            for code in icd_titles()
            for group in (find_group(code),)
        ]
        target = f"{canonical}/CodeSystem/diagnosis-group"
        return [{"source": written["icd10se"], "target": target, "element": elements}]
    system = next((each for each, start in NAMES.items() if name == f"{start}-over-time"), None)
    if system is None:
        return []
    follow = over_time(known_changes(), system)
    before = sorted({code for each in known_changes() if each.system == system for code in each.before})
    matches = {code: follow(system, code, date.max, False) for code in before}
    elements = [_element(code, found) for code, found in matches.items() if found]
    return [{"source": written[system], "target": written[system], "element": elements}] if elements else []


def _element(code: str, matches: Sequence[Match]) -> dict[str, Any]:
    targets = [
        {"code": each.code, "equivalence": each.equivalence, **({"comment": each.why_sv} if each.why_sv else {})}
        for each in matches
    ]
    return {"code": code, "target": targets}

"""What we publish of KVÅ and ICD-10-SE themselves: stubs of the code systems, value sets, and our maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from risk.diagnoses import group_name
from risk.statistics import national_figures
from terminology.codes import ICD10SE, KVA
from terminology.families import families
from terminology.shipped import TITLES

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
        *_maps(canonical),
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


def _maps(canonical: str) -> Iterator[dict[str, Any]]:
    """The maps, without their codes: they are asked for by `$translate`."""
    for name, title in MAPS.items():
        yield _head("ConceptMap", canonical, name, title) | {"description": "Frågas med $translate; date väljer dag."}

"""Our own FHIR definitions, as JSON files beside this one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from fhir_mapping.fhir_json import Json
from fhir_mapping.urls import CANONICAL


@cache
def _texts() -> tuple[str, ...]:
    return tuple(
        each.read_text(encoding="utf-8")
        for each in sorted(files(__name__).iterdir(), key=lambda each: each.name)
        if each.name.endswith(".json")
    )


def load(canonical: str = CANONICAL) -> dict[tuple[str, str], Json]:
    """All definitions by (type, id), freshly built: the caller may change them.

    Args:
        canonical: base that replaces ours in every url, when the setting differs.

    Returns:
        Questionnaires, CodeSystems, ValueSets, SearchParameters and StructureDefinitions.
    """
    return {(each["resourceType"], each["id"]): each for each in _read(canonical)}


def _read(canonical: str) -> Iterator[Json]:
    quoted = json.dumps(canonical)[1:-1]
    for text in _texts():
        resource: Json = json.loads(text.replace(CANONICAL, quoted))
        yield resource

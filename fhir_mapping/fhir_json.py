"""Small readers of FHIR JSON as plain dicts; tolerant of vendor elements and of wrong types, which read as absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mapping.errors import MappingFault

Json = dict[str, Any]

MAX_ITEMS = 10_000
MAX_DEPTH = 60
"""Limits of a questionnaire response: the fullest FK 7804 has some 60 items, four deep."""


@dataclass(frozen=True, slots=True)
class Coding:
    """One coding as it stands; `system` None = not said."""

    system: str | None
    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier as it stands; `system` None = not said."""

    system: str | None
    value: str


def dicts(value: object) -> list[Json]:
    """The objects of a list; a single object counts as a list of one, anything else is left out."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict)]
    return []


def text(value: object) -> str | None:
    """A string with something in it, stripped and without NUL, which no database column holds; else None."""
    if isinstance(value, str):
        return value.replace("\0", "").strip() or None
    return None


def as_coding(value: object) -> Coding | None:
    """A Coding from its JSON; None without a code."""
    if not isinstance(value, dict):
        return None
    code = text(value.get("code"))
    return Coding(text(value.get("system")), code, text(value.get("display"))) if code else None


def codings(concept: object) -> tuple[Coding, ...]:
    """All codings of a CodeableConcept, of a list of them, or of a bare Coding."""
    found = []
    for each in dicts(concept):
        inner = each.get("coding")
        for part in dicts(inner) if inner is not None else [each]:
            coding = as_coding(part)
            if coding:
                found.append(coding)
    return tuple(found)


def identifiers(value: object) -> tuple[Identifier, ...]:
    """All identifiers that have a value, from a list or a single one (QuestionnaireResponse.identifier)."""
    found = []
    for each in dicts(value):
        number = text(each.get("value"))
        if number:
            found.append(Identifier(text(each.get("system")), number))
    return tuple(found)


def reference_of(resource: Mapping[str, Any]) -> str | None:
    """ "Type/id" of a resource; None without an id."""
    kind, id_ = text(resource.get("resourceType")), text(resource.get("id"))
    return f"{kind}/{id_}" if kind and id_ else None


def as_reference(value: object, *, base: str | None = None) -> str | None:
    """What a Reference (or a reference string) points to, in its shortest form.

    Args:
        value: a Reference object or a string.
        base: FHIR base of the EHR; an absolute URL below it becomes relative, others stay absolute.

    Returns:
        "Type/id" without version, "#id", a urn or a foreign URL; None when there is no literal reference.
    """
    if isinstance(value, dict):
        value = value.get("reference")
    found = text(value)
    if found is None:
        return None
    if base and found.startswith(base.rstrip("/") + "/"):
        found = found[len(base.rstrip("/")) + 1 :]
    return found.split("/_history/", 1)[0]


def extensions(resource: Mapping[str, Any], name: str) -> list[Json]:
    """Extensions whose url ends in `/name`: the canonical base is a setting, and differs between installations."""
    tail = "/" + name
    return [e for e in dicts(resource.get("extension")) if (text(e.get("url")) or "").endswith(tail)]


def sub_extension(extension: Mapping[str, Any], name: str) -> Json | None:
    """The first sub-extension with exactly this url."""
    return next((e for e in dicts(extension.get("extension")) if e.get("url") == name), None)


def _nested(item: Json) -> list[Json]:
    inner = dicts(item.get("item"))
    for answer in dicts(item.get("answer")):
        if "item" in answer:
            inner.extend(dicts(answer["item"]))
    return inner


def walk_items(response: Mapping[str, Any]) -> Iterator[Json]:
    """Every item in document order, also those below answers; iterative.

    Raises:
        MappingFault: "too-many-items" or "too-deep": nothing of such a document is used.
    """
    stack = [(item, 1) for item in reversed(dicts(response.get("item")))]
    seen = 0
    while stack:
        item, depth = stack.pop()
        seen += 1
        if seen > MAX_ITEMS or len(stack) > MAX_ITEMS:
            raise MappingFault("QuestionnaireResponse.item", "too-many-items")
        if depth > MAX_DEPTH:
            raise MappingFault("QuestionnaireResponse.item", "too-deep")
        yield item
        if "item" in item or "answer" in item:
            inner = _nested(item)
            if inner:
                stack.extend((each, depth + 1) for each in reversed(inner))


def items_by_link(response: Mapping[str, Any]) -> dict[str, list[Json]]:
    """Items by linkId, wherever they stand, in document order.

    Raises:
        MappingFault: the document is too large or too deep.
    """
    found: dict[str, list[Json]] = {}
    for item in walk_items(response):
        link = item.get("linkId")
        if isinstance(link, str):
            found.setdefault(link, []).append(item)
    return found


def answers(items: list[Json]) -> list[Json]:
    """All answers of some items, in order."""
    return [answer for item in items for answer in dicts(item.get("answer"))]


def answer_value(answer: Mapping[str, Any]) -> object:
    """The value[x] of an answer; None when it has none."""
    return next((value for key, value in answer.items() if key.startswith("value")), None)

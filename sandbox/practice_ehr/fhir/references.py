"""References inside resources: finding them, replacing them, and refusing those that lead nowhere."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from .messages import FhirFault, Resource
from .types import RESOURCE_TYPES


def references(resource: Any) -> Iterator[dict[str, Any]]:
    """Every element below `resource` that holds a literal reference."""
    if isinstance(resource, dict):
        if isinstance(resource.get("reference"), str):
            yield resource
        for value in resource.values():
            yield from references(value)
    elif isinstance(resource, list):
        for value in resource:
            yield from references(value)


def replaced(resource: Resource, known: dict[str, str], base: str) -> Resource:
    """A copy with urn:uuid references resolved and absolute ones below `base` made relative."""
    fresh = copy.deepcopy(resource)
    for element in references(fresh):
        text = element["reference"].removeprefix(f"{base}/")
        element["reference"] = known.get(text, text)
    return fresh


def resolve_conditional(resource: Resource, find: Callable[[str, list[tuple[str, str]]], list[str]]) -> None:
    """Turn "Type?param=value" references into "Type/id", in place.

    Args:
        find: ids of a type that match a query.
    """
    for element in references(resource):
        type_, mark, query = element["reference"].partition("?")
        if not mark or type_ not in RESOURCE_TYPES:
            continue
        ids = find(type_, parse_qsl(query))
        if len(ids) != 1:
            raise FhirFault(412 if ids else 400, "processing", f"Reference to {type_}: {len(ids)} resources match")
        element["reference"] = f"{type_}/{ids[0]}"


def check(resource: Resource, exists: Callable[[str, str], bool]) -> None:
    """Refuse literal references that lead nowhere, as a record with referential integrity does.

    Raises:
        FhirFault: 400 naming the reference.
    """
    contained = {f"#{one.get('id')}" for one in resource.get("contained", ())} | {"#"}
    for element in references(resource):
        text: str = element["reference"]
        if text.startswith("#"):
            if text not in contained:
                raise FhirFault(400, "invalid", f"No contained resource {text[:80]}")
        elif text.startswith("urn:"):
            raise FhirFault(400, "invalid", f"Reference {text[:80]} is not resolved by any entry")
        elif "://" not in text:
            type_, _, rest = text.partition("/")
            if type_ not in RESOURCE_TYPES or not exists(type_, rest.split("/")[0]):
                raise FhirFault(400, "processing", f"Resource {text[:80]} not found, specified in a reference")

"""Links between things of ours: a urn of something that already stands at the EHR becomes its reference there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

URN = "urn:uuid:"


def urns_in(value: Any) -> Iterator[str]:
    """Every urn that a resource refers to."""
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and reference.startswith(URN):
            yield reference
        for inner in value.values():
            yield from urns_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from urns_in(inner)


def with_references(value: Any, standing: Mapping[str, str]) -> Any:
    """The same JSON with urns replaced; `standing` is "Type/id" by urn, of what stands at the EHR."""
    if isinstance(value, dict):
        return {
            key: standing.get(inner, inner)
            if key == "reference" and isinstance(inner, str)
            else with_references(inner, standing)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [with_references(inner, standing) for inner in value]
    return value

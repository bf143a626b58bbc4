"""CodeSystem and ValueSet resources as releases and value sets of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from terminology.codes import system_name
from terminology.concept import Certainty, Edition
from terminology.memory_store import MemoryRelease
from terminology.release import Release
from terminology.translate import ConceptMap, Equivalence, Match
from terminology.value_set import Filter, Part, ValueSet

ALWAYS = (date(1, 1, 1), date(9999, 12, 31))
DEEPEST = 20
_TURNED: dict[str, Equivalence] = {"wider": "narrower", "narrower": "wider"}


def code_system(resource: Mapping[str, Any]) -> MemoryRelease | None:
    """A CodeSystem with its concepts as a release that always holds; None for anything else."""
    if resource.get("resourceType") != "CodeSystem" or "concept" not in resource:
        return None
    release = Release(
        system_name(resource["url"]) or resource["url"],
        str(resource.get("version", "")),
        *ALWAYS,
        whole=resource.get("content") == "complete",
        title=resource.get("title") or resource.get("name", ""),
    )
    return MemoryRelease(release, _editions(resource["concept"], None, 0))


def _editions(concepts: list[Mapping[str, Any]], parent: str | None, deep: int) -> Iterator[Edition]:
    for each in concepts:
        properties = each.get("property", [])
        notes = tuple((one["code"], _plain(one)) for one in properties if one["code"] != "inactive")
        inactive = any(one["code"] == "inactive" and one.get("valueBoolean") is True for one in properties)
        texts = tuple((one["language"], one["value"]) for one in each.get("designation", []) if "language" in one)
        yield Edition(
            each["code"], each.get("display"), parent=parent, active=not inactive, notes=notes, designations=texts
        )
        if deep < DEEPEST:
            yield from _editions(each.get("concept", []), each["code"], deep + 1)


def _plain(one: Mapping[str, Any]) -> str:
    value = next((value for key, value in one.items() if key.startswith("value")), "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_set(resource: Mapping[str, Any]) -> ValueSet | None:
    """A ValueSet by its rules; None when it has none, or they cannot be understood."""
    compose = resource.get("compose")
    if not isinstance(compose, dict) or not isinstance(resource.get("url", ""), str):
        return None
    try:
        return ValueSet(
            resource.get("url", ""),
            resource.get("version"),
            resource.get("title") or resource.get("name") or "",
            tuple(map(_part, compose["include"])),
            tuple(map(_part, compose.get("exclude", ()))),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def concept_map(resource: Mapping[str, Any]) -> ConceptMap | None:
    """A ConceptMap with its groups; None for anything else."""
    groups = resource.get("group")
    if resource.get("resourceType") != "ConceptMap" or not groups:
        return None
    there: dict[tuple[str, str], list[Match]] = {}
    back: dict[tuple[str, str], list[Match]] = {}
    for group in groups:
        source, target = (system_name(group[end]) or str(group[end]) for end in ("source", "target"))
        for element in group["element"]:
            for each in element.get("target", ()):
                said = each["equivalence"]
                match = Match(target, each["code"], each.get("display"), said, Certainty.VERIFIED)
                there.setdefault((source, element["code"]), []).append(match)
                reverse = Match(
                    source, element["code"], element.get("display"), _TURNED.get(said, said), match.certainty
                )
                back.setdefault((target, each["code"]), []).append(reverse)

    def translate(system: str, code: str, on: date, reverse: bool) -> tuple[Match, ...]:
        del on
        return tuple((back if reverse else there).get((system, code), ()))

    sources, targets = frozenset(system for system, _ in there), frozenset(system for system, _ in back)
    title = resource.get("title") or resource.get("name", "")
    return ConceptMap(resource["url"], resource.get("version"), title, sources, targets, translate)


def _part(entry: Mapping[str, Any]) -> Part:
    system = entry.get("system")
    listed = entry.get("concept")
    filters = tuple(Filter(str(one["property"]), str(one["op"]), str(one["value"])) for one in entry.get("filter", ()))
    named = tuple(map(str, entry.get("valueSet", ())))
    if system is None and not named:
        raise ValueError("neither a system nor a value set")
    return Part(
        (system_name(system) or str(system)) if system is not None else None,
        entry.get("version"),
        tuple((str(one["code"]), one.get("display")) for one in listed) if listed is not None else None,
        filters,
        named,
    )

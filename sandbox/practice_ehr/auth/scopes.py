"""SMART scopes v2: reading them, cutting a request down to what may be granted, and asking what they allow.

Source: SMART App Launch 2.2, "Scopes and Launch Context".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.practice_ehr.fhir import search, values
from sandbox.practice_ehr.fhir.types import COMPARTMENT, RESOURCE_TYPES

LAUNCH_SCOPES = frozenset(
    ["openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", "offline_access", "online_access"]
)
_RESOURCE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?)(?:\?(.+))?")


class BadScope(ValueError):
    """A scope that is not SMART v2."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"'{scope[:80]}' is no SMART v2 scope")
        self.scope = scope


@dataclass(frozen=True, slots=True)
class ResourceScope:
    """One resource scope; `actions` is an ordered subset of "cruds", `filters` the query after "?"."""

    level: str
    type: str
    actions: str
    filters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.filters)
        return f"{self.level}/{self.type}.{self.actions}" + (f"?{query}" if query else "")


def parse_scope(text: str) -> ResourceScope | str:
    """A resource scope, or the text itself when it is a launch or identity scope.

    Raises:
        BadScope: anything else, also letters out of order ("rc") and v1 notation (".read").

    >>> str(parse_scope("patient/Condition.rs?category=x"))
    'patient/Condition.rs?category=x'
    """
    if text in LAUNCH_SCOPES:
        return text
    found = _RESOURCE.fullmatch(text)
    if not found or not found[3] or not (found[2] == "*" or found[2] in RESOURCE_TYPES):
        raise BadScope(text)
    return ResourceScope(found[1], found[2], found[3], tuple(parse_qsl(found[4] or "", keep_blank_values=True)))


def granted(asked: Iterable[str], allowed: Iterable[str], *, patient: str | None, refuse: tuple[str, ...]) -> list[str]:
    """What of `asked` may be granted, action by action; the rest is dropped without a word, as EHRs do.

    Args:
        allowed: scopes of the client's registration.
        patient: patient in context; without one no patient/ scope is granted.
        refuse: scopes that start like one of these are dropped.
    """
    permitted = [parse_scope(text) for text in allowed]
    answer: list[str] = []
    for text in asked:
        if text.startswith(refuse) if refuse else False:
            continue
        scope = parse_scope(text)
        if isinstance(scope, str):
            if scope in permitted:
                answer.append(scope)
            continue
        if scope.level == "patient" and patient is None:
            continue
        letters = "".join(sorted({a for p in permitted for a in _common(scope, p)}, key="cruds".index))
        if letters:
            answer.append(str(ResourceScope(scope.level, scope.type, letters, scope.filters)))
    return list(dict.fromkeys(answer))


def _common(scope: ResourceScope, permitted: ResourceScope | str) -> str:
    if isinstance(permitted, str) or permitted.level != scope.level or permitted.type not in ("*", scope.type):
        return ""
    return "".join(letter for letter in scope.actions if letter in permitted.actions)


def covers(granted_before: Iterable[str], asked: Iterable[str]) -> bool:
    """Whether every asked scope lies within those granted before (for a refresh)."""
    before = [parse_scope(text) for text in granted_before]
    return all(any(_within(parse_scope(text), one) for one in before) for text in asked)


def _within(asked: ResourceScope | str, before: ResourceScope | str) -> bool:
    if isinstance(asked, str) or isinstance(before, str):
        return asked == before
    same_filter = not before.filters or before.filters == asked.filters
    return same_filter and set(_common(asked, before)) == set(asked.actions)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens: resource scopes and, for patient/ scopes, whose chart."""

    scopes: tuple[ResourceScope, ...]
    patient: str | None
    base: str

    def of(self, action: str, type_: str) -> tuple[ResourceScope, ...]:
        """Scopes that speak of this action on this type."""
        return tuple(one for one in self.scopes if action in one.actions and self._speaks_of(one, type_))

    def _speaks_of(self, scope: ResourceScope, type_: str) -> bool:
        if scope.type not in ("*", type_):
            return False
        return scope.level != "patient" or (self.patient is not None and type_ in COMPARTMENT)

    def allows(self, action: str, resource: dict[str, Any]) -> bool:
        """Whether the action is open on this very resource: compartment and filters count."""
        type_ = str(resource.get("resourceType"))
        return any(self._holds(one, resource) for one in self.of(action, type_))

    def _holds(self, scope: ResourceScope, resource: dict[str, Any]) -> bool:
        if scope.level == "patient" and not in_compartment(resource, self.patient, self.base):
            return False
        query = search.parse_query(str(resource["resourceType"]), scope.filters, lenient=True)
        if len(query.criteria) != len(scope.filters):
            return False  # a filter that cannot be understood opens nothing
        return all(search.meets(resource, one, None, self.base) for one in query.criteria)


def in_compartment(resource: dict[str, Any], patient: str | None, base: str) -> bool:
    """Whether the resource belongs to this patient's chart."""
    type_ = str(resource.get("resourceType"))
    if patient is None:
        return False
    if type_ == "Patient":
        return bool(resource.get("id") == patient)
    held = (value for path in COMPARTMENT.get(type_, ()) for value in values.at(resource, path))
    return any(values.reference_matches(value, f"Patient/{patient}", "Patient", base) for value in held)

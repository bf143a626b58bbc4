"""SMART scopes, version 1 and 2: what was asked, what was granted, and what that permits.

Source: SMART App Launch 2.2, "Scopes for requesting FHIR resources".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LEVELS = ("patient", "user", "system")
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
_RESOURCE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,60})\.([a-z*]{1,5})(?:\?(\S+))?")
_IN_ORDER = re.compile(r"c?r?u?d?s?")


@dataclass(frozen=True, slots=True)
class ResourceScope:
    """One scope for FHIR resources. `query` limits it to what that search finds; None = not limited."""

    level: str
    type: str
    actions: str
    query: str | None = None

    def covers(self, level: str, resource_type: str, action: str) -> bool:
        """Whether it permits `action` (one of c r u d s) on that type at that level."""
        return self.level == level and self.type in ("*", resource_type) and action in self.actions


@dataclass(frozen=True, slots=True)
class Scopes:
    """A scope string, understood. `other`: those without a resource, e.g. "openid"; malformed ones stand nowhere."""

    resources: tuple[ResourceScope, ...] = ()
    other: frozenset[str] = frozenset()

    def allows(self, level: str, resource_type: str, action: str) -> bool:
        """Whether `action` on `resource_type` is granted at `level`, perhaps limited by a query."""
        return any(scope.covers(level, resource_type, action) for scope in self.resources)

    def allows_somehow(self, resource_type: str, action: str) -> bool:
        """Whether it is granted at any level."""
        return any(self.allows(level, resource_type, action) for level in LEVELS)

    def limits(self, resource_type: str, action: str) -> tuple[str, ...] | None:
        """The queries that limit `action`; None when some scope grants it without one, () when none grants it."""
        covering = [s for s in self.resources if any(s.covers(level, resource_type, action) for level in LEVELS)]
        if any(s.query is None for s in covering):
            return None
        return tuple(s.query for s in covering if s.query is not None)

    def missing(self, asked: Scopes) -> tuple[str, ...]:
        """What was asked and not granted, e.g. ("patient/RiskAssessment.c", "launch")."""
        lacking = [
            f"{scope.level}/{scope.type}.{action}"
            for scope in asked.resources
            for action in scope.actions
            if not self.allows(scope.level, scope.type, action)
        ]
        return (*dict.fromkeys(lacking), *sorted(asked.other - self.other))


def parse(text: str) -> Scopes:
    """Understand a scope string; a malformed scope grants nothing and is left out.

    >>> parse("launch patient/Condition.rs user/*.read").allows("user", "Task", "s")
    True
    >>> parse("patient/Condition.sr").resources
    ()
    """
    resources: list[ResourceScope] = []
    other: set[str] = set()
    for word in text.split():
        if word.startswith(("patient/", "user/", "system/")):
            scope = _resource_scope(word)
            if scope is not None:
                resources.append(scope)
        else:
            other.add(word)
    return Scopes(tuple(dict.fromkeys(resources)), frozenset(other))


def _resource_scope(word: str) -> ResourceScope | None:
    found = _RESOURCE.fullmatch(word)
    if found is None:
        return None
    level, kind, actions, query = found.groups()
    if actions in _V1:
        return ResourceScope(level, kind, _V1[actions]) if query is None else None
    if not _IN_ORDER.fullmatch(actions):
        return None
    return ResourceScope(level, kind, actions, query)


def common(one: str, other: str) -> str:
    """What both scope strings grant, as one; scopes limited by different queries have nothing in common.

    >>> common("openid patient/*.cruds user/Task.rs", "openid patient/Condition.read launch")
    'openid patient/Condition.rs'
    """
    ours, theirs = parse(one), parse(other)
    words = [word for word in one.split() if word in ours.other & theirs.other]
    both = [_common(first, second) for first in ours.resources for second in theirs.resources]
    return joined(*words, extra=[word for word in both if word is not None])


def _common(one: ResourceScope, other: ResourceScope) -> str | None:
    actions = "".join(action for action in one.actions if action in other.actions)
    types, queries = {one.type, other.type}, {one.query, other.query} - {None}
    if one.level != other.level or not actions or len(types - {"*"}) > 1 or len(queries) > 1:
        return None
    kind = next(iter(types - {"*"}), "*")
    return f"{one.level}/{kind}.{actions}" + "".join(f"?{query}" for query in queries)


def joined(*texts: str, without: Iterable[str] = (), extra: Iterable[str] = ()) -> str:
    """Scope strings as one, each scope once, in order.

    >>> joined("launch openid", "openid user/Task.rs", without=["launch"], extra=["launch/patient"])
    'openid user/Task.rs launch/patient'
    """
    left_out = set(without)
    words = [word for text in texts for word in text.split() if word not in left_out]
    return " ".join(dict.fromkeys([*words, *extra]))

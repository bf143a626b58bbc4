"""SMART v2 scopes of our own API: `system/<Type or *>.<some of cruds>`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from smart_app.api_tokens.errors import WrongScopes

_SCOPE = re.compile(r"system/(?P<type>\*|[A-Z][A-Za-z]{1,60})\.(?P<may>c?r?u?d?s?)")


@dataclass(frozen=True, slots=True)
class ApiScopes:
    """What a caller of our API may do: letters of "cruds" by resource type, "*" for all types."""

    may: Mapping[str, frozenset[str]]

    def allows(self, resource_type: str, interaction: str) -> bool:
        """Whether the letter (c, r, u, d, s) is granted for the type.

        >>> parse_scopes("system/Task.rs").allows("Task", "u")
        False
        """
        return interaction in self.may.get(resource_type, frozenset()) | self.may.get("*", frozenset())


def parse_scopes(text: str) -> ApiScopes:
    """Scopes separated by blanks.

    Raises:
        WrongScopes: none at all, or with those that are not understood; a wrong one is never ignored.
    """
    found: dict[str, frozenset[str]] = {}
    wrong = []
    for part in text.split():
        match = _SCOPE.fullmatch(part)
        if match is None or not match["may"]:
            wrong.append(part)
            continue
        found[match["type"]] = found.get(match["type"], frozenset()) | frozenset(match["may"])
    if wrong or not found:
        raise WrongScopes(tuple(wrong) or ("",))
    return ApiScopes(found)

"""What our FHIR API itself refuses, beside what the rooms behind it refuse."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class SearchRefused(Exception):
    """A search parameter is unknown, or its value cannot be understood. `reason` is a fixed word."""

    parameter: str
    reason: str


@dataclass
class WrongRequest(Exception):
    """The request cannot be understood as FHIR. `reason` is a fixed word."""

    reason: str


@dataclass
class OutsideScope(Exception):
    """The caller may not do this here. `needed` is the scope that would allow it, e.g. "Task.u"."""

    needed: str


@dataclass
class MissingIfMatch(Exception):
    """An update came without If-Match."""


@dataclass
class WrongContent(Exception):
    """The resource sent may not be stored like that. `path` is the element, `reason` a fixed word."""

    path: str
    reason: str


@dataclass
class NotBuilt(Exception):
    """Planned or thinkable, but not built. `what` e.g. "Goal"."""

    what: str


@dataclass
class NotAllowed(Exception):
    """The resource type is served, but not with this method. `allow` goes into the Allow header."""

    allow: str


@dataclass
class NotAcceptable(Exception):
    """Another format than JSON was asked for."""


@dataclass
class WrongMediaType(Exception):
    """The body is neither FHIR JSON nor, for a search, a form."""


@dataclass
class NotThere(Exception):
    """Nothing stands at that address. `what` is a resource type."""

    what: str


@dataclass
class StoreUnavailable(Exception):
    """The database does not answer."""

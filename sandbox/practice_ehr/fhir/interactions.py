"""Which FHIR interaction an HTTP method and path stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from .messages import FhirFault, FhirRequest, Resource
from .types import RESOURCE_TYPES

Kind = Literal[
    "metadata", "bundle", "page", "search", "create", "read", "vread", "history", "update", "update-where", "delete"
]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Interaction:
    kind: Kind
    type: str = ""
    id: str = ""
    version: str = ""


def interaction(request: FhirRequest) -> Interaction:
    """The interaction asked for.

    Raises:
        FhirFault: 404 for an unknown type or path, 405 for a method that does not fit, 400 for a bad id.
    """
    parts = [part for part in request.path.split("/") if part]
    if not parts:
        return _at_base(request)
    if parts == ["metadata"] and request.method == "GET":
        return Interaction("metadata")
    if parts[0] not in RESOURCE_TYPES:
        raise FhirFault(404, "not-supported", f"Unknown resource type '{parts[0][:64]}'")
    if len(parts) > 1 and parts[1] != "_search" and not _ID.fullmatch(parts[1]):
        raise FhirFault(400, "invalid", "An id is 1 to 64 letters, digits, '-' or '.'")
    found = _below_type(request.method, parts, bool(request.query))
    if found is None:
        raise FhirFault(405, "not-supported", f"{request.method} {request.path} is not supported here")
    return found


def _at_base(request: FhirRequest) -> Interaction:
    if request.method == "POST":
        return Interaction("bundle")
    if request.method == "GET" and any(name == "_getpages" for name, _ in request.query):
        return Interaction("page")
    raise FhirFault(405, "not-supported", f"{request.method} on the base is not supported")


def _below_type(method: str, parts: list[str], has_query: bool) -> Interaction | None:
    match (method, parts):
        case ("GET", [kind]) | ("POST", [kind, "_search"]):
            return Interaction("search", kind)
        case ("POST", [kind]):
            return Interaction("create", kind)
        case ("PUT", [kind]) if has_query:
            return Interaction("update-where", kind)
        case ("GET", [kind, id_]) if id_ != "_search":
            return Interaction("read", kind, id_)
        case ("PUT", [kind, id_]):
            return Interaction("update", kind, id_)
        case ("DELETE", [kind, id_]):
            return Interaction("delete", kind, id_)
        case ("GET", [kind, id_, "_history"]):
            return Interaction("history", kind, id_)
        case ("GET", [kind, id_, "_history", version]):
            return Interaction("vread", kind, id_, version)
    return None


def entry_request(entry: Resource) -> FhirRequest:
    """The request that one entry of a transaction or batch stands for.

    Raises:
        FhirFault: 400 when method or url is missing.
    """
    asked = entry.get("request")
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str) or not isinstance(asked.get("url"), str):
        raise FhirFault(400, "required", "Every entry needs request.method and request.url")
    split = urlsplit(asked["url"])
    headers = {
        name: str(asked[key])
        for key, name in (("ifMatch", "if-match"), ("ifNoneExist", "if-none-exist"), ("ifNoneMatch", "if-none-match"))
        if key in asked
    }
    query = tuple(parse_qsl(split.query, keep_blank_values=True))
    return FhirRequest(asked["method"], split.path.lstrip("/"), query, headers, entry.get("resource"))


def condition_pairs(condition: str) -> tuple[tuple[str, str], ...]:
    """The criteria of an If-None-Exist value, which may or may not start with "Type?"."""
    return tuple(parse_qsl(condition.partition("?")[2] or condition))

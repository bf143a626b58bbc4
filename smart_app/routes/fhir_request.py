"""What our FHIR API takes in: parameters from the address and from a form, and JSON bodies."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import Depends, Request

from smart_app.routes.fhir_faults import MissingIfMatch, WrongMediaType, WrongRequest
from smart_app.routes.fhir_parameters import MAX_PAIRS, Pairs

_FORM = "application/x-www-form-urlencoded"
_JSON = frozenset({"application/fhir+json", "application/json"})


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


def address_pairs(request: Request) -> Pairs:
    """The parameters of the address."""
    return tuple(request.query_params.multi_items())


def form_pairs(request: Request, body: bytes) -> Pairs:
    """The parameters of the address and of the form.

    Raises:
        WrongMediaType: a body that is no form.
        WrongRequest: too many parameters.
    """
    if body and _media_type(request) != _FORM:
        raise WrongMediaType
    try:
        listed = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_PAIRS)
    except ValueError:
        raise WrongRequest("too-many-parameters") from None
    return (*address_pairs(request), *listed)


def json_object(request: Request, body: bytes) -> dict[str, Any]:
    """The resource sent.

    Raises:
        WrongMediaType, WrongRequest: it is not FHIR JSON; also when a name stands twice in one object, because whoever
            looked at it before us may have read the other one.
    """
    if _media_type(request) not in _JSON:
        raise WrongMediaType
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WrongRequest("not-json") from None
    if not isinstance(value, dict):
        raise WrongRequest("not-an-object")
    try:
        json.loads(body, object_pairs_hook=_each_name_once)
    except RecursionError:
        raise WrongRequest("too-deep") from None
    return value


def if_match(request: Request) -> int:
    """The version that the caller saw, from `W/"3"`, `"3"` or `3`.

    Raises:
        MissingIfMatch: none was sent.
        WrongRequest: it is none of ours.
    """
    text = request.headers.get("if-match", "").strip()
    if not text:
        raise MissingIfMatch
    number = text.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise WrongRequest("if-match-not-understood")
    return int(number)


def is_lenient(request: Request) -> bool:
    """Whether unknown search parameters may be left out."""
    return "handling=lenient" in request.headers.get("prefer", "").replace(" ", "")


def wants_no_body(request: Request) -> bool:
    """Whether an update is answered without the resource."""
    return "return=minimal" in request.headers.get("prefer", "").replace(" ", "")


def _each_name_once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise WrongRequest("name-twice")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()

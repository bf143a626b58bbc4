"""The pieces that faults are made of: say something else, change what is said, cut, wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from .exchange import Asked, Does, Json, Reply, Turn

JSON, FHIR_JSON, HTML = "application/json", "application/fhir+json", "text/html; charset=utf-8"
LOGIN_PAGE = b"<!doctype html><title>Logga in</title><p>Sessionen har g\xc3\xa5tt ut.</p>"


def at_path(*paths: str, method: str | None = None) -> Callable[[Asked], bool]:
    """Requests to one of these paths."""
    return lambda asked: asked.path in paths and method in (None, asked.method)


def reads(*types: str) -> Callable[[Asked], bool]:
    """GET of one resource of these types."""
    starts = tuple(f"/fhir/{type_}/" for type_ in types)
    return lambda asked: asked.method == "GET" and asked.path.startswith(starts)


def searches(*types: str) -> Callable[[Asked], bool]:
    """Searches of these types, by GET or POST, first pages only."""
    gets, posts = {f"/fhir/{type_}" for type_ in types}, {f"/fhir/{type_}/_search" for type_ in types}
    return lambda asked: (asked.method == "GET" and asked.path in gets) or asked.path in posts


def writes(asked: Asked) -> bool:
    """Whatever changes the record."""
    inside = asked.path == "/fhir" or asked.path.startswith("/fhir/")
    return inside and asked.method in ("POST", "PUT", "DELETE") and not asked.is_search


def says(status: int, body: bytes = b"", kind: str = JSON, **headers: str) -> Does:
    """The EHR does not act and answers this; `_` in a header's name stands for `-`."""

    async def does(_: Turn) -> Reply:
        return Reply(status, body, {"content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}})

    return does


def refuses(status: int, code: str, text: str = "No", **headers: str) -> Does:
    """An OperationOutcome instead of acting."""
    body = b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%s","diagnostics":"%s"}]}'
    return says(status, body % (code.encode(), text.encode()), FHIR_JSON, **headers)


def acts_but_says(status: int, body: bytes = b"", kind: str = FHIR_JSON, **headers: str) -> Does:
    """The EHR acts and answers this instead of what it did."""

    async def does(turn: Turn) -> Reply:
        await turn.answer()
        return await says(status, body, kind, **headers)(turn)

    return does


def changes(change: Callable[[Json, Turn], Json | None]) -> Does:
    """Successful JSON answers are changed; `change` may do so in place."""

    async def does(turn: Turn) -> Reply:
        reply = await turn.answer()
        said = reply.json() if 200 <= reply.status < 300 else None
        return reply if said is None else reply.with_json(change(said, turn) or said)

    return does


def members(**values: Any) -> Does:
    """JSON answers get these members; None takes one out."""

    def change(said: Json, _: Turn) -> Json:
        return {key: value for key, value in {**said, **values}.items() if value is not None}

    return changes(change)


def headers(**values: str) -> Does:
    """Answers get these headers; `_` in a name stands for `-`."""

    async def does(turn: Turn) -> Reply:
        reply = await turn.answer()
        reply.headers |= {name.replace("_", "-"): value for name, value in values.items()}
        return reply

    return does


async def cut_before(_: Turn) -> Reply:
    """The connection ends; nothing was done."""
    return Reply(0, cut="before")


async def cut_after(turn: Turn) -> Reply:
    """It is done, and the connection ends without an answer."""
    await turn.answer()
    return Reply(0, cut="before")


async def cut_half(turn: Turn) -> Reply:
    """It is done, and the connection ends in the middle of the answer."""
    reply = await turn.answer()
    reply.cut = "half"
    return reply


async def slow_before(turn: Turn) -> Reply:
    """Nothing is done until the caller must have given up."""
    await turn.wait()
    return Reply(504)


async def slow_after(turn: Turn) -> Reply:
    """It is done at once, and the answer comes when the caller must have given up."""
    reply = await turn.answer()
    await turn.wait()
    return reply


def sent_back_with(change: Callable[[dict[str, str], Turn], dict[str, str]]) -> Does:
    """The redirect to the client carries other parameters."""

    async def does(turn: Turn) -> Reply:
        reply = await turn.answer()
        address, _, query = reply.headers.get("location", "").partition("?")
        if address:
            reply.headers["location"] = f"{address}?{urlencode(change(dict(parse_qsl(query)), turn))}"
        return reply

    return does


def host_of(url: str) -> str:
    return urlsplit(url).netloc

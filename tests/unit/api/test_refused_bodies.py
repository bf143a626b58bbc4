"""A body that drips is cut off in total time, and one that has come whole may be answered as slowly as it takes.
Every refusal is counted."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from smart_app.headers import BODY_LIMIT_BYTES, SafeAnswers
from tests.worklist_desk import Desk

SCOPE = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [], "http_version": "1.1"}
DRIP = {"type": "http.request", "body": b"a", "more_body": True}


async def reading(request: Request) -> Response:
    body = await request.body()
    await asyncio.sleep(0.2)
    return PlainTextResponse(str(len(body)))


async def swallowing(request: Request) -> Response:
    try:
        await request.body()
    except Exception:  # as a framework that makes a 400 of whatever ends the reading
        return PlainTextResponse("mine", 400)
    return PlainTextResponse("whole")


async def foreseen(request: Request, fault: Exception) -> Response:
    raise AssertionError(request.url, fault)


def answered(door: Any, messages: Iterator[dict[str, Any]], pause_s: float) -> tuple[int, bytes, dict[bytes, bytes]]:
    app = Starlette(routes=[Route("/", door, methods=["POST"])])
    guarded = SafeAnswers(app, policy="x", https=True, unexpected=foreseen, body_time_s=0.15)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(guarded(dict(SCOPE), receive, send), 5))
    body = b"".join(each.get("body", b"") for each in sent[1:])
    return sent[0]["status"], body, dict(sent[0]["headers"])


@pytest.mark.parametrize("door", [reading, swallowing])
@pytest.mark.parametrize("pause_s", [0.02, 60])
def test_a_body_that_drips_or_never_comes_is_cut_off(door: Any, pause_s: float) -> None:
    status, body, headers = answered(door, iter(lambda: DRIP, None), pause_s)
    assert status == 408
    assert json.loads(body)["issue"][0]["code"] == "timeout"
    assert headers[b"connection"] == b"close"
    assert b"content-security-policy" in headers


def test_a_body_that_came_whole_has_all_the_time_there_is() -> None:
    status, body, _ = answered(reading, iter([DRIP, DRIP | {"more_body": False}]), 0.01)
    assert (status, body) == (200, b"2")


def test_a_refused_body_is_counted_and_a_made_up_method_is_no_label(desk: Desk) -> None:
    api = desk.api()
    assert api.post("/fhir/Task", content=b" " * (BODY_LIMIT_BYTES + 1)).status_code == 413
    api.request("BREW", "/fhir/Task")

    counted = api.get("/metrics").text

    assert re.search(r'^sickleave_http_requests_total\{method="POST",route="none",status="413"\} [1-9]', counted, re.M)
    assert 'method="other"' in counted
    assert "BREW" not in counted

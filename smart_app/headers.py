"""What every answer carries and the limits on what comes in: pure ASGI, so that streaming stays as it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smart_app.issuers import IssuerProfile
from smart_app.logging import log_request
from smart_app.request_figures import count_request

BODY_LIMIT_BYTES = 2_000_000
BODY_TIME_S = 20.0
"""From the request's head to the last byte of its body; whoever drips is cut off."""


def content_security_policy(issuers: Iterable[IssuerProfile]) -> str:
    """Nothing but our own style, images and forms; framed only by the EHRs that the issuer profiles name.

    A launch starts with a redirect to the EHR's authorization server; `form-action` must name it for POST authorize.
    """
    profiles = tuple(issuers)
    ancestors = sorted({origin for profile in profiles for origin in profile.frame_ancestors})
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors " + (" ".join(ancestors) or "'none'"),
        )
    )


class SafeAnswers:
    """Adds the security headers, refuses too large bodies, logs and counts each request, never by its address.

    What nobody foresaw is answered here by `unexpected` and goes no further: a server that sees an exception prints
    it with its text, and that may hold a patient's data.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        policy: str,
        https: bool,
        unexpected: Callable[[Request, Exception], Awaitable[Response]],
        body_time_s: float = BODY_TIME_S,
    ) -> None:
        self._app = app
        always = _always(policy, https=https)

        @lru_cache(maxsize=100)
        def unless_said(names: tuple[bytes, ...]) -> tuple[tuple[bytes, bytes], ...]:
            said = {name.lower() for name in names}
            return tuple(each for each in always if each[0] not in said)

        self._unless_said = unless_said
        self._unexpected = unexpected
        self._body_time_s = body_time_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"]:  # stands in no id of ours, and PostgreSQL refuses to look for it
            scope = {**scope, "path": scope["path"].replace("\0", "\ufffd")}
        started = time.perf_counter()
        status: int | None = None
        body = _Body(receive, self._body_time_s)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                if body.refused is not None:
                    return
                status = message["status"]
                came = message.get("headers", ())
                message["headers"] = [*came, *self._unless_said(tuple([name for name, _ in came]))]
            if status is not None:
                await send(message)

        try:
            if _length(scope) > BODY_LIMIT_BYTES:
                await _refuse_body(sending, 413)
            else:
                await self._app(scope, body.receive, sending)
        except Exception as fault:
            if status is None and body.refused is None:
                await (await self._unexpected(Request(scope), fault))(scope, receive, sending)
        finally:
            if status is None and body.refused is not None:
                refused, body.refused = body.refused, None
                await _refuse_body(sending, refused)
            seconds, route = time.perf_counter() - started, getattr(scope.get("route"), "path", None)
            log_request(scope["method"], route or "-", status, round(seconds * 1000))
            count_request(scope["method"], route, status, seconds)


def _always(policy: str, *, https: bool) -> tuple[tuple[bytes, bytes], ...]:
    """What every answer carries, unless the door has said it itself."""
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cross-origin-opener-policy": "same-origin-allow-popups",
    }
    if https:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def _length(scope: Scope) -> int:
    """The length that the request says it has; 0 when it says none."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value or 0)
    return 0


class _BodyRefusedError(HTTPException):
    """Ends the reading; whatever the application makes of it, the answer is ours."""


class _Body:
    """The request's body, as far as the limits of size and time. `refused` is the status once one is passed."""

    def __init__(self, receive: Receive, time_s: float) -> None:
        self._receive = receive
        self._until = asyncio.get_running_loop().time() + time_s
        self._seen = 0
        self._whole = False
        self.refused: int | None = None

    async def receive(self) -> Message:
        if self._whole:  # the next message says that the caller has gone: that may take as long as it likes
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise self._refusal(408) from None
        if message["type"] == "http.disconnect":  # in the middle of it: the caller's doing, and no fault of ours
            raise self._refusal(400)
        self._whole = not message.get("more_body", False)
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > BODY_LIMIT_BYTES:
                raise self._refusal(413)
        return message

    def _refusal(self, status: int) -> _BodyRefusedError:
        self.refused = status
        return _BodyRefusedError(status)


_REFUSALS = {
    400: ("incomplete", "The body did not come whole."),
    408: ("timeout", "The body did not come in time."),
    413: ("too-long", "The body is larger than 2 MB."),
}


async def _refuse_body(send: Send, status: int) -> None:
    code, said = _REFUSALS[status]
    text = (
        f'{{"resourceType":"OperationOutcome","issue":[{{"severity":"error","code":"{code}","diagnostics":"{said}"}}]}}'
    ).encode()
    headers = [
        (b"content-type", b"application/fhir+json"),
        (b"content-length", str(len(text)).encode()),
        (b"connection", b"close"),  # the rest of the body is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})

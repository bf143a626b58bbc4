"""Which faults are armed, and the ASGI layer in which they act."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from .exchange import Asked, Behind, Fault, Reply, Turn
from .manners import host_of
from .table import FAULTS

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_NOTICED_S = 0.02  # the server must have seen the end of the connection before we return, else it answers 500


class UnknownFault(KeyError):
    """No fault has that name."""


class FaultSwitch:
    """Armed faults by name, each with how many requests are left to it (None = all).

    Attributes:
        slow_s: how long a slow answer takes, unless the caller gives up before.
        strayed: requests that came under another host name than the EHR's own: somebody followed a foreign address.
    """

    def __init__(self, behind: Behind, *, slow_s: float = 30.0) -> None:
        self._behind = behind
        self._left: dict[str, int | None] = {}
        self.slow_s = slow_s
        self.strayed = 0

    @property
    def armed(self) -> dict[str, int | None]:
        return dict(self._left)

    def arm(self, name: str, count: int | None = None) -> None:
        """Switch a fault on, for the next `count` requests that it meets or for all. Raises UnknownFault."""
        if name not in FAULTS:
            raise UnknownFault(name)
        self._left[name] = count

    def clear(self, name: str | None = None) -> None:
        """Switch one off, or all."""
        if name is None:
            self._left.clear()
        else:
            self._left.pop(name, None)

    async def serve(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, with whatever is armed for it; the fault that was armed last sees it first."""
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        inside = scope["path"].startswith(("/fhir", "/auth"))
        if inside and headers.get("host") not in (None, host_of(self._behind.config.base_url)):
            self.strayed += 1
        if not self._left or not inside:
            await app(scope, receive, send)
            return
        body = await _whole_body(receive)
        asked = Asked(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)
        reply = await self._through(self._take(asked), asked, lambda: _asked_of(app, scope, body), receive)
        await _give(reply, send)

    def _take(self, asked: Asked) -> list[Fault]:
        met = [FAULTS[name] for name in self._left if FAULTS[name].at(asked)]
        for fault in met:
            left = self._left[fault.name]
            if left is not None and left <= 1:
                del self._left[fault.name]
            elif left is not None:
                self._left[fault.name] = left - 1
        return met

    async def _through(
        self, faults: list[Fault], asked: Asked, answer: Callable[[], Awaitable[Reply]], receive: Receive
    ) -> Reply:
        if not faults:
            return await answer()
        *inner, last = faults

        async def below() -> Reply:
            return await self._through(inner, asked, answer, receive)

        return await last.does(Turn(asked, self._behind, below, lambda: self._wait(receive)))

    async def _wait(self, receive: Receive) -> None:
        async def gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        with suppress(TimeoutError):
            await asyncio.wait_for(gone(), self.slow_s)


async def _whole_body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return body


async def _asked_of(app: App, scope: Scope, body: bytes) -> Reply:
    """The application's own reply."""
    told = False
    reply = Reply(500)

    async def receive() -> Message:
        nonlocal told
        if told:
            return {"type": "http.disconnect"}
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            reply.body += message.get("body", b"")

    await app(scope, receive, send)
    return reply


async def _give(reply: Reply, send: Send) -> None:
    """Send a reply, or as much of it as goes before the cut."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if reply.cut == "before":
        if transport is None:
            raise ConnectionResetError("a fault ends the connection")
        transport.abort()
        await asyncio.sleep(_NOTICED_S)
        return
    kept = {name: value for name, value in reply.headers.items() if name != "content-length"}
    kept["content-length"] = str(len(reply.body))
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.cut == "half":
        if transport is None:
            raise ConnectionResetError("a fault ends the connection")
        await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
        transport.close()
        await asyncio.sleep(_NOTICED_S)
        return
    await send({"type": "http.response.body", "body": reply.body})

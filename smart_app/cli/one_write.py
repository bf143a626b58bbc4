"""An answer's head and its body leave in one packet: sent one by one, whoever asked is woken twice.

ASGI asks for it, too: nothing is sent before the first part of the body has come.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD, _NOT_YET_IT = b"HTTP/1.1 ", b"HTTP/1.1 1"
"""How the head of an answer begins; "100 Continue" and its like come before it and wait for nothing."""


class _Together:
    """A transport that holds the head of an answer until its body comes, or until the answer ends."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(_HEAD) and not data.startswith(_NOT_YET_IT):
            self._head = data
            return
        self._transport.write(data)

    def leave(self) -> None:
        """Send a head that no body follows."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.leave()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class OneWrite(HttpToolsProtocol):
    """The server's protocol, over such a transport."""

    def connection_made(self, transport: Any) -> None:
        self._together = _Together(transport)
        super().connection_made(cast(asyncio.Transport, self._together))

    def on_response_complete(self) -> None:
        self._together.leave()
        super().on_response_complete()

"""An answer's head and its body leave in one packet: sent one by one, whoever asked is woken twice."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Together:
    """A transport that holds the head of an answer until its body comes, or until the loop's turn ends."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._later: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        if self._later is None and data.startswith(b"HTTP/"):
            self._head, self._later = data, asyncio.get_running_loop().call_soon(self._leave)
        else:
            self._leave(data)

    def _leave(self, data: bytes = b"") -> None:
        if self._later is not None:
            self._later.cancel()
            self._head, self._later, data = b"", None, self._head + data
        self._transport.write(data)

    def close(self) -> None:
        if self._later is not None:
            self._leave()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class OneWrite(HttpToolsProtocol):
    """The server's protocol, over such a transport."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(cast(asyncio.Transport, _Together(transport)))

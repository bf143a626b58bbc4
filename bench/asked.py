"""A bare client over one kept connection: its own time is small, and the same for whoever is asked."""

from __future__ import annotations

import socket
import urllib.parse
from dataclasses import dataclass
from typing import Any


@dataclass
class NotAnswered(Exception):
    """No answer, or one that is not 200. `said` begins with the status line when there is one."""

    base: str
    said: str

    def __str__(self) -> str:
        return f"{self.base} answered {' '.join(self.said.split())[-400:]}"


class Asked:
    """GET over one kept connection, as bare as it can be."""

    def __init__(self, base: str) -> None:
        self.base = base
        parts = urllib.parse.urlsplit(base)
        self._address = (parts.hostname or "", parts.port or 80)
        self._path = parts.path
        self._socket: socket.socket | None = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(self._address, timeout=60)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def written(self, operation: str, **query: Any) -> bytes:
        """The request, ready to be sent."""
        target = f"{self._path}/{operation}?{urllib.parse.urlencode(query)}"
        return f"GET {target} HTTP/1.1\r\nHost: {self._address[0]}:{self._address[1]}\r\n\r\n".encode()

    def send(self, request: bytes) -> bytes:
        """The body of the answer; NotAnswered when it is not 200, or when none comes."""
        try:
            try:
                return self._exchange(request)
            except ConnectionError:  # kept too long without a question
                self._socket = None
                return self._exchange(request)
        except OSError as fault:
            self._socket = None  # half an answer may still come on it
            raise NotAnswered(self.base, str(fault)) from fault

    def _exchange(self, request: bytes) -> bytes:
        kept = self._socket = self._socket or self._connect()
        kept.sendall(request)
        came = b""
        while b"\r\n\r\n" not in came:
            came += _some(kept)
        start = came.index(b"\r\n\r\n") + 4
        at = came.lower().find(b"content-length: ", 0, start)
        if at >= 0:
            end = start + int(came[at + 16 : came.index(b"\r", at)])
            while len(came) < end:
                came += _some(kept)
        else:
            while not came.endswith(b"0\r\n\r\n"):
                came += _some(kept)
        if not came.startswith(b"HTTP/1.1 200"):
            raise NotAnswered(self.base, came.decode(errors="replace"))
        return came[start:]

    def __call__(self, operation: str, **query: Any) -> bytes:
        """One question, written and sent."""
        return self.send(self.written(operation, **query))


def _some(kept: socket.socket) -> bytes:
    part = kept.recv(1 << 18)
    if not part:
        raise ConnectionResetError
    return part

"""The bare way there and back: the same client, answered at once by a process that looks at nothing.

What it takes is the machine's and the client's, and lies in the time of every server that is asked over HTTP.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.asked import Asked
from bench.beside import answering

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json; charset=utf-8\r\ncontent-length: %d\r\n\r\n"
_BODY = b'{"resourceType":"Parameters","parameter":[]}'
ANSWER = _HEAD % len(_BODY) + _BODY


def answer_for_ever() -> None:
    """One caller at a time, on a free port, which is printed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            caller, _ = listening.accept()
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with caller:
                while caller.recv(1 << 16):
                    caller.sendall(ANSWER)


@contextmanager
def carriage() -> Iterator[Callable[[], object]]:
    """One exchange at each call."""
    with answering("bench.carriage") as base:
        asked = Asked(base)
        request = asked.written("nothing")
        yield lambda: asked.send(request)


if __name__ == "__main__":
    answer_for_ever()

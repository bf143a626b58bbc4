"""The head of an answer waits for its body, and for nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn

from smart_app.cli.one_write import OneWrite
from smart_app.cli.serve import OPTIONS

WRITES: list[bytes] = []


class Counted:
    """A transport that notes what is written."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        WRITES.append(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Watched(OneWrite):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(Counted(transport))


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    taken = b""
    if scope["method"] == "POST":
        taken = (await receive())["body"]
    headers = [] if scope["path"] == "/parts" else [(b"content-length", b"4")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/parts":
        await asyncio.sleep(0.01)
        assert not WRITES
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})
    else:
        await send({"type": "http.response.body", "body": taken or b"body"})


def exchange(*requests: bytes, ends: bytes) -> bytes:
    """What the server said to these, sent one after the other over one connection, until `ends` has come."""

    async def run() -> bytes:
        config = uvicorn.Config(app, log_level="critical", lifespan="off", port=0, **{**OPTIONS, "http": Watched})
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = b""
        for each in requests:
            writer.write(each)
            said += await asyncio.wait_for(reader.readuntil(ends), 5)
        writer.close()
        server.should_exit = server.force_exit = True
        await server.shutdown()
        return said

    WRITES.clear()
    return asyncio.run(run())


def asked(method: str, path: str, more: bytes = b"") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n".encode() + more + b"\r\n"


def test_head_and_body_leave_together_each_time() -> None:
    said = exchange(*[asked("GET", "/")] * 3, ends=b"body")
    assert said == b"".join(WRITES)
    assert len(WRITES) == 3


def test_an_answer_without_a_body_leaves_too() -> None:
    assert exchange(*[asked("HEAD", "/")] * 2, ends=b"\r\n\r\n").count(b"HTTP/1.1 200") == 2


def test_parts_come_in_their_order() -> None:
    assert exchange(asked("GET", "/parts"), ends=b"0\r\n\r\n").endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_whoever_waits_to_be_let_go_on_with_a_body_is() -> None:
    head = asked("POST", "/", b"Content-Length: 4\r\nExpect: 100-continue\r\n")
    said = exchange(head, b"sent", ends=b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


def test_the_last_answer_of_a_connection_is_whole() -> None:
    assert exchange(asked("GET", "/", b"Connection: close\r\n"), ends=b"body").endswith(b"\r\n\r\nbody")
    assert exchange(b"nonsense\r\n\r\n", ends=b"received.").startswith(b"HTTP/1.1 400")

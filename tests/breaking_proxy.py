"""A proxy for HTTP on loopback: one request per connection, sent on to one of several, or broken at a chosen moment."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

WELL, BEFORE, AFTER, HALF = "well", "before", "after", "half"


@dataclass
class Proxy:
    """Where it listens, and what it does.

    Attributes:
        targets: ports behind it, in turn.
        fate: by "METHOD /path": `WELL`; `BEFORE` the request arrives the connection breaks; `AFTER` it was carried out;
            `HALF` of the answer was sent. It may also block, as it runs in a thread of its own.
        answered: called when an answer is about to go out whole.
    """

    port: int
    targets: Sequence[int]
    fate: Callable[[str], str] = lambda _: WELL
    acted: Callable[[str], None] = lambda _: None
    broken: int = 0
    passed: int = 0
    asked: list[str] = field(default_factory=list)


def a_third(seed: int) -> Callable[[str], str]:
    """A fate that breaks a third of the calls, in every way."""
    dice = random.Random(seed)
    return lambda _: dice.choice((BEFORE, AFTER, HALF)) if dice.random() < 1 / 3 else WELL


@contextmanager
def proxy(listener: socket.socket, targets: Sequence[int]) -> Iterator[Proxy]:
    """A running proxy; it ends with the block."""
    made = Proxy(listener.getsockname()[1], targets)
    loop = asyncio.new_event_loop()
    in_turn = itertools.cycle(targets)
    started = threading.Event()

    async def serve() -> None:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, EOFError, asyncio.IncompleteReadError):
                await _carry(made, next(in_turn), reader, writer)
            with suppress(OSError):
                writer.close()

        await asyncio.start_server(one, sock=listener)
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    yield made
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=5)


async def _carry(made: Proxy, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(_length(head))
    method, path, _ = head.split(b" ", 2)
    name = f"{method.decode()} {path.decode()}"
    made.asked.append(name)
    fate = await asyncio.to_thread(made.fate, name)
    if fate == BEFORE:
        made.broken += 1
        writer.transport.abort()
        return
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", target)
    lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
    inner_writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
    await inner_writer.drain()
    answer = await inner_reader.read()
    inner_writer.close()
    await asyncio.to_thread(made.acted, name)
    if fate in (AFTER, HALF):
        made.broken += 1
        if fate == HALF:
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
        writer.transport.abort()
        return
    made.passed += 1
    writer.write(answer)
    await writer.drain()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0

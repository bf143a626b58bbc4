"""The practice EHR on a real socket inside this process, for tests and scripts that need true HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from .app import build_practice_ehr
from .config import PracticeConfig


class DidNotStart(Exception):
    """The server did not come up in time."""


@contextmanager
def running(config: PracticeConfig, host: str = "127.0.0.1", *, timeout_s: float = 20) -> Iterator[PracticeConfig]:
    """Serve on a free loopback port while the block runs; yields the config with its true `base_url`.

    Args:
        host: "127.0.0.1" or "localhost" (then the browser sees another site than a service on 127.0.0.1).

    Raises:
        DidNotStart: nothing answered within `timeout_s`.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        served = replace(config, base_url=f"http://{host}:{listener.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(build_practice_ehr(served), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait(server, thread, timeout_s)
            yield served
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def _wait(server: uvicorn.Server, thread: threading.Thread, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not server.started:
        if time.monotonic() > end or not thread.is_alive():
            raise DidNotStart(f"no answer within {timeout_s} s")
        time.sleep(0.02)

"""Work that goes on beside the service: a thread that ends with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def thread_beside(name: str, work: Callable[[threading.Event], None]) -> Iterator[threading.Thread]:
    """Run `work` beside the block; when the block ends, the event that it was given is set, and it is waited for."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,), name=name, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        ended.set()
        thread.join()

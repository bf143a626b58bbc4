"""Asking once more: only for reads, which change nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from smart_app.ehr.errors import EhrUnreachable

T = TypeVar("T")
ATTEMPTS = 2
WITHIN_S = 8.0


async def twice(read: Callable[[], Awaitable[T]]) -> T:
    """What `read` gives, tried a second time after EhrUnreachable; a busy EHR (429, 503) is not asked again."""
    async for attempt in stamina.retry_context(
        on=EhrUnreachable, attempts=ATTEMPTS, timeout=WITHIN_S, wait_initial=0.1, wait_max=0.5, wait_jitter=0.2
    ):
        with attempt:
            return await read()
    raise AssertionError("unreachable: the last attempt returns or raises")  # pragma: no cover

"""Remembering public documents of an EHR for some minutes, in each process for itself: nothing depends on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from smart_app.http import AsyncClient
from smart_app.launch.ground import Ground

T = TypeVar("T")
Key = tuple[str, ...]
MAX_REMEMBERED = 256
_kept: WeakKeyDictionary[AsyncClient, dict[Key, tuple[datetime, object]]] = WeakKeyDictionary()


async def remembered(
    ground: Ground, key: Key, ask: Callable[[], Awaitable[tuple[T, timedelta]]], *, anew: bool = False
) -> T:
    """What `ask` gave last time while that is fresh, else what it gives now; `anew` asks in any case."""
    kept = _kept.setdefault(ground.http, {})
    now = ground.clock.now()
    if not anew and key in kept and kept[key][0] > now:
        return cast("T", kept[key][1])
    found, fresh_for = await ask()
    if len(kept) >= MAX_REMEMBERED:
        kept.clear()
    kept[key] = (now + fresh_for, found)
    return found

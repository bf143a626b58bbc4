"""Remembering public documents of an EHR for some minutes, in each process for itself: nothing depends on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from smart_app.http import AsyncClient
from smart_app.launch.ground import Ground

T = TypeVar("T")
Key = tuple[str, ...]
MAX_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class _Kept:
    found: object
    at: datetime
    until: datetime


_kept: WeakKeyDictionary[AsyncClient, dict[Key, _Kept]] = WeakKeyDictionary()


async def remembered(
    ground: Ground,
    key: Key,
    ask: Callable[[], Awaitable[tuple[T, timedelta]]],
    *,
    anew: bool = False,
    at_most: timedelta | None = None,
) -> T:
    """What `ask` gave last time while that is fresh and no older than `at_most`; else, or `anew`, what it gives now."""
    kept = _kept.setdefault(ground.http, {})
    now = ground.clock.now()
    last = kept.get(key)
    if not anew and last is not None and last.until > now and (at_most is None or now - last.at <= at_most):
        return cast("T", last.found)
    found, fresh_for = await ask()
    if len(kept) >= MAX_REMEMBERED:
        kept.clear()
    kept[key] = _Kept(found, now, now + fresh_for)
    return found

"""A minute's share of requests, drawn from the database some at a time and used up in the process that drew it.

What has been drawn is gone from the database, so that all processes together never pass the limit; the hot path is a
look into a dictionary, and one request in twenty writes. A process that dies takes the little it had drawn with it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from threading import Lock

from sqlalchemy import case, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, update

from smart_app.clock import Clock
from smart_app.limits.errors import TooManyRequests
from smart_app.limits.tables import LimitRow
from smart_app.sealing import Sealer
from smart_app.store.database import Store

MINUTE_S = 60
DRAWS = 20
"""A share is drawn in this many parts."""
MOST_KNOWN = 10_000
_PURPOSE = "limits"


def per_minute() -> dict[str, int]:
    """Requests a minute by kind, from limits.toml."""
    table = tomllib.loads((files("smart_app.limits") / "limits.toml").read_text(encoding="utf-8"))
    return {kind: int(entry["per_minute"]) for kind, entry in table.items()}


@dataclass(slots=True)
class _Held:
    minute: int
    left: int
    over: bool = False


class Limits:
    """Counts callers; `factor` multiplies all limits, 0 = nothing is counted."""

    def __init__(self, store: Store, sealer: Sealer, clock: Clock, factor: float = 1.0) -> None:
        self._store, self._sealer, self._clock = store, sealer, clock
        self._most = {kind: max(1, round(most * factor)) for kind, most in per_minute().items()} if factor else {}
        self._held: dict[tuple[str, str], _Held] = {}
        self._lock = Lock()

    def count(self, kind: str, who: str) -> None:
        """Count one request; never call it inside a transaction.

        Args:
            kind: an entry of limits.toml.
            who: a token's or launch's id, or an address.

        Raises:
            TooManyRequests: the share of this minute is used up.
        """
        most = self._most.get(kind)
        if most is None:
            return
        minute, second = divmod(int(self._clock.now().timestamp()), MINUTE_S)
        with self._lock:
            held = self._held.get((kind, who))
            if held is not None and held.minute == minute:
                if held.left:
                    held.left -= 1
                    return
                if held.over:
                    raise TooManyRequests(kind, MINUTE_S - second)
        drawn = self._draw(kind, who, most, minute)
        self._keep(kind, who, minute, drawn)
        if not drawn:
            raise TooManyRequests(kind, MINUTE_S - second)

    def _keep(self, kind: str, who: str, minute: int, drawn: int) -> None:
        """Note what was drawn, less the request that asked for it; 0 = there is no more this minute."""
        with self._lock:
            held = self._held.get((kind, who))
            if held is None or held.minute != minute:
                if len(self._held) >= MOST_KNOWN:
                    self._held = {key: one for key, one in self._held.items() if one.minute == minute}
                held = self._held[kind, who] = _Held(minute, 0)
            held.left += max(0, drawn - 1)
            held.over = not drawn

    def _draw(self, kind: str, who: str, most: int, minute: int) -> int:
        key = self._sealer.mac(_PURPOSE, f"{kind}\x1f{who}")
        part = max(1, most // DRAWS)
        new = col(LimitRow.minute) < minute
        statement = (
            update(LimitRow)
            .where(col(LimitRow.key) == key, or_(new, col(LimitRow.taken) + part <= most))
            .values(
                taken=case((new, part), else_=col(LimitRow.taken) + part),
                minute=case((new, minute), else_=col(LimitRow.minute)),
                used_at=self._clock.now(),
            )
        )
        for _ in range(2):
            try:
                with self._store.transaction() as session:
                    if session.exec(statement).rowcount:
                        return part
                    if session.get(LimitRow, key) is not None:
                        return 0
                    session.add(LimitRow(key=key, minute=minute, taken=part, used_at=self._clock.now()))
                return part
            except IntegrityError:
                continue  # another process was first
        return 0

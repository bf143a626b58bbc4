"""Time, injected: instants are UTC, days are Europe/Stockholm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def stockholm_day(instant: datetime) -> date:
    """The calendar day in Sweden at an aware `instant`.

    >>> stockholm_day(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    datetime.date(2026, 11, 23)
    """
    return instant.astimezone(STOCKHOLM).date()


class Clock(Protocol):
    """Where the service gets its time from."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""
        ...

    def today(self) -> date:
        """The calendar day in Sweden."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return stockholm_day(self.now())


@dataclass
class FixedClock:
    """A clock that stands still until a test moves it."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def today(self) -> date:
        return stockholm_day(self.instant)

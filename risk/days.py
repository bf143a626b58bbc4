"""Counting days: whole calendar days in Europe/Stockholm, ends included."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SWEDEN = ZoneInfo("Europe/Stockholm")


def swedish_day(instant: datetime) -> date:
    """The calendar day in Sweden at an aware instant.

    >>> from datetime import UTC
    >>> swedish_day(datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
    datetime.date(2026, 3, 29)
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(SWEDEN).date()


def plus(day: date, days: int) -> date:
    """The day `days` later (earlier when negative), held within what a calendar can name."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def length(since: date, until: date) -> int:
    """Days from `since` to `until`, both included.

    >>> length(date(2026, 1, 1), date(2026, 1, 1))
    1
    """
    return (until - since).days + 1


def days_between(until: date, since: date) -> int:
    """Whole days between an end and the next start; negative when they overlap.

    >>> days_between(date(2026, 1, 10), date(2026, 1, 16))
    5
    """
    return (since - until).days - 1


def year_before(day: date) -> date:
    """The same day one year earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)

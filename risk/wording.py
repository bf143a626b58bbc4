"""Dates, numbers and spans of days in words, Swedish and English."""

from __future__ import annotations

from datetime import date

_SV = ("jan", "feb", "mars", "apr", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec")
_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_sv(day: date, on: date) -> str:
    """A date as people say it; the year only when it is another than that of `on`.

    >>> date_sv(date(2027, 1, 12), date(2026, 11, 20))
    '12 jan 2027'
    """
    return _date(day, on, _SV)


def date_en(day: date, on: date) -> str:
    """As `date_sv`, in English."""
    return _date(day, on, _EN)


def days_sv(count: int) -> str:
    """A number of days.

    >>> days_sv(1), days_sv(6)
    ('1 dag', '6 dagar')
    """
    return "1 dag" if count == 1 else f"{count} dagar"


def days_en(count: int) -> str:
    """As `days_sv`, in English."""
    return "1 day" if count == 1 else f"{count} days"


def when_sv(count: int) -> str:
    """How far ahead (or, when negative, back) a day lies.

    >>> when_sv(0), when_sv(6), when_sv(-1), when_sv(-4)
    ('i dag', 'om 6 dagar', 'i går', 'för 4 dagar sedan')
    """
    near = {0: "i dag", 1: "i morgon", -1: "i går"}
    return near.get(count) or (f"om {days_sv(count)}" if count > 0 else f"för {days_sv(-count)} sedan")


def when_en(count: int) -> str:
    """As `when_sv`, in English."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(count) or (f"in {days_en(count)}" if count > 0 else f"{days_en(-count)} ago")


def count_sv(number: int) -> str:
    """A count with an unbreakable space between thousands, as in Swedish print."""
    return f"{number:,}".replace(",", "\u00a0")


def _date(day: date, on: date, months: tuple[str, ...]) -> str:
    short = f"{day.day} {months[day.month - 1]}"
    return short if day.year == on.year else f"{short} {day.year}"

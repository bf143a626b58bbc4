"""Days in words: dates, distances from today, clock times in Sweden."""

from __future__ import annotations

from datetime import date, datetime

from markupsafe import Markup

from smart_app.clock import STOCKHOLM, stockholm_day
from smart_app.web.words import Words


def short_date(words: Words, day: date, on: date) -> str:
    """ "20 nov"; with the year when it is not that of `on`."""
    text = day_month(words, day)
    return text if day.year == on.year else f"{text}\u00a0{day.year}"


def day_month(words: Words, day: date) -> str:
    """ "20 nov", for axes where the year is plain."""
    return f"{day.day}\u00a0{words.months_short[day.month - 1]}"


def long_date(words: Words, day: date, on: date) -> str:
    """ "12 januari"; with the year when it is not that of `on`."""
    text = f"{day.day}\u00a0{words.months[day.month - 1]}"
    return text if day.year == on.year else f"{text}\u00a0{day.year}"


def distance(words: Words, day: date, on: date) -> Markup:
    """How far `day` is from `on`: "i dag", "om 6 dagar", "för 3 dagar sedan"."""
    days = (day - on).days
    fixed = {0: "days.today", 1: "days.tomorrow", -1: "days.yesterday"}.get(days)
    if fixed:
        return words(fixed)
    return words("days.ahead", n=days) if days > 0 else words("days.ago", n=-days)


def clock_time(instant: datetime) -> str:
    """ "14:21", in Sweden."""
    return instant.astimezone(STOCKHOLM).strftime("%H:%M")


def moment(words: Words, instant: datetime, on: date) -> Markup:
    """ "14:21" on the day itself, else "20 nov 14:21"."""
    day = stockholm_day(instant)
    if day == on:
        return Markup("{}").format(clock_time(instant))
    return Markup("{} {}").format(short_date(words, day, on), clock_time(instant))


def span(words: Words, since: date, until: date, on: date) -> str:
    """ "22 okt–8 nov"."""
    return f"{short_date(words, since, on)}–{short_date(words, until, on)}"

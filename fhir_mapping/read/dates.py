"""FHIR dates and instants -> days in Sweden."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fhir_mapping.errors import MappingFault

STOCKHOLM = ZoneInfo("Europe/Stockholm")
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


def instant(value: object, path: str) -> datetime | None:
    """An aware UTC datetime; a date or a time without zone is taken as Swedish local time; None when absent.

    Raises:
        MappingFault: "unreadable-date".
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise MappingFault(path, "unreadable-date")
    try:
        read = datetime.fromisoformat(value.strip())
        if read.tzinfo is None:
            read = read.replace(tzinfo=STOCKHOLM)
        return read.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise MappingFault(path, "unreadable-date") from wrong


def day(value: object, path: str) -> date | None:
    """A whole day, Europe/Stockholm; None when absent.

    Raises:
        MappingFault: "unreadable-date", "incomplete-date" (year or month only), "absurd-date" (mistyped century).
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise MappingFault(path, "unreadable-date")
    value = value.strip()
    if len(value) in (4, 7) and value[:4].isdigit():
        raise MappingFault(path, "incomplete-date")
    try:
        if len(value) == 10:
            read = date.fromisoformat(value)
        else:
            moment = instant(value, path)
            if moment is None:
                return None
            read = moment.astimezone(STOCKHOLM).date()
    except ValueError as wrong:
        raise MappingFault(path, "unreadable-date") from wrong
    if not EARLIEST <= read < LATEST:
        raise MappingFault(path, "absurd-date")
    return read

"""Days as official files write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T][\d:.]+)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_EXCEL_DAY_0 = date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 80_000)


class NotADay(ValueError):
    """The cell holds something that is no day."""


def day_of(text: str, *, last: bool = False) -> date | None:
    """The day in a cell; None when it is empty. A year alone is its first day, or its last one with `last`.

    >>> day_of("2024-01-01"), day_of("45292"), day_of("2023", last=True), day_of("")
    (datetime.date(2024, 1, 1), datetime.date(2024, 1, 1), datetime.date(2023, 12, 31), None)
    """
    text = text.strip()
    if not text:
        return None
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if text.isascii() and text.isdigit() and len(text) == 4:
            return date(int(text), 12, 31) if last else date(int(text), 1, 1)
    except ValueError:
        raise NotADay(f"{text[:20]!r} is no day of the calendar") from None
    if text.isascii() and text.isdigit() and len(text) == 5 and int(text) in _EXCEL_DAYS:
        return _EXCEL_DAY_0 + timedelta(days=int(text))
    raise NotADay(f"{text[:20]!r} is no date (2024-01-01)")

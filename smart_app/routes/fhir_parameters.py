"""Reading FHIR search parameters: tokens, references, dates, sort and count; what is not understood is refused."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from smart_app.routes.fhir_faults import SearchRefused
from smart_app.worklist.query import Days

Pairs = tuple[tuple[str, str], ...]
IGNORED = frozenset({"_format", "_pretty", "_elements", "_contained", "_containedType"})
MAX_PAIRS, MAX_VALUE = 60, 2000
_DATE = re.compile(
    r"(?P<prefix>eq|ne|gt|ge|lt|le|sa|eb)?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)(?P<time>T\S{2,35})?)?)?",
    re.ASCII,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter as sent: name, modifier (None without one) and its values, any of which may hold."""

    name: str
    modifier: str | None
    values: tuple[str, ...]

    def plain(self) -> tuple[str, ...]:
        """The values, when no modifier was given. Raises SearchRefused."""
        if self.modifier is not None:
            raise SearchRefused(f"{self.name}:{self.modifier}", "modifier-not-supported")
        return self.values


def asked(pairs: Iterable[tuple[str, str]], known: frozenset[str]) -> tuple[Asked, ...]:
    """The parameters, split at commas that are not escaped.

    An unknown one is refused, because leaving a filter out would answer more than was asked.

    Raises:
        SearchRefused: unknown, empty, too long, or with control characters.
    """
    listed = tuple(pairs)
    if len(listed) > MAX_PAIRS:
        raise SearchRefused("*", "too-many-parameters")
    found = []
    for key, value in listed:
        name, _, modifier = key.partition(":")
        if name in IGNORED:
            continue
        if name not in known:
            raise SearchRefused(_harmless(name), "unknown-parameter")
        if len(value) > MAX_VALUE or _CONTROL.search(value):
            raise SearchRefused(name, "not-understood")
        values = tuple(part for part in split(value, ",") if part.strip())
        if not values:
            raise SearchRefused(name, "empty")
        found.append(Asked(name, _harmless(modifier) or None, values))
    return tuple(found)


def split(value: str, at: str) -> list[str]:
    r"""Parts between `at`, with `\,` `\|` `\$` and `\\` taken as the characters themselves when split at a comma.

    >>> split(r"a,b\,c", ",")
    ['a', 'b,c']
    """
    parts, current, escaped = [], "", False
    for letter in value:
        if escaped:
            current += letter
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == at:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [*parts, current]


def codes(each: Asked, system: str | None, *, all_codes: frozenset[str] | None = None) -> frozenset[str]:
    """Codes of a token parameter; of another system none. With :not, the rest of `all_codes`."""
    wanted = set()
    for value in each.values:
        left, bar, right = value.partition("|")
        code = right if bar else left
        if not bar or left in ("", system):
            wanted.add(code.strip())
    if each.modifier is None:
        return frozenset(wanted)
    if each.modifier == "not" and all_codes is not None:
        return all_codes - wanted
    raise SearchRefused(f"{each.name}:{each.modifier}", "modifier-not-supported")


def references(each: Asked, kinds: Iterable[str], bases: Iterable[str]) -> frozenset[str]:
    """Relative references of a reference parameter; addresses below one of `bases` are taken as relative.

    Args:
        kinds: types that a bare id may have, e.g. ("Patient",).
    """
    found = set()
    for value in each.plain():
        text = value.strip()
        for base in bases:
            if text.startswith(base.rstrip("/") + "/"):
                text = text[len(base.rstrip("/")) + 1 :]
                break
        left, slash, right = text.partition("/")
        if not slash and _ID.fullmatch(text):
            found |= {f"{kind}/{text}" for kind in kinds}
        elif slash and _ID.fullmatch(right) and left.isascii() and left.isalpha():
            found.add(text)
        else:
            raise SearchRefused(each.name, "not-a-reference")
    return frozenset(found)


def truth(each: Asked) -> bool:
    """The value of a :missing."""
    if each.values == ("true",):
        return True
    if each.values == ("false",):
        return False
    raise SearchRefused(f"{each.name}:{each.modifier}", "not-true-or-false")


def whole_number(each: Asked, most: int) -> int:
    """A count; larger ones than `most` become `most`. Raises SearchRefused."""
    text = each.plain()[-1]
    if not (text.isascii() and text.isdigit()):
        raise SearchRefused(each.name, "not-a-number")
    return most if len(text) > 9 else min(int(text), most)


def days(each: Asked) -> tuple[Days, ...]:
    """Ranges of days, any of which may hold; a month or year is all its days, a time of day counts as its day."""
    return tuple(part for value in each.plain() for part in _ranges(each.name, value.strip()))


def _ranges(name: str, value: str) -> tuple[Days, ...]:
    match = _DATE.fullmatch(value)
    if match is None:
        raise SearchRefused(name, "not-a-date")
    try:
        first, last = _interval(match["year"], match["month"], match["day"])
        before, after = first - timedelta(days=1), last + timedelta(days=1)
    except (ValueError, OverflowError):
        raise SearchRefused(name, "not-a-date") from None
    match match["prefix"] or "eq":
        case "eq":
            return (Days(first, last),)
        case "ne":
            return (Days(None, before), Days(after, None))
        case "gt" | "sa":
            return (Days(after, None),)
        case "ge":
            return (Days(first, None),)
        case "lt" | "eb":
            return (Days(None, before),)
        case _:
            return (Days(None, last),)


def _interval(year: str, month: str | None, day: str | None) -> tuple[date, date]:
    if month is None:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    if day is None:
        first = date(int(year), int(month), 1)
        return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
    exact = date(int(year), int(month), int(day))
    return exact, exact


def _harmless(text: str) -> str:
    """A parameter's name as it may be repeated in an answer."""
    return re.sub(r"[^A-Za-z0-9_.:-]", "?", text)[:40]

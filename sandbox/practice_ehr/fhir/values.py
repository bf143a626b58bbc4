"""Reading values out of a resource, and whether one satisfies a search value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .messages import FhirFault, Resource

_STOCKHOLM = ZoneInfo("Europe/Stockholm")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(.+))?)?)?")
_PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"})
_MIN, _MAX = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Span = tuple[datetime, datetime]  # start included, end not


def at(resource: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path, lists taken apart."""
    if isinstance(resource, list):
        for part in resource:
            yield from at(part, path)
    elif not path:
        if resource is not None:
            yield resource
    elif isinstance(resource, dict):
        head, _, rest = path.partition(".")
        yield from at(resource.get(head), rest)


def reference_of(value: Any) -> str | None:
    """ "Type/id" or canonical that a Reference or canonical element holds."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("reference"), str):
        return str(value["reference"])
    return None


def token_matches(value: Any, wanted: str) -> bool:
    """Token search on code, Coding, CodeableConcept, Identifier or boolean.

    >>> token_matches({"system": "s", "value": "1"}, "s|1"), token_matches("active", "active")
    (True, True)
    """
    system, bar, code = wanted.rpartition("|")
    return any(_token_equal(found, system if bar else None, code) for found in _tokens(value))


def _tokens(value: Any) -> Iterator[tuple[str | None, str]]:
    if isinstance(value, bool):
        yield None, "true" if value else "false"
    elif isinstance(value, str):
        yield None, value
    elif isinstance(value, dict):
        for coding in value.get("coding", ()):
            yield from _tokens(coding)
        for key in ("code", "value"):
            if isinstance(value.get(key), str):
                yield value.get("system", ""), value[key]


def _token_equal(found: tuple[str | None, str], system: str | None, code: str) -> bool:
    if code and found[1] != code:
        return False
    return system is None or found[0] is None or found[0] == system


def reference_matches(value: Any, wanted: str, target: str | None, base: str) -> bool:
    """Reference search: "id", "Type/id", an absolute url below `base`, or a canonical."""
    held = reference_of(value)
    if held is None:
        return False
    held, wanted = held.removeprefix(f"{base}/"), wanted.removeprefix(f"{base}/")
    if target and not held.startswith(f"{target}/"):
        return False
    if held == wanted or held.split("|")[0] == wanted:
        return True
    return "/" not in wanted and "/" in held and "://" not in held and held.split("/")[1] == wanted


def string_matches(value: Any, wanted: str, modifier: str) -> bool:
    """String search: start of any part, case-blind; `exact` and `contains` as the specification has them."""
    for text in _strings(value):
        if modifier == "exact":
            if text == wanted:
                return True
        elif modifier == "contains":
            if wanted.casefold() in text.casefold():
                return True
        elif any(part.startswith(wanted.casefold()) for part in (text.casefold(), *text.casefold().split())):
            return True
    return False


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in ("text", "family", "given", "prefix", "name"):
            yield from _strings(value.get(key))
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def date_matches(value: Any, wanted: str) -> bool:
    """Date search with the prefixes eq ne gt lt ge le sa eb; a date covers its whole day in Stockholm.

    Raises:
        FhirFault: 400 when the wanted value is no date.
    """
    prefix, asked = asked_span(wanted)
    held = _held_span(value)
    return held is not None and _compare(prefix, held, asked)


def asked_span(wanted: str) -> tuple[str, Span]:
    """Prefix and span of a date search value.

    Raises:
        FhirFault: 400 for an unknown prefix or something that is no date.
    """
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
    asked = span(text)
    if asked is None or prefix not in _PREFIXES:
        raise FhirFault(400, "invalid", f"'{wanted[:40]}' is not a date, or its prefix is unknown")
    return prefix, asked


def _compare(prefix: str, held: Span, asked: Span) -> bool:
    match prefix:
        case "eq":
            return asked[0] <= held[0] and held[1] <= asked[1]
        case "ne":
            return not (asked[0] <= held[0] and held[1] <= asked[1])
        case "gt":
            return held[1] > asked[1]
        case "lt":
            return held[0] < asked[0]
        case "ge":
            return held[1] > asked[0]
        case "le":
            return held[0] < asked[1]
        case "sa":
            return held[0] >= asked[1]
    return held[1] <= asked[0]  # eb


def _held_span(value: Any) -> Span | None:
    if isinstance(value, str):
        return span(value)
    if isinstance(value, dict):  # Period
        start, end = span(value.get("start", "")), span(value.get("end", ""))
        return (start[0] if start else _MIN, end[1] if end else _MAX)
    return None


def span(text: str) -> Span | None:
    """The instants a FHIR date, dateTime or instant covers; None when it is none."""
    found = _DATE.fullmatch(text.replace(" ", "+"))
    if not found:
        return None
    year, month, day, time = found.groups()
    try:
        if time:
            return _moment(f"{year}-{month}-{day}T{time}")
        start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=_STOCKHOLM)
        return start.astimezone(UTC), _next(start, month, day).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> Span:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_STOCKHOLM)
    length = timedelta(milliseconds=1) if moment.microsecond else timedelta(seconds=1)
    return moment.astimezone(UTC), moment.astimezone(UTC) + length


def _next(start: datetime, month: str | None, day: str | None) -> datetime:
    if day:
        return start + timedelta(days=1)
    if month:
        return (start + timedelta(days=32)).replace(day=1)
    return start.replace(year=start.year + 1)


def sort_key(resource: Resource, paths: tuple[str, ...], kind: str) -> str:
    """Text to sort by; "" when the value is missing."""
    for path in paths:
        for value in at(resource, path):
            if kind == "date":
                held = _held_span(value)
                return held[0].isoformat() if held else ""
            if kind == "string":
                return min((text.casefold() for text in _strings(value)), default="")
            if kind == "token":
                return next((code for _, code in _tokens(value)), "")
            return reference_of(value) or ""
    return ""

"""Parameters of an operation, from the address or from a FHIR Parameters body, each with its type checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from smart_app.clock import stockholm_day
from smart_app.routes.fhir_parameters import IGNORED, MAX_PAIRS
from smart_app.routes.fhir_request import is_lenient, json_object
from smart_app.routes.fhir_terminology_call import Call
from smart_app.routes.fhir_terminology_faults import ParameterRefused, missing

LONGEST = 2000
MOST_CODINGS = 50
MOST_BYTES = 1_000_000
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Coding:
    """A coding as sent; None = left out."""

    system: str | None
    version: str | None
    code: str
    display: str | None


@dataclass(frozen=True, slots=True)
class OperationParameters:
    """What was sent, by name."""

    values: Mapping[str, tuple[Any, ...]]

    def one(self, name: str) -> Any:
        """The only value; None when it was not sent."""
        found = self.values.get(name, ())
        if len(found) > 1:
            raise ParameterRefused(name, shown(found[1]), "den finns flera gånger", "it was sent several times")
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        """A string, code or uri."""
        found = self.values.get(name)
        if found is None:
            return None
        return _text(name, found[0] if len(found) == 1 else self.one(name))

    def words(self, name: str) -> str | None:
        """Words to look for; None also when nothing is left of them, as in a field that was cleared."""
        value = self.one(name)
        return None if isinstance(value, str) and not value.strip() else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Strings that may be repeated."""
        return tuple(_text(name, value) for value in self.values.get(name, ()))

    def needed(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def truth(self, name: str) -> bool:
        """A boolean; False when it was not sent."""
        value = self.one(name)
        if value is None or value is False or value == "false":
            return False
        if value is True or value == "true":
            return True
        raise ParameterRefused(name, shown(value), "det ska vara true eller false", "it must be true or false")

    def number(self, name: str) -> int | None:
        """A whole number from 0."""
        value = self.one(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
            return int(value)
        raise ParameterRefused(name, shown(value), "det ska vara ett heltal från 0", "it must be a whole number from 0")

    def day(self, name: str, today: Callable[[], date]) -> date:
        """The Swedish day of a date or dateTime; a year or month alone is its first day; today when not sent."""
        value = self.text(name)
        if value is None:
            return today()
        try:
            return _day(value.strip())
        except (ValueError, OverflowError):
            raise ParameterRefused(name, value, "det är inget datum", "it is no date") from None

    def coding(self, name: str) -> Coding | None:
        """A Coding, from a Parameters body."""
        value = self.one(name)
        return None if value is None else _coding(name, value)

    def codings(self, name: str) -> tuple[Coding, ...] | None:
        """The codings with a code of a CodeableConcept; None when it was not sent."""
        value = self.one(name)
        if value is None:
            return None
        listed = value.get("coding") if isinstance(value, dict) else None
        if not isinstance(listed, list) or not listed:
            raise ParameterRefused(name, shown(value), "den behöver minst en coding", "it needs at least one coding")
        if len(listed) > MOST_CODINGS:
            raise ParameterRefused(name, str(len(listed)), "för många coding", "too many codings")
        coded = [each for each in listed if not isinstance(each, dict) or "code" in each]
        if not coded:
            raise missing(f"{name}.coding.code")
        return tuple(_coding(f"{name}.coding", each) for each in coded)

    def resource(self, name: str, kind: str) -> dict[str, Any] | None:
        """A resource sent along."""
        value = self.one(name)
        if value is None:
            return None
        if not isinstance(value, dict) or value.get("resourceType") != kind:
            raise ParameterRefused(name, shown(value), f"det ska vara en {kind}", f"it must be a {kind}")
        return value


def parameters(call: Call, known: frozenset[str]) -> OperationParameters:
    """What was sent; an unknown parameter is refused, since leaving it out could answer another question.

    Raises:
        ParameterRefused: unknown, or not a FHIR parameter; WrongRequest, WrongMediaType: the body is no FHIR JSON.
    """
    body = call.body
    pairs: list[tuple[str, Any]] = [each for each in call.pairs if each[0] not in IGNORED]
    if len(body) > MOST_BYTES:
        raise ParameterRefused("*", str(len(body)), "mer än en megabyte", "more than a megabyte")
    if body:
        pairs += _from_body(json_object(call.request, body))
    if len(pairs) > MAX_PAIRS:
        raise ParameterRefused("*", str(len(pairs)), "för många parametrar", "too many parameters")
    found: dict[str, tuple[Any, ...]] = {}
    for name, value in pairs:
        if name in known:
            found[name] = (*found[name], value) if name in found else (value,)
        elif not is_lenient(call.request):
            raise ParameterRefused(
                name, shown(value), "parametern känns inte igen här", "the parameter is not known here"
            )
    return OperationParameters(found)


def _from_body(resource: Mapping[str, Any]) -> list[tuple[str, Any]]:
    if resource.get("resourceType") != "Parameters":
        kind = shown(resource.get("resourceType"))
        raise ParameterRefused("resourceType", kind, "det ska vara Parameters", "it must be Parameters")
    listed = resource.get("parameter", [])
    if not isinstance(listed, list):
        raise ParameterRefused("parameter", "", "det ska vara en lista", "it must be a list")
    return [_named(each) for each in listed]


def _named(each: object) -> tuple[str, Any]:
    if not isinstance(each, dict) or not isinstance(each.get("name"), str):
        raise ParameterRefused("parameter.name", "", "den saknas", "it is missing")
    held = [value for key, value in each.items() if key.startswith("value") or key == "resource"]
    if len(held) != 1 or held[0] is None:
        raise ParameterRefused(each["name"], "", "den ska ha ett värde", "it must have one value")
    return each["name"], held[0]


def shown(value: object) -> str:
    """A plain value as it was sent; nothing for what has parts."""
    return str(value) if isinstance(value, str | int | float) else ""


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ParameterRefused(name, shown(value), "det ska vara en text", "it must be a string")
    if not value.strip():
        raise ParameterRefused(name, value, "den är tom", "it is empty")
    if len(value) > LONGEST or (not value.isprintable() and _UNFIT.search(value)):
        raise ParameterRefused(name, value, "den går inte att läsa", "it cannot be read")
    return value


@lru_cache(maxsize=1000)
def _day(text: str) -> date:
    """Read once: most callers ask for the same few days."""
    if found := _DAY.fullmatch(text):
        return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    moment = datetime.fromisoformat(text)
    return stockholm_day(moment) if moment.tzinfo else moment.date()


def _coding(name: str, value: Any) -> Coding:
    if not isinstance(value, dict):
        raise ParameterRefused(
            name, shown(value), "den skickas med POST, som Coding", "it is sent by POST, as a Coding"
        )
    parts = {
        key: _text(f"{name}.{key}", value[key]) for key in ("system", "version", "code", "display") if key in value
    }
    if "code" not in parts:
        raise missing(f"{name}.code")
    return Coding(parts.get("system"), parts.get("version"), parts["code"], parts.get("display"))

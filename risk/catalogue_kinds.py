"""The kinds of values in a catalogue's files: a wrong one is told when they are loaded, not where a patient waits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any

from risk.errors import CatalogueFault

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _days(value: object) -> bool:
    return type(value) is int and value >= 0


def _share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _listed(value: object, each: Callable[[object], bool]) -> bool:
    return isinstance(value, list) and bool(value) and all(map(each, value)) and len(set(value)) == len(value)


_KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "text": (_text, "a text"),
    "id": (lambda value: isinstance(value, str) and _ID.fullmatch(value) is not None, "a-z, 0-9 and hyphens"),
    "whole": (lambda value: type(value) is int, "a whole number"),
    "days": (_days, "a whole number, 0 or more"),
    "share": (_share, "a share, 0 to 1 (0.5 is one in two)"),
    "yes-no": (lambda value: isinstance(value, bool), "true or false"),
    "table": (lambda value: isinstance(value, dict), "a table"),
    "tables": (lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value), "tables"),
    "texts": (lambda value: _listed(value, _text), "a list of texts, each once"),
    "all-days": (lambda value: _listed(value, _days), "a list of whole numbers, each once"),
}


def see_kinds(file: str, key: str | None, row: object, kinds: Mapping[str, str]) -> dict[str, Any]:
    """The row itself, when it is a table and what it holds is of these kinds; what it lacks is not asked for.

    Args:
        file, key: where the row stands; None = it is the file itself, and the field is the key.
        kinds: the kind of each field, among those above.

    Raises:
        CatalogueFault: names the file, the key, the field and what it should be.
    """
    if not isinstance(row, dict):
        raise CatalogueFault(file, key or "-", "must be a table")
    for name, kind in kinds.items():
        fits, words = _KINDS[kind]
        if name in row and not fits(row[name]):
            raise CatalogueFault(file, key or name, f"{name} must be {words}, not {row[name]!r}")
    return row


def places_in(file: str, key: str, text: str) -> frozenset[str]:
    """The names in braces that a reason has filled in. Raises CatalogueFault: the braces are not sound."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as wrong:
        raise CatalogueFault(file, key, f"{wrong}: {text!r}") from None
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise CatalogueFault(file, key, f"in braces stands a name and no more: {text!r}")
    return frozenset(name for _, name, _, _ in parts if name is not None)

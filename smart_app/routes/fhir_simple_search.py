"""Searches that know only ids, identifiers and patients."""

from __future__ import annotations

from dataclasses import dataclass

from smart_app.routes import fhir_parameters as parameters
from smart_app.routes.fhir_faults import SearchRefused
from smart_app.routes.fhir_paging import DEFAULT_COUNT, MAX_COUNT, Question
from smart_app.routes.fhir_parameters import Asked
from smart_app.routes.fhir_types import Served


@dataclass(frozen=True, slots=True)
class SimpleSearch:
    """None = not asked for; an empty set matches nothing. `count` 0 = the number alone."""

    ids: frozenset[str] | None = None
    patients: frozenset[str] | None = None
    identifiers: frozenset[str] | None = None
    urls: frozenset[str] | None = None
    count: int = DEFAULT_COUNT


def understood(asked: Question, served: Served, *, bases: tuple[str, ...], system: str | None) -> SimpleSearch:
    """The search in our words; a parameter given twice must hold twice.

    Args:
        system: the identifier system that a `system|value` must name; None = any.

    Raises:
        SearchRefused: naming the parameter that is unknown or not understood.
    """
    count, count_only = DEFAULT_COUNT, False
    sets: dict[str, frozenset[str]] = {}
    for each in parameters.asked(asked.pairs, served.names):
        if each.name == "_count":
            count = parameters.whole_number(each, MAX_COUNT)
        elif each.name == "_summary":
            count_only = count_only or each.plain()[0] == "count"
        elif each.name != "_total":
            found = _values(each, bases, system)
            sets[each.name] = sets[each.name] & found if each.name in sets else found
    return SimpleSearch(
        sets.get("_id"), sets.get("patient"), sets.get("identifier"), sets.get("url"), 0 if count_only else count
    )


def _values(each: Asked, bases: tuple[str, ...], system: str | None) -> frozenset[str]:
    match each.name:
        case "_id" | "url":
            return frozenset(each.plain())
        case "patient":
            return parameters.references(each, ("Patient",), bases)
        case "identifier":
            if each.modifier is not None:
                raise SearchRefused(f"identifier:{each.modifier}", "modifier-not-supported")
            return _identifiers(each, system)
        case _:
            raise SearchRefused(each.name, "unknown-parameter")


def _identifiers(each: Asked, system: str | None) -> frozenset[str]:
    """Values alone; those of a system that cannot be meant are left out."""
    found = set()
    for value in each.values:
        left, bar, right = value.strip().partition("|")
        if not bar:
            found.add(left)
        elif system is None or left in ("", system):
            found.add(right)
    return frozenset(found)

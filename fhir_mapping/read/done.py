"""Procedure and CarePlan -> what is done or under way in a case, as KVÅ codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, codings, dicts, text
from fhir_mapping.read.dates import day
from terminology.codes import is_kva_system

_UNDER_WAY = frozenset({"in-progress", "completed"})


def read_done(resources: Iterable[Json], *, since: date) -> frozenset[str]:
    """KVÅ codes of procedures of the case, and of activities under way or completed in plans that hold.

    What is only planned or booked is not done yet; a procedure without a day cannot be placed in the case.

    Args:
        since: day 1 of the case; what was done before belongs to an earlier one.
    """
    found: set[str] = set()
    for each in resources:
        kind = each.get("resourceType")
        if kind == "Procedure" and _in_the_case(each, since):
            found.update(_kva(each.get("code")))
        elif kind == "CarePlan" and text(each.get("status")) == "active":
            for activity in dicts(each.get("activity")):
                for detail in dicts(activity.get("detail")):
                    if text(detail.get("status")) in _UNDER_WAY:
                        found.update(_kva(detail.get("code")))
    return frozenset(found)


def _in_the_case(procedure: Json, since: date) -> bool:
    if text(procedure.get("status")) not in _UNDER_WAY:
        return False
    period = procedure.get("performedPeriod")
    ended = _day(period.get("end") or period.get("start")) if isinstance(period, dict) else None
    performed = _day(procedure.get("performedDateTime")) or ended
    return performed is not None and performed >= since


def _day(value: object) -> date | None:
    try:
        return day(value, "performed")
    except MappingFault:
        return None


def _kva(concept: object) -> Iterable[str]:
    return (one.code.upper() for one in codings(concept) if one.system and is_kva_system(one.system))

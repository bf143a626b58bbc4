"""Searching Task: from FHIR parameters to a question to the worklist."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fhir_mapping.urls import Urls
from fhir_mapping.write.reko import BY_CODE, TABLE
from smart_app.routes import fhir_parameters as parameters
from smart_app.routes.fhir_faults import SearchRefused
from smart_app.routes.fhir_paging import DEFAULT_COUNT, MAX_COUNT, Question
from smart_app.routes.fhir_parameters import Asked
from smart_app.routes.fhir_types import TASK
from smart_app.store.owner import Owner
from smart_app.worklist.query import Sort, SortKey, WorklistQuery
from terminology.codes import system_name

STATUS_SYSTEM = "http://hl7.org/fhir/task-status"
_RESULT = frozenset({"_sort", "_count", "_include", "_total", "_summary"})
_STATUSES = frozenset(each.task for each in TABLE)
_SORTS: dict[str, SortKey] = {
    "rank": "rank",
    "due": "due",
    "status": "status",
    "business-status": "status",
    "owner": "owner",
    "_lastUpdated": "updated",
}
_PERSONS = ("PractitionerRole", "Practitioner")
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TaskSearch:
    """A search understood. `count_only`: the caller wants the number alone."""

    query: WorklistQuery
    includes: frozenset[str]
    with_total: bool
    count_only: bool


@dataclass(frozen=True, slots=True)
class Places:
    """What addresses and systems are taken for ours or the EHR's."""

    urls: Urls
    owner: Owner
    bases: tuple[str, ...]


def understood(asked: Question, places: Places, *, only: str | None) -> TaskSearch:
    """The search in our words.

    Args:
        only: the one patient that the caller may see; None = all of the unit.

    Raises:
        SearchRefused: naming the parameter that is unknown or not understood.
    """
    patients = frozenset({only}) if only else None
    query = WorklistQuery(offset=asked.offset, count=DEFAULT_COUNT, patients=patients)
    search = TaskSearch(query, _NOTHING, True, False)
    for each in parameters.asked(asked.pairs, TASK.names):
        search = _result(search, each) if each.name in _RESULT else replace(search, query=_filter(search, each, places))
    return search


def _result(search: TaskSearch, each: Asked) -> TaskSearch:
    match each.name:
        case "_count":
            count = parameters.whole_number(each, MAX_COUNT)
            return replace(search, query=replace(search.query, count=count), count_only=search.count_only or count == 0)
        case "_sort":
            return replace(search, query=replace(search.query, sort=tuple(_sort(part) for part in each.plain())))
        case "_include":
            wanted = {part.removesuffix(":CarePlan").removesuffix(":Patient") for part in each.plain()}
            wanted = set(TASK.includes) if "*" in wanted else wanted
            if not wanted <= set(TASK.includes):
                raise SearchRefused("_include", "not-supported")
            return replace(search, includes=search.includes | wanted)
        case "_total":
            if each.plain()[0] not in ("none", "estimate", "accurate"):
                raise SearchRefused("_total", "not-understood")
            return replace(search, with_total=each.values[0] != "none")
        case _:
            return replace(search, count_only=search.count_only or each.plain()[0] == "count")


def _sort(part: str) -> Sort:
    descending, name = part.startswith("-"), part.removeprefix("-")
    if name not in _SORTS:
        raise SearchRefused("_sort", "not-supported")
    return Sort(_SORTS[name], descending)


def _filter(search: TaskSearch, each: Asked, places: Places) -> WorklistQuery:
    query = search.query
    match each.name:
        case "_id":
            return replace(query, ids=_both(query.ids, frozenset(each.plain())))
        case "identifier":
            codes = parameters.codes(each, places.urls.identifier_system("task"))
            return replace(query, ids=_both(query.ids, codes))
        case "status":
            codes = parameters.codes(each, STATUS_SYSTEM, all_codes=_STATUSES)
            return replace(query, status=_both(query.status, codes))
        case "business-status":
            system = places.urls.code_system("reko-status")
            codes = parameters.codes(each, system, all_codes=frozenset(BY_CODE))
            return replace(query, business_status=_both(query.business_status, codes))
        case "patient":
            plain = each if each.modifier != "Patient" else replace(each, modifier=None)
            return replace(
                query, patients=_both(query.patients, parameters.references(plain, ("Patient",), places.bases))
            )
        case "owner" if each.modifier == "missing":
            return replace(query, assigned=not parameters.truth(each))
        case "owner":
            return replace(query, owners=_both(query.owners, parameters.references(each, _PERSONS, places.bases)))
        case "unit":
            return query if _is_own_unit(each, places.owner) else replace(query, ids=_NOTHING)
        case "code":
            codes = parameters.codes(each, places.urls.code_system("task"))
            return query if "follow-case" in codes else replace(query, ids=_NOTHING)
        case "due":
            return replace(query, due=(*query.due, parameters.days(each)))
        case _:
            raise SearchRefused(each.name, "unknown-parameter")


def _is_own_unit(each: Asked, owner: Owner) -> bool:
    if each.modifier not in (None, "identifier"):
        raise SearchRefused(f"{each.name}:{each.modifier}", "modifier-not-supported")
    for value in each.values:
        system, bar, code = value.strip().partition("|")
        if not bar:
            system, code = "", system
        if code.upper() == owner.care_unit.upper() and (not system or system_name(system) == "hsa"):
            return True
    return False


def _both(known: frozenset[str] | None, more: frozenset[str]) -> frozenset[str]:
    """A parameter given twice must hold twice."""
    return more if known is None else known & more

"""Search on the own store: criteria, chains, includes, order and pages' worth of matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import values
from .messages import FhirFault, Resource
from .parameters import Parameter, parameters
from .store import Store
from .types import RESOURCE_TYPES

DEFAULT_COUNT, MOST = 50, 500
_IGNORED = {"_format", "_pretty", "_total", "_elements"}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One `name[:modifier][.chain]=value` of a query; `wanted` are the values joined by OR."""

    name: str
    modifier: str
    chain: str
    wanted: tuple[str, ...]


@dataclass(slots=True)
class Query:
    type: str
    criteria: list[Criterion] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    revincludes: list[str] = field(default_factory=list)
    sort: list[str] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    count_only: bool = False


def parse_query(type_: str, pairs: Iterable[tuple[str, str]], *, lenient: bool = False) -> Query:
    """The query asked for on one type.

    Args:
        lenient: drop what is unknown instead of refusing it (Prefer: handling=lenient).

    Raises:
        FhirFault: 400 for an unknown parameter, modifier or value.
    """
    query = Query(type_)
    for name, value in pairs:
        if name in _IGNORED or not value:  # a parameter without a value asks for nothing
            continue
        if not _control(query, name, value):
            criterion = _criterion(name, value)
            if _known(type_, criterion):
                _check_dates(type_, criterion)
                query.criteria.append(criterion)
            elif not lenient:
                raise FhirFault(400, "not-supported", f"Unknown search parameter '{name[:60]}' for {type_}")
    return query


def _control(query: Query, name: str, value: str) -> bool:
    match name:
        case "_count":
            if not value.isdigit():
                raise FhirFault(400, "invalid", "_count is a number")
            query.count = min(int(value), MOST)
            query.count_only = query.count == 0
        case "_summary":
            query.count_only = value == "count"
        case "_sort":
            query.sort.extend(part for part in value.split(",") if part)
            for part in query.sort:
                if part.lstrip("-") not in parameters(query.type):
                    raise FhirFault(400, "not-supported", f"Cannot sort {query.type} by '{part[:60]}'")
        case "_include" | "_include:iterate":
            query.includes.append(_checked_include(value))
        case "_revinclude":
            query.revincludes.append(_checked_include(value))
        case _:
            return False
    return True


def _checked_include(value: str) -> str:
    type_, _, rest = value.partition(":")
    parameter = parameters(type_).get(rest.partition(":")[0])
    if parameter is None or parameter.kind != "reference":
        raise FhirFault(400, "not-supported", f"Unknown include '{value[:60]}'")
    return value


def _check_dates(type_: str, criterion: Criterion) -> None:
    if parameters(type_)[criterion.name].kind == "date" and criterion.modifier != "missing":
        for wanted in criterion.wanted:
            values.asked_span(wanted)


def _criterion(name: str, value: str) -> Criterion:
    head, _, chain = name.partition(".")
    plain, _, modifier = head.partition(":")
    wanted = tuple(part.replace("\0", ",") for part in value.replace("\\,", "\0").split(","))
    return Criterion(plain, modifier, chain, wanted)


def _known(type_: str, criterion: Criterion) -> bool:
    found = parameters(type_).get(criterion.name)
    if found is None:
        return False
    if criterion.chain:
        return found.kind == "reference"
    allowed = {"missing", "not"} if found.kind == "token" else {"missing"}
    if found.kind == "string":
        allowed |= {"exact", "contains"}
    if found.kind == "reference":
        allowed |= {"identifier", *RESOURCE_TYPES}
    return criterion.modifier == "" or criterion.modifier in allowed


def run(store: Store, query: Query, base: str) -> list[Resource]:
    """All matches in the order asked for."""
    found = [one for one in store.all_of(query.type) if all(meets(one, c, store, base) for c in query.criteria)]
    for part in reversed(query.sort):
        parameter = parameters(query.type)[part.lstrip("-")]
        found.sort(key=lambda one, p=parameter: values.sort_key(one, p.paths, p.kind), reverse=part.startswith("-"))  # type: ignore[misc]
    return found


def meets(resource: Resource, criterion: Criterion, store: Store | None, base: str) -> bool:
    """Whether one resource satisfies one criterion; chains need a store and fail without one."""
    parameter = parameters(str(resource.get("resourceType"))).get(criterion.name)
    if parameter is None:
        return False
    held = [value for path in parameter.paths for value in values.at(resource, path)]
    if criterion.modifier == "missing":
        return (not held) == (criterion.wanted[0] == "true")
    if criterion.chain:
        return store is not None and any(_chained(value, criterion, store, base) for value in held)
    hit = any(_one(value, wanted, parameter, criterion.modifier, base) for value in held for wanted in criterion.wanted)
    return not hit if criterion.modifier == "not" else hit


def _one(value: Any, wanted: str, parameter: Parameter, modifier: str, base: str) -> bool:
    match parameter.kind:
        case "token":
            return values.token_matches(value, wanted)
        case "date":
            return values.date_matches(value, wanted)
        case "string":
            return values.string_matches(value, wanted, modifier)
        case "uri":
            return bool(value == wanted)
        case "reference" if modifier == "identifier":
            return isinstance(value, dict) and values.token_matches(value.get("identifier"), wanted)
    return values.reference_matches(value, wanted, modifier or parameter.target, base)


def _chained(value: Any, criterion: Criterion, store: Store, base: str) -> bool:
    held = values.reference_of(value)
    type_, _, id_ = (held or "").removeprefix(f"{base}/").partition("/")
    if criterion.modifier and type_ != criterion.modifier:
        return False
    target = store.find(type_, id_)
    if target is None:
        return False
    inner = _criterion(criterion.chain, ",".join(part.replace(",", "\\,") for part in criterion.wanted))
    if not _known(type_, inner):
        return False
    return meets(target, inner, store, base)


def included(store: Store, query: Query, matches: Sequence[Resource], base: str) -> list[Resource]:
    """What `_include` and `_revinclude` add to these matches, each once, no match again."""
    seen = {(one["resourceType"], one["id"]) for one in matches}
    added: list[Resource] = []
    pending = list(matches)
    while pending:
        fresh = [
            one
            for source in pending
            for one in (*_forward(store, query, source, base), *_backward(store, query, source, base))
        ]
        pending = []
        for one in fresh:
            key = (one["resourceType"], one["id"])
            if key not in seen:
                seen.add(key)
                added.append(one)
                pending.append(one)
    return added


def _forward(store: Store, query: Query, source: Resource, base: str) -> Iterator[Resource]:
    for include in query.includes:
        type_, _, rest = include.partition(":")
        name, _, target = rest.partition(":")
        if type_ != source["resourceType"]:
            continue
        for path in parameters(type_)[name].paths:
            for value in values.at(source, path):
                held = (values.reference_of(value) or "").removeprefix(f"{base}/").partition("/")
                found = store.find(held[0], held[2])
                if found is not None and target in ("", held[0]):
                    yield found


def _backward(store: Store, query: Query, source: Resource, base: str) -> Iterator[Resource]:
    for include in query.revincludes:
        type_, _, name = include.partition(":")
        wanted = Criterion(name, "", "", (f"{source['resourceType']}/{source['id']}",))
        yield from (one for one in store.all_of(type_) if meets(one, wanted, store, base))

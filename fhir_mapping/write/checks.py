"""Last look at a resource before it may leave: structure by the models, the rest by our tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError

from fhir_mapping.errors import InvalidResource
from fhir_mapping.fhir_json import Json
from fhir_mapping.write.entry import WriteEntry
from fhir_mapping.write.tables import (
    ANYWHERE_CODES,
    BOOLEAN_ELEMENTS,
    MODULES,
    NEEDED,
    NUMBER_ELEMENTS,
    REQUIRED_CODES,
    model,
    reference_types,
)

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LITERAL = re.compile(r"(?:https?://\S+/)?(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]+)?")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_COORDINATION_CODE = "GC001"
_COORDINATION = (
    "coordination-contact",
    "coordination-mode",
    "coordination-counterparty",
    "coordination-registrar-role",
)

Types = Mapping[str, str]
Objects = Iterable[tuple[str, str, Json]]
"""(path without indices, path with them, object)."""


def check(resource: Json, types: Types | None = None) -> None:
    """See that a resource we built is one that an R4 server accepts and that says what it must.

    Args:
        resource: FHIR JSON of a type that we write.
        types: resource type by full url of the other entries, so that links between them are checked too.

    Raises:
        InvalidResource: the first thing found wrong; never holds a value of the patient's.
    """
    kind = resource.get("resourceType")
    if kind not in MODULES:
        raise InvalidResource("resourceType", "not a type that we write")
    for needed in NEEDED.get(kind, ()):
        if needed not in resource:
            raise InvalidResource(f"{kind}.{needed}", "missing")
    contained = _contained(resource)
    objects: list[tuple[str, str, Json]] = []
    for path, place, value in _walk(resource, kind):
        _check_value(path, place, value)
        if isinstance(value, dict):
            objects.append((path, place, value))
            if _is_reference(value):
                _check_reference(path, place, value, contained, types)
    _all_used(objects, contained)
    if kind in _INVARIANTS:
        _INVARIANTS[kind](resource)
    _periods(objects)
    _extensions(objects)
    _validate(resource, kind)


def check_entries(entries: Iterable[WriteEntry]) -> None:
    """`check` for everything of one write, links between them included."""
    everything = list(entries)
    types = {entry.full_url: entry.type for entry in everything}
    for entry in everything:
        check(entry.resource, types)


def _validate(resource: Json, kind: str) -> None:
    try:
        model(kind).model_validate(resource)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        raise InvalidResource(".".join([kind, *map(str, first["loc"])]), str(first["type"])) from None
    except KeyError as wrong:  # the models answer so to an unknown type inside
        raise InvalidResource(kind, "unknown resource type inside") from wrong


def _contained(resource: Json) -> dict[str, str]:
    """Type by "#id"; sees that they are well-formed, single and not nested (dom-2)."""
    found: dict[str, str] = {}
    inner = resource.get("contained", [])
    for number, each in enumerate(inner if isinstance(inner, list) else []):
        path = f"contained[{number}]"
        id_ = each.get("id") if isinstance(each, dict) else None
        if not isinstance(id_, str) or not _ID.fullmatch(id_):
            raise InvalidResource(f"{path}.id", "not a valid id")
        if "contained" in each:
            raise InvalidResource(path, "dom-2: contained inside contained")
        if f"#{id_}" in found:
            raise InvalidResource(f"{path}.id", "used twice")
        found[f"#{id_}"] = str(each.get("resourceType"))
    return found


def _all_used(objects: Objects, contained: Types) -> None:
    used = {value.get("reference") for _, _, value in objects if _is_reference(value)}
    for id_ in contained:
        if id_ not in used:
            raise InvalidResource(f"contained {id_}", "dom-3: nothing refers to it")


def _is_reference(value: Json) -> bool:
    """CarePlan.activity too has an element called reference; that one holds an object."""
    return not isinstance(value.get("reference"), dict)


def _walk(value: object, root: str) -> Iterator[tuple[str, str, object]]:
    """(path without indices, path with them, value) of everything inside; a contained resource starts a new path."""
    stack: list[tuple[str, str, object]] = [(root, root, value)]
    while stack:
        path, place, here = stack.pop()
        if path != root or here is not value:
            yield path, place, here
        if isinstance(here, dict):
            for key, inner in here.items():
                stack.append((f"{path}.{key}", f"{place}.{key}", inner))
        elif isinstance(here, list):
            for number, inner in enumerate(here):
                own = path
                if path.endswith(".contained") and isinstance(inner, dict):
                    own = str(inner.get("resourceType"))
                stack.append((own, f"{place}[{number}]", inner))


def _check_value(path: str, place: str, value: object) -> None:
    if value is None or value in ({}, []) or (isinstance(value, str) and not value.strip()):
        raise InvalidResource(place, "empty")
    name = path.rpartition(".")[2]
    if isinstance(value, list | dict):
        return
    if name in NUMBER_ELEMENTS and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InvalidResource(place, "must be a number")
    if name in BOOLEAN_ELEMENTS and not isinstance(value, bool):
        raise InvalidResource(place, "must be true or false")
    if isinstance(value, float) and value != value:
        raise InvalidResource(place, "not a number")
    allowed = _allowed(path)
    if allowed is not None and value not in allowed:
        raise InvalidResource(place, "code outside its required value set")


@lru_cache(maxsize=1024)
def _allowed(path: str) -> frozenset[str] | None:
    return REQUIRED_CODES.get(path) or next(
        (codes for tail, codes in ANYWHERE_CODES.items() if path.endswith("." + tail)), None
    )


def _check_reference(path: str, place: str, value: Json, contained: Types, types: Types | None) -> None:
    pointed, said = value.get("reference"), value.get("type")
    owner = path.partition(".")[0]
    allowed = reference_types(owner).get(path) if owner in MODULES else None
    if pointed is None:
        if allowed is not None and "identifier" not in value and "display" not in value:
            raise InvalidResource(place, "points to nothing")
        kind = said
    elif not isinstance(pointed, str):
        raise InvalidResource(f"{place}.reference", "must be text")
    elif pointed.startswith("#"):
        if pointed not in contained:
            raise InvalidResource(f"{place}.reference", "ref-1: no such contained resource")
        kind = contained[pointed]
    elif _URN.fullmatch(pointed):
        kind = types.get(pointed, said) if types else said
        if types is not None and pointed not in types:
            raise InvalidResource(f"{place}.reference", "no entry has this full url")
    else:
        literal = _LITERAL.fullmatch(pointed)
        if literal is None:
            raise InvalidResource(f"{place}.reference", "not a reference")
        kind = literal["type"]
    if kind is not None and allowed is not None and "Resource" not in allowed and kind not in allowed:
        raise InvalidResource(f"{place}.reference", f"may not point to {kind}")


def _cpl3(plan: Json) -> None:
    for number, activity in enumerate(plan.get("activity", [])):
        if ("detail" in activity) == ("reference" in activity):
            raise InvalidResource(f"CarePlan.activity[{number}]", "cpl-3: detail or reference, never both or none")


def _ras2(assessment: Json) -> None:
    for number, prediction in enumerate(assessment.get("prediction", [])):
        value = prediction.get("probabilityDecimal")
        if value is not None and not 0 <= value <= 100:
            raise InvalidResource(f"RiskAssessment.prediction[{number}]", "ras-2: percent lies between 0 and 100")
        if value is not None and abs(value * 10 - round(value * 10)) > 1e-6:
            raise InvalidResource(f"RiskAssessment.prediction[{number}]", "percent has one decimal")
        if "whenRange" in prediction:
            raise InvalidResource(f"RiskAssessment.prediction[{number}]", "whenRange means age: use whenPeriod")


def _task_times(task: Json) -> None:
    authored, modified = task.get("authoredOn"), task.get("lastModified")
    if authored and modified and _moment(modified) < _moment(authored):
        raise InvalidResource("Task.lastModified", "inv-1: before authoredOn")


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _periods(objects: Objects) -> None:
    """per-1, by the text when both ends are days or both are instants with the same offset."""
    for _, place, value in objects:
        if "start" in value and "end" in value:
            start, end = str(value["start"]), str(value["end"])
            if start[:10] > end[:10]:
                raise InvalidResource(place, "per-1: ends before it starts")


def _extensions(objects: Objects) -> None:
    for path, place, value in objects:
        if path.endswith(".extension"):
            values = [key for key in value if key.startswith("value")]
            if bool(values) == ("extension" in value) or len(values) > 1 or "url" not in value:
                raise InvalidResource(place, "ext-1: a url, and either one value or extensions")


def _coordination(procedure: Json) -> None:
    codes = {c.get("code") for c in procedure.get("code", {}).get("coding", [])}
    said = {str(e.get("url")).rpartition("/")[2] for e in procedure.get("extension", [])}
    missing = [name for name in _COORDINATION if name not in said]
    if (_COORDINATION_CODE in codes or said & set(_COORDINATION)) and missing:
        raise InvalidResource("Procedure.extension", f"coordination without {missing[0]}")


def _tagged(provenance: Json) -> None:
    if not any(tag.get("system") and tag.get("code") for tag in provenance["meta"].get("tag", [])):
        raise InvalidResource("Provenance.meta.tag", "missing: nothing else makes it recognisable")


_INVARIANTS: dict[str, Callable[[Json], None]] = {
    "CarePlan": _cpl3,
    "RiskAssessment": _ras2,
    "Task": _task_times,
    "Procedure": _coordination,
    "Provenance": _tagged,
}

"""Question 32 of FK 7804: degrees of reduced work capacity over time, however the sender nested them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import Json, answer_value, as_coding, dicts, text, walk_items
from fhir_mapping.read.certificate_codes import degree_of, degree_of_number
from fhir_mapping.read.dates import day
from risk.case import DegreePeriod

GROUP, DEGREE, PERIOD, START, END = "32", "32.1", "32.2", "32.2.start", "32.2.end"
LONGEST_DAYS = 3 * 366
"""A longer period is told as odd; it is used all the same."""

Remark = Callable[[str, str], None]


@dataclass(slots=True)
class _Row:
    degree: object = None
    start: object = None
    end: object = None
    has_degree: bool = False
    has_start: bool = False
    has_end: bool = False


def read_periods(
    response: Json, items: Mapping[str, list[Json]], remark: Remark, where: str
) -> tuple[DegreePeriod, ...]:
    """Periods in order of their start, at least one.

    A period that cannot be used is told by `remark`; an unknown degree leaves the period with degree None.

    Raises:
        MappingFault: no usable period; the reason is that of the last unusable one, or "no-period".
    """
    periods: list[DegreePeriod] = []
    last = MappingFault(f"{where}: {GROUP}", "no-period")
    for row in _rows(response, items):
        try:
            periods.append(_period(row, remark, where))
        except MappingFault as fault:
            last = fault
            remark(fault.path.removeprefix(f"{where}: "), fault.reason)
    if not periods:
        raise last
    periods.sort(key=lambda p: (p.since, p.until, -(p.degree or 0)))
    if any(later.since <= earlier.until for earlier, later in pairwise(periods)):
        remark(GROUP, "overlapping-periods")
    return tuple(periods)


def _rows(response: Json, items: Mapping[str, list[Json]]) -> Iterator[_Row]:
    """Rows of each group "32" by itself, then whatever answers of the question stand outside one."""
    inside: set[int] = set()
    for group in items.get(GROUP, []):
        parts = list(walk_items({"item": [group]}))
        inside.update(map(id, parts))
        yield from _rows_of(parts)
    loose = [i for link in (DEGREE, PERIOD, START, END) for i in items.get(link, []) if id(i) not in inside]
    if loose:
        outside = {id(i) for i in loose}
        yield from _rows_of([i for i in walk_items(response) if id(i) in outside])


def _events(parts: list[Json]) -> Iterator[tuple[str, object]]:
    for item in parts:
        link = item.get("linkId")
        if link not in (DEGREE, PERIOD, START, END):
            continue
        for answer in dicts(item.get("answer")):
            value: Any = answer_value(answer)
            if link == PERIOD:
                if isinstance(value, dict):
                    yield START, value.get("start")
                    yield END, value.get("end")
            else:
                yield str(link), value


def _rows_of(parts: list[Json]) -> list[_Row]:
    """Equally many degrees, starts and ends are paired in order; else a row ends where a field comes again."""
    events = list(_events(parts))
    degrees, starts, ends = ([v for name, v in events if name == link] for link in (DEGREE, START, END))
    if len(degrees) == len(starts) == len(ends):
        return [_Row(*each, True, True, True) for each in zip(degrees, starts, ends, strict=True)]
    rows = [_Row()]
    for name, value in events:
        attribute = {DEGREE: "degree", START: "start", END: "end"}[name]
        if getattr(rows[-1], f"has_{attribute}"):
            rows.append(_Row())
        setattr(rows[-1], attribute, value)
        setattr(rows[-1], f"has_{attribute}", True)
    return rows


def _period(row: _Row, remark: Remark, where: str) -> DegreePeriod:
    since, until = _date(row.start, START, where), _date(row.end, END, where)
    if until < since:
        raise MappingFault(f"{where}: {END}", "reversed-period")
    if (until - since).days > LONGEST_DAYS:
        remark(PERIOD, "very-long-period")
    degree = _degree(row.degree)
    if degree is None:
        remark(DEGREE, "unknown-degree" if row.degree is not None else "missing-degree")
    return DegreePeriod(since, until, degree)


def _date(value: object, link: str, where: str) -> date:
    found = day(value, f"{where}: {link}")
    if found is None:
        raise MappingFault(f"{where}: {link}", "missing-start" if link == START else "missing-end")
    return found


def _degree(value: object) -> float | None:
    """From a coding (code, else display), a word, a percentage, a number or a quantity."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return degree_of_number(value)
    if isinstance(value, str):
        return degree_of(value)
    if isinstance(value, dict):
        if isinstance(value.get("value"), int | float):
            return degree_of_number(value["value"])
        for part in dicts(value.get("coding")) or [value]:
            coding = as_coding(part)
            known = degree_of(coding.code) if coding else None
            known = known or degree_of((coding and coding.display) or text(part.get("display")) or "")
            if known:
                return known
    return None

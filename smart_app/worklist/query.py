"""What is asked of the worklist, and how an answer looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from smart_app.worklist.display import Display
from smart_app.worklist.tables import TaskRow

SortKey = Literal["rank", "due", "day", "risk", "until", "patient", "diagnosis", "status", "owner", "updated"]
MAX_COUNT = 200


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both ends included; None = no limit on that side."""

    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key. "risk" without descending puts the highest share last; rows without a value always stand last."""

    key: SortKey
    descending: bool = False


@dataclass(frozen=True, slots=True)
class WorklistQuery:
    """Filters of the worklist. None = not filtered; an empty set matches nothing.

    Attributes:
        ids: task ids.
        status, business_status: Task.status values; REKO codes.
        owners: references of persons that have taken the task over.
        assigned: True = only tasks of a person, False = only those of the unit as a whole.
        patients: "Patient/id" as at the EHR.
        diagnoses: beginnings of ICD-10-SE codes without dot; any of them.
        due: every element must hold; within one element any of its ranges.
        groups: rank groups; bands: risk bands; plan_states: "none", "draft", "active".
        day_from, day_until: day of the case as computed, both included.
        ongoing: True = the certificate covered the day the row was computed for.
        ended_before: a day; with `ended` True only cases whose last covered day lies before it, with False only others.
        text: part of a name, personal number or diagnosis, upper and lower case alike.
        sort: in order; the task's id settles what is left.
    """

    ids: frozenset[str] | None = None
    status: frozenset[str] | None = None
    business_status: frozenset[str] | None = None
    owners: frozenset[str] | None = None
    assigned: bool | None = None
    patients: frozenset[str] | None = None
    diagnoses: frozenset[str] | None = None
    due: tuple[tuple[Days, ...], ...] = ()
    groups: frozenset[str] | None = None
    bands: frozenset[str] | None = None
    plan_states: frozenset[str] | None = None
    day_from: int | None = None
    day_until: int | None = None
    ongoing: bool | None = None
    ended: bool | None = None
    ended_before: date | None = None
    text: str | None = None
    sort: tuple[Sort, ...] = (Sort("rank"),)
    offset: int = 0
    count: int = 50


@dataclass(frozen=True, slots=True)
class WorklistEntry:
    """One row with its person. `display` is opened also for protected identities; pages mask it by `task.protected`."""

    task: TaskRow
    display: Display


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of an answer; `next_offset` is None on the last page."""

    rows: tuple[WorklistEntry, ...]
    total: int
    next_offset: int | None

"""The REKO statuses: their texts, the Task.status that follows, and which moves are allowed (data: reko.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from smart_app.worklist.errors import IllegalMove, UnknownStatus

START = "REKO_1"


@dataclass(frozen=True, slots=True)
class RekoStatus:
    """One value of the coordinator's status; `next` are the codes it may go to."""

    code: str
    sv: str
    en: str
    task_status: str
    next: tuple[str, ...]


@cache
def statuses() -> dict[str, RekoStatus]:
    """All REKO statuses by code, in order."""
    data = tomllib.loads(files("smart_app.worklist").joinpath("reko.toml").read_text(encoding="utf-8"))
    return {
        code: RekoStatus(code, row["sv"], row["en"], row["task_status"], tuple(row["next"]))
        for code, row in data.items()
    }


def status_of(code: str) -> RekoStatus:
    """The status with that code. Raises UnknownStatus."""
    found = statuses().get(code)
    if found is None:
        raise UnknownStatus(code)
    return found


def move(before: str, after: str) -> RekoStatus:
    """The status `after`, when a task at `before` may go there; staying is always allowed.

    Raises:
        UnknownStatus: one of them is no REKO status.
        IllegalMove: that step is not allowed.

    >>> move("REKO_1", "REKO_2").task_status
    'accepted'
    """
    target = status_of(after)
    if after != before and after not in status_of(before).next:
        raise IllegalMove(before, after)
    return target


def for_task_status(task_status: str) -> RekoStatus | None:
    """The REKO status meant by a client that only knows Task.status: the first with it; None when none has it.

    >>> for_task_status("in-progress").code
    'REKO_3'
    """
    return next((each for each in statuses().values() if each.task_status == task_status), None)


def open_statuses() -> frozenset[str]:
    """Task.status values of work that is not ended."""
    return frozenset({"requested", "accepted", "in-progress", "on-hold"})

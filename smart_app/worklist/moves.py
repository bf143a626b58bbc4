"""Which moves of the REKO status are allowed (moves.toml), and what a client means that only knows Task.status."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from fhir_mapping.write.reko import BY_CODE, TABLE, Reko
from smart_app.worklist.errors import IllegalMove, UnknownStatus

START = "REKO_1"
ENDED = "REKO_5"
OPEN = frozenset({"requested", "accepted", "in-progress", "on-hold"})
"""Task.status values of work that has not ended."""


@cache
def moves() -> dict[str, frozenset[str]]:
    """The codes that may follow each REKO code."""
    data = tomllib.loads(files("smart_app.worklist").joinpath("moves.toml").read_text(encoding="utf-8"))
    return {code: frozenset(after) for code, after in data.items()}


def move(before: str, after: str) -> Reko:
    """The status `after`, when a task at `before` may go there; staying is always allowed.

    Raises:
        UnknownStatus: one of them is no REKO status.
        IllegalMove: that step is not allowed.

    >>> move("REKO_1", "REKO_2").task
    'accepted'
    """
    for code in (before, after):
        if code not in BY_CODE:
            raise UnknownStatus(code)
    if after != before and after not in moves()[before]:
        raise IllegalMove(before, after)
    return BY_CODE[after]


def for_task_status(task_status: str) -> Reko | None:
    """The REKO status meant by a client that only knows Task.status: the first with it; None when none has it.

    >>> for_task_status("in-progress").code
    'REKO_3'
    """
    return next((each for each in TABLE if each.task == task_status), None)

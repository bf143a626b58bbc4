"""The process may die at any line of a delivery: nothing is lost, nothing doubled.

What dies with the process is its memory. Lines between which nothing reaches the database or the EHR are therefore one
moment, and one death in each of these moments, also in each turn of a loop, stands for all lines.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import event

from smart_app.outbox import attempt, claim, deliver, settle, step_down, written
from smart_app.outbox.claim import LEASE
from tests.outbox_desk import Desk, Ids, assessment_write, entry

WATCHED = {module.__file__ for module in (attempt, claim, deliver, settle, step_down, written)}


class Death(BaseException):
    """The process ends here."""


@contextmanager
def watching(desk: Desk, reached: Callable[[int], None]) -> Iterator[None]:
    """Calls `reached` before each line of a delivery runs, with how often database and EHR were reached before it."""
    commits, asked = [0], len(desk.ehr.asked)

    def commit(_: Any) -> None:
        commits[0] += 1

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            reached(commits[0] + len(desk.ehr.asked) - asked)
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename in WATCHED else None

    event.listen(desk.store.engine, "commit", commit)
    threading.settrace(call)
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
        event.remove(desk.store.engine, "commit", commit)


def moments(desk: Desk) -> range:
    """Every moment of one delivery: before anything is reached, after the first that is, and so on."""
    seen: list[int] = []
    desk.abilities = None
    with watching(desk, seen.append):
        desk.deliver()
    return range(max(seen) + 1)


def die_at(desk: Desk, moment: int) -> None:
    """A delivery that ends in that moment; then the lease runs out and another worker comes."""
    died: list[int] = []

    def reached(now: int) -> None:
        if now >= moment and not died:
            died.append(now)
            raise Death

    desk.abilities = None  # a process of its own, with nothing in its memory
    try:
        with watching(desk, reached):
            desk.deliver()
    except BaseException:
        if not died:
            raise
    assert died
    desk.abilities = None
    desk.wait(seconds=LEASE.total_seconds() + 1)
    desk.deliver(worker="next")


def test_death_at_any_line_while_creating(desk: Desk) -> None:
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    all_of_them = moments(desk)
    assert len(all_of_them) >= 5
    for moment in all_of_them:
        desk.ehr.forget_everything()
        desk.put_in(desk.new_case(), *assessment_write(Ids()))
        die_at(desk, moment)

        assert desk.counts() == {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}, moment
        assert (desk.versions("CarePlan"), desk.versions("Task")) == (1, 1), moment


def test_death_at_any_line_while_changing(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    desk.put_in(case, entry("task", ids.task, status="requested", description="0"))
    for number, moment in enumerate(moments(desk), start=1):
        desk.put_in(case, entry("task", ids.task, status="requested", description=f"{number}"))
        die_at(desk, moment)

        assert desk.ehr.only("Task")["description"] == f"{number}", moment
        assert desk.versions("Task") == number + 2, moment


PUTS = {"transactions": False}
PAPER = {"transactions": False, "own_ids": False, "documents": True}
REFUSED = {"refuses": {"transaction": (405, None)}}
CROSSING = {"refuses": {"transaction": (405, None), "Task": (405, None)}, "documents": True}
HALF_AND_PAPER = {"RiskAssessment": 1, "CarePlan": 1, "DocumentReference": 1}
REFUSED_TYPE = {"refuses": {"Task": (422, "not-supported")}, "documents": True}
ONE_OF_EACH = {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}


@pytest.mark.parametrize(
    ("manners", "standing"),
    [
        (PUTS, ONE_OF_EACH),
        (PAPER, {"DocumentReference": 1}),
        (REFUSED, ONE_OF_EACH),
        (REFUSED_TYPE, {"DocumentReference": 1}),
        (CROSSING, HALF_AND_PAPER),
    ],
    ids=["put", "document", "stepped-down-to-put", "stepped-down-to-document", "from-puts-to-document"],
)
def test_death_at_any_line_of_the_lower_steps(desk: Desk, manners: dict[str, Any], standing: dict[str, int]) -> None:
    for name, value in manners.items():
        setattr(desk.ehr, name, value)
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    for moment in moments(desk):
        desk.ehr.forget_everything()
        desk.wait(hours=25)  # what was learned is forgotten too
        desk.put_in(desk.new_case(), *assessment_write(Ids()))
        die_at(desk, moment)

        found = {kind: len(desk.ehr.all(kind)) for kind in (*ONE_OF_EACH, "DocumentReference")}
        assert {kind: count for kind, count in found.items() if count} == standing, moment
        assert {desk.versions(kind) for kind in standing} == {1}, moment

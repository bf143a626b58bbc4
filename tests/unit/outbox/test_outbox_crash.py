"""The process may die at any line of a delivery: nothing is lost, nothing doubled."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from smart_app.outbox import attempt, claim, deliver, settle, step_down, written
from smart_app.outbox.claim import LEASE
from tests.outbox_desk import Desk, Ids, assessment_write, entry

WATCHED = {module.__file__ for module in (attempt, claim, deliver, settle, step_down, written)}
Place = tuple[str, int]


class Death(BaseException):
    """The process ends here."""


@contextmanager
def watching(reached: Callable[[Place], None]) -> Iterator[None]:
    """Calls `reached` before each line of a delivery runs, in whatever thread."""

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            reached((frame.f_code.co_filename, frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename in WATCHED else None

    threading.settrace(call)
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]


def places(desk: Desk) -> list[Place]:
    """Every line that one delivery runs."""
    seen: dict[Place, None] = {}
    with watching(lambda place: seen.setdefault(place)):
        desk.deliver()
    return list(seen)


def die_at(desk: Desk, place: Place) -> None:
    """A delivery that ends at that line; then the lease runs out and another worker comes."""
    died: list[Place] = []

    def reached(here: Place) -> None:
        if here == place and not died:
            died.append(here)
            raise Death

    try:
        with watching(reached):
            desk.deliver()
    except BaseException:
        if not died:
            raise
    assert died
    desk.wait(seconds=LEASE.total_seconds() + 1)
    desk.deliver(worker="next")


def test_death_at_any_line_while_creating(desk: Desk) -> None:
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    lines = places(desk)
    assert len(lines) > 100
    for place in lines:
        desk.ehr.forget_everything()
        desk.put_in(desk.new_case(), *assessment_write(Ids()))
        die_at(desk, place)

        assert desk.counts() == {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}, place
        assert (desk.versions("CarePlan"), desk.versions("Task")) == (1, 1), place


def test_death_at_any_further_line_while_changing(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    usual = set(places(desk))
    desk.put_in(case, entry("task", ids.task, status="requested", description="0"))
    further = [place for place in places(desk) if place not in usual]
    assert len(further) > 8
    for number, place in enumerate(further, start=1):
        desk.put_in(case, entry("task", ids.task, status="requested", description=f"{number}"))
        die_at(desk, place)

        assert desk.ehr.only("Task")["description"] == f"{number}", place
        assert desk.versions("Task") == number + 2, place


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
def test_death_at_any_further_line_of_the_lower_steps(
    desk: Desk, manners: dict[str, Any], standing: dict[str, int]
) -> None:
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    usual = set(places(desk))
    for name, value in manners.items():
        setattr(desk.ehr, name, value)
    desk.wait(minutes=11)
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    further = [place for place in places(desk) if place not in usual]
    assert len(further) > 8
    for place in further:
        desk.ehr.forget_everything()
        desk.wait(hours=25)  # what was learned is forgotten too
        desk.put_in(desk.new_case(), *assessment_write(Ids()))
        die_at(desk, place)

        found = {kind: len(desk.ehr.all(kind)) for kind in (*ONE_OF_EACH, "DocumentReference")}
        assert {kind: count for kind, count in found.items() if count} == standing, place
        assert {desk.versions(kind) for kind in standing} == {1}, place

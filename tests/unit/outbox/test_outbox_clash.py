"""Somebody else changes the same plan or task at the EHR: nobody's work is lost."""

from __future__ import annotations

import pytest

from smart_app.outbox.faults import Fault
from tests.outbox_desk import Desk, Ids, assessment_write, entry


@pytest.fixture
def case_at_ehr(desk: Desk) -> tuple[str, Ids]:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids, plan_status="active"))
    desk.deliver()
    return case, ids


@pytest.mark.parametrize("status", [409, 412])
def test_a_stale_version_is_read_again_and_written_over(desk: Desk, case_at_ehr: tuple[str, Ids], status: int) -> None:
    case, ids = case_at_ehr
    desk.ehr.clash_status = status
    desk.ehr.change("CarePlan", note=[{"text": "ringt arbetsgivaren"}])
    desk.put_in(case, *assessment_write(ids, plan_status="active", title="Ny plan"))

    assert desk.deliver().delivered == 1
    plan = desk.ehr.only("CarePlan")
    assert (plan["title"], plan["note"]) == ("Ny plan", [{"text": "ringt arbetsgivaren"}])
    assert desk.versions("CarePlan") == 3


@pytest.mark.parametrize(
    ("theirs", "ours", "stays"),
    [
        ("completed", "active", "completed"),
        ("revoked", "active", "revoked"),
        ("on-hold", "active", "on-hold"),
        ("draft", "active", "active"),
        ("active", "completed", "completed"),
    ],
)
def test_a_plan_status_that_is_further_on_stays(
    desk: Desk, case_at_ehr: tuple[str, Ids], theirs: str, ours: str, stays: str
) -> None:
    case, ids = case_at_ehr
    desk.ehr.change("CarePlan", status=theirs)
    desk.put_in(case, *assessment_write(ids, plan_status=ours))
    desk.deliver()

    assert desk.ehr.only("CarePlan")["status"] == stays


def test_a_task_that_somebody_has_taken_over_stays_theirs(desk: Desk, case_at_ehr: tuple[str, Ids]) -> None:
    case, ids = case_at_ehr
    note = [{"authorReference": {"reference": "PractitionerRole/7"}, "text": "ringer på tisdag"}]
    desk.ehr.change("Task", status="in-progress", owner={"reference": "PractitionerRole/7"}, note=note)
    desk.put_in(case, entry("task", ids.task, status="requested", owner={"reference": "Organization/1"}))
    desk.deliver()

    task = desk.ehr.only("Task")
    assert (task["status"], task["owner"]) == ("in-progress", {"reference": "PractitionerRole/7"})
    assert task["note"] == note


def test_an_activity_done_at_the_ehr_stays_done(desk: Desk, case_at_ehr: tuple[str, Ids]) -> None:
    case, ids = case_at_ehr
    code = {"coding": [{"system": "urn:oid:1.2.752.116.1.3.2.1.4", "code": "GB009"}]}
    desk.ehr.change(
        "CarePlan", activity=[{"detail": {"code": code, "status": "completed"}, "progress": [{"text": "ok"}]}]
    )
    plan = entry(
        "plan",
        ids.plan,
        status="active",
        activity=[{"detail": {"code": code, "status": "scheduled", "description": "ny text"}}],
    )
    desk.put_in(case, plan)
    desk.deliver()

    (activity,) = desk.ehr.only("CarePlan")["activity"]
    assert (activity["detail"]["status"], activity["detail"]["description"]) == ("completed", "ny text")
    assert activity["progress"] == [{"text": "ok"}]


def test_a_plan_that_changes_every_time_is_tried_later_and_given_up_in_the_end(
    desk: Desk, case_at_ehr: tuple[str, Ids]
) -> None:
    case, ids = case_at_ehr
    number = desk.put_in(case, entry("plan", ids.plan, status="active", title="Ny plan"))
    desk.ehr.before_transaction = lambda: desk.ehr.change("CarePlan", title="hela tiden annat")
    for _ in range(20):
        desk.deliver()
        desk.wait(hours=1)

    row = desk.row(number)
    assert (row.state, row.fault, row.in_doubt) == ("parked", Fault.VERSION_CLASH.value, False)


def test_one_clash_holds_back_the_whole_write(desk: Desk, case_at_ehr: tuple[str, Ids]) -> None:
    case, ids = case_at_ehr
    desk.ehr.before_transaction = lambda: desk.ehr.change("CarePlan", title="annat")
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task)))
    desk.deliver()

    assert len(desk.ehr.all("RiskAssessment")) == 1

"""One write, delivered: everything stands at the EHR once, whatever goes wrong on the way."""

from __future__ import annotations

import pytest

from smart_app.outbox.faults import Fault
from smart_app.sealing import Sealer
from tests.fake_ehr import Trouble
from tests.outbox_desk import Desk, Ids, assessment_write, entry, new_uuid, provenance

ONE_OF_EACH = {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}


def test_a_write_stands_at_the_ehr_and_its_content_is_erased_here(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))

    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    plan = desk.ehr.only("CarePlan")
    assert plan["supportingInfo"] == [{"reference": f"RiskAssessment/{desk.ehr.only('RiskAssessment')['id']}"}]
    row = desk.row(number)
    assert (row.state, row.payload, row.digest, row.in_doubt) == ("delivered", None, None, False)


def test_the_content_waiting_cannot_be_read_in_the_database(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids(), title="Plan för Tolvan Tolvansson"))

    assert "Tolvan" not in (desk.row(number).payload or "")


def test_the_same_assessment_a_hundred_times_is_one_of_each(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    for _ in range(100):
        desk.put_in(case, *assessment_write(ids))
        desk.deliver()

    assert desk.counts() == ONE_OF_EACH


def test_put_in_a_hundred_times_before_any_delivery_is_one_entry(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()

    assert len({desk.put_in(case, *assessment_write(ids)) for _ in range(100)}) == 1


def test_going_back_to_an_earlier_content_is_a_write_of_its_own(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    for title in ("A", "B", "A"):
        desk.put_in(case, *assessment_write(ids, title=title))
    desk.deliver()

    assert desk.ehr.only("CarePlan")["title"] == "A"
    assert desk.versions("CarePlan") == 3


def test_the_same_content_waiting_under_an_older_key_is_put_in_once(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    first = desk.put_in(case, *assessment_write(ids))
    desk.sealer = Sealer([b"another-key-of-at-least-32-bytes", b"0123456789abcdef0123456789abcdef"])
    assert desk.put_in(case, *assessment_write(ids)) == first
    assert desk.deliver().delivered == 1


def test_the_same_content_after_a_refusal_is_sent_again(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.ehr.troubles = [Trouble("before", status=422)]
    desk.deliver()
    desk.put_in(case, *assessment_write(ids))

    assert desk.deliver().delivered == 1


def test_a_new_certificate_is_a_second_assessment_and_a_new_version_of_plan_and_task(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    newer = Ids(plan=ids.plan, task=ids.task)
    desk.put_in(case, *assessment_write(newer, plan_status="active"))
    desk.deliver()

    assert desk.counts() == {"RiskAssessment": 2, "CarePlan": 1, "Task": 1, "Provenance": 2}
    assert (desk.versions("CarePlan"), desk.versions("Task")) == (2, 2)
    assert desk.ehr.only("CarePlan")["status"] == "active"


def test_two_contacts_on_one_day_are_two_procedures(desk: Desk) -> None:
    case = desk.new_case()
    for _ in range(2):
        contact = entry("procedure", new_uuid(), status="completed", code={"text": "GB009"})
        desk.put_in(case, contact, provenance(new_uuid(), contact))
    desk.deliver()

    assert desk.counts() == {"Procedure": 2, "Provenance": 2}


def test_a_later_write_may_refer_by_urn_to_what_an_earlier_one_wrote(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.put_in(case, entry("task", ids.task, status="in-progress", focus={"reference": f"urn:uuid:{ids.plan}"}))
    desk.deliver()

    assert desk.ehr.only("Task")["focus"] == {"reference": f"CarePlan/{desk.ehr.only('CarePlan')['id']}"}
    assert desk.ehr.only("Task")["status"] == "in-progress"


@pytest.mark.parametrize(
    ("trouble", "fault", "in_doubt"),
    [
        (Trouble("before"), Fault.UNREACHABLE, False),
        (Trouble("before", status=429), Fault.BUSY, False),
        (Trouble("before", status=503), Fault.BUSY, True),
        (Trouble("before", status=500), Fault.UNCLEAR, True),
        (Trouble("after"), Fault.UNCLEAR, True),
        (Trouble("after", status=502), Fault.UNCLEAR, True),
        (Trouble("after", status=503), Fault.BUSY, True),
        (Trouble("after", unreadable=True), Fault.UNCLEAR, True),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
def test_after_trouble_it_is_tried_again_and_nothing_is_doubled(
    desk: Desk, trouble: Trouble, fault: Fault, in_doubt: bool
) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [trouble]

    assert desk.deliver().waiting == 1
    row = desk.row(number)
    assert (row.fault, row.in_doubt, row.state) == (fault.value, in_doubt, "waiting")
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    assert (desk.versions("CarePlan"), desk.versions("Task")) == (1, 1)


def test_after_an_unclear_answer_the_identifiers_are_looked_up_before_anything_is_sent(desk: Desk) -> None:
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [Trouble("after")]
    desk.deliver()
    desk.ehr.asked.clear()
    desk.wait(minutes=5)
    desk.deliver()

    assert desk.ehr.asked == ["POST RiskAssessment", "POST CarePlan", "POST Task", "POST Provenance"]


def test_an_unclear_change_that_was_not_made_is_made(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), title="Ny plan"))
    desk.ehr.troubles = [Trouble("before", status=504)]
    desk.deliver()
    desk.wait(minutes=5)
    desk.deliver()

    assert desk.ehr.only("CarePlan")["title"] == "Ny plan"
    assert desk.versions("CarePlan") == 2


def test_an_unclear_change_that_was_made_is_not_made_again(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    desk.put_in(case, entry("task", ids.task, status="in-progress"))
    desk.ehr.troubles = [Trouble("after")]
    desk.deliver()
    desk.wait(minutes=5)
    desk.deliver()

    assert desk.versions("Task") == 2


def test_doubt_outlives_an_attempt_that_could_not_look(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [Trouble("after")]
    desk.deliver()
    desk.wait(minutes=5)
    desk.no_token = True
    desk.deliver()

    assert desk.row(number).in_doubt


@pytest.mark.parametrize("creates_on_put", [True, False])
def test_an_ehr_set_back_to_empty_gets_everything_again(desk: Desk, creates_on_put: bool) -> None:
    desk.ehr.creates_on_put = creates_on_put
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    desk.ehr.forget_everything()
    desk.put_in(case, *assessment_write(ids, title="Ny plan"))
    desk.deliver()

    assert desk.counts() == ONE_OF_EACH
    assert desk.ehr.only("CarePlan")["title"] == "Ny plan"


def test_an_id_that_now_belongs_to_somebody_else_is_left_alone(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    reused = desk.ehr.only("CarePlan")["id"]
    strange = {"resourceType": "CarePlan", "id": reused, "title": "annans", "meta": {"versionId": "1"}}
    desk.ehr.forget_everything()
    desk.ehr.resources["CarePlan", reused] = [strange]
    desk.put_in(case, *assessment_write(ids, title="Ny plan"))
    desk.deliver()

    assert desk.ehr.resources["CarePlan", reused] == [strange]
    assert sorted(plan["title"] for plan in desk.ehr.all("CarePlan")) == ["Ny plan", "annans"]


def test_what_the_ehr_holds_already_gets_our_content_though_we_did_not_know_of_it(desk: Desk) -> None:
    ids = Ids()
    other = desk.new_case()
    desk.put_in(other, *assessment_write(ids))
    desk.deliver()
    _forget_what_was_written(desk)
    desk.put_in(other, *assessment_write(ids, title="Ny plan"))
    desk.deliver()

    assert desk.counts() == ONE_OF_EACH
    assert desk.ehr.only("CarePlan")["title"] == "Ny plan"


def test_the_same_thing_twice_at_the_ehr_stops_and_says_so(desk: Desk) -> None:
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    copied = desk.ehr.only("CarePlan")
    desk.ehr.resources["CarePlan", "copy"] = [{**copied, "id": "copy"}]
    _forget_what_was_written(desk)
    number = desk.put_in(case, *assessment_write(ids))
    desk.deliver()

    assert (desk.row(number).state, desk.row(number).fault) == ("parked", Fault.DUPLICATES.value)


def test_an_ehr_without_versions_is_read_before_it_is_changed(desk: Desk) -> None:
    desk.ehr.keeps_versions = False
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    desk.ehr.change("CarePlan", status="completed")
    desk.put_in(case, *assessment_write(ids, title="Ny plan"))
    desk.deliver()

    assert (desk.ehr.only("CarePlan")["title"], desk.ehr.only("CarePlan")["status"]) == ("Ny plan", "completed")


def _forget_what_was_written(desk: Desk) -> None:
    with desk.store.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM written")

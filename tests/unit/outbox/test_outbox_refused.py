"""What the EHR refuses for good: parked, shown, retriable, erased in time; an EHR that asks for rest gets it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smart_app.case_register.errors import NoSuchCase
from smart_app.outbox.enqueue import enqueue
from smart_app.outbox.errors import NoSuchDelivery, NothingToWrite, NotParked, PayloadErased, WrongPatientForCase
from smart_app.outbox.faults import TEXTS, Fault, in_words
from smart_app.outbox.listing import backlog, erase_parked, listing
from smart_app.outbox.retry import refused_bundle, retry, retry_for_issuer
from smart_app.outbox.states import states
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner
from tests.fake_ehr import Trouble
from tests.outbox_desk import NOON, OWNER, PATIENT, Desk, Ids, assessment_write, entry

OTHER_PROVIDER = Owner("demo", "SE-PROVIDER-2", "SE-UNIT-1")
OTHER_UNIT = Owner("demo", "SE-PROVIDER-1", "SE-UNIT-2")


def _retry(desk: Desk, number: int, owner: Owner = OWNER) -> tuple[int, ...]:
    with desk.store.transaction() as session:
        return retry(session, owner, number, launch_id="later", now=desk.clock.now())


def _parked(desk: Desk, status: int = 422) -> tuple[str, Ids, int]:
    case, ids = desk.new_case(), Ids()
    number = desk.put_in(case, *assessment_write(ids))
    desk.ehr.troubles = [Trouble("before", status=status)]
    desk.deliver()
    return case, ids, number


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.REFUSED),
        (403, Fault.NOT_PERMITTED),
        (413, Fault.REFUSED),
        (422, Fault.REFUSED),
        (401, Fault.NO_TOKEN),
    ],
)
def test_a_refusal_is_parked_and_not_tried_again_by_itself(desk: Desk, status: int, fault: Fault) -> None:
    desk.background = False
    _, _, number = _parked(desk, status)
    desk.wait(days=1)

    assert desk.deliver().taken == 0
    assert (desk.row(number).state, desk.row(number).fault) == ("parked", fault.value)


def test_a_login_that_ended_at_the_ehr_is_followed_by_the_background_service(desk: Desk) -> None:
    _, _, number = _parked(desk, 401)
    assert (desk.row(number).state, desk.launches) == ("delivered", ["launch", None])


def test_a_refused_write_is_shown_per_kind_and_retried_with_the_token_of_who_asks(desk: Desk) -> None:
    case, _, number = _parked(desk)
    with desk.store.reading() as session:
        shown = states(session, OWNER, case)
    assert {(one.kind, one.state, one.fault) for one in shown} == {
        (kind, "refused", "ehr-refused") for kind in ("assessment", "plan", "task", "provenance")
    }

    assert _retry(desk, number) == (number,)
    desk.deliver()
    assert desk.launches == ["launch", "later"]
    with desk.store.reading() as session:
        shown = states(session, OWNER, case)
    assert {(one.state, one.reference is None) for one in shown} == {("written", False)}


def test_a_refused_write_does_not_hold_up_the_case_and_does_not_undo_what_came_after_it(desk: Desk) -> None:
    case, ids, number = _parked(desk)
    newer = Ids(plan=ids.plan, task=ids.task)
    desk.put_in(case, *assessment_write(newer, plan_status="active", title="Ny plan"))
    desk.deliver()
    _retry(desk, number)
    desk.deliver()

    assert desk.row(number).state == "delivered"
    assert len(desk.ehr.all("RiskAssessment")) == 2
    assert (desk.ehr.only("CarePlan")["title"], desk.versions("CarePlan")) == ("Ny plan", 1)


def test_what_builds_on_a_refused_write_waits_for_it_and_comes_back_with_it(desk: Desk) -> None:
    case, ids, number = _parked(desk)
    following = desk.put_in(
        case, entry("task", ids.task, status="in-progress", focus={"reference": f"urn:uuid:{ids.plan}"})
    )
    desk.deliver()
    assert desk.row(following).fault == Fault.DANGLING.value

    assert _retry(desk, number) == (number, following)
    desk.deliver()
    assert desk.ehr.only("Task")["status"] == "in-progress"


def test_no_token_is_parked_until_somebody_opens_the_patient_again(desk: Desk) -> None:
    desk.no_token = True
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.deliver()
    assert (desk.row(number).state, desk.row(number).fault) == ("parked", Fault.NO_TOKEN.value)

    desk.no_token = False
    with desk.store.transaction() as session:
        assert retry_for_issuer(session, "demo", Fault.NO_TOKEN, NOON) == 1
    assert desk.deliver().delivered == 1


def test_a_key_taken_out_too_early_is_parked_not_lost(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    rightly, desk.sealer = desk.sealer, Sealer([b"another-key-another-key-another!"])
    desk.deliver()
    assert desk.row(number).fault == Fault.CANNOT_UNSEAL.value

    desk.sealer = rightly
    _retry(desk, number)
    assert desk.deliver().delivered == 1


def test_an_ehr_that_asks_for_rest_gets_it_for_all_its_writes(desk: Desk) -> None:
    first = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    second = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [Trouble("before", status=429, retry_after="120")]

    assert desk.deliver().taken == 1
    desk.wait(seconds=119)
    assert desk.deliver().taken == 0
    desk.wait(seconds=2)
    assert desk.deliver().delivered == 2
    assert (desk.row(first).attempts, desk.row(second).attempts) == (2, 1)


def test_an_ehr_that_is_away_is_asked_less_and_less_often_but_never_given_up_within_days(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [Trouble("before") for _ in range(1_000)]
    for _ in range(6 * 24):
        desk.deliver()
        desk.wait(minutes=10)
    assert desk.row(number).state == "waiting"
    assert desk.row(number).attempts < 90

    desk.ehr.troubles = []
    desk.wait(minutes=15)
    assert desk.deliver().delivered == 1


def test_after_two_weeks_it_is_parked_so_that_somebody_looks(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [Trouble("before")]
    desk.wait(days=15)
    desk.deliver()

    assert (desk.row(number).state, desk.row(number).fault) == ("parked", Fault.GAVE_UP.value)


def test_parked_content_is_erased_in_time_and_then_cannot_be_retried(desk: Desk) -> None:
    _, _, number = _parked(desk)
    with desk.store.transaction() as session:
        assert erase_parked(session, kept=timedelta(days=30), now=NOON + timedelta(days=29)) == 0
        assert erase_parked(session, kept=timedelta(days=30), now=NOON + timedelta(days=31)) == 1

    assert (desk.row(number).payload, desk.row(number).fault) == (None, Fault.ERASED.value)
    with pytest.raises(PayloadErased):
        _retry(desk, number)


def test_only_what_is_parked_is_retried(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    with pytest.raises(NotParked):
        _retry(desk, number)


@pytest.mark.parametrize("stranger", [OTHER_PROVIDER, OTHER_UNIT])
def test_another_units_refused_write_can_be_neither_retried_nor_downloaded(desk: Desk, stranger: Owner) -> None:
    _, _, number = _parked(desk)
    with pytest.raises(NoSuchDelivery):
        _retry(desk, number, owner=stranger)
    with desk.store.reading() as session, pytest.raises(NoSuchDelivery):
        refused_bundle(session, desk.sealer, stranger, number)


def test_another_provider_sees_none_of_a_cases_writes(desk: Desk) -> None:
    case, _, _ = _parked(desk)
    with desk.store.reading() as session:
        assert states(session, OTHER_PROVIDER, case) == ()


def test_nothing_is_put_in_for_a_case_of_another_provider_or_patient(desk: Desk) -> None:
    case = desk.new_case()
    with pytest.raises(NoSuchCase):
        desk.put_in(case, *assessment_write(Ids()), owner=OTHER_PROVIDER)
    with pytest.raises(WrongPatientForCase), desk.store.transaction() as session:
        enqueue(
            session,
            desk.sealer,
            OWNER,
            case_id=case,
            patient_reference="Patient/p2",
            entries=assessment_write(Ids()),
            cause="assessment",
            launch_id=None,
            now=NOON,
        )
    with pytest.raises(NothingToWrite):
        desk.put_in(case)
    assert desk.deliver().taken == 0


def test_a_refused_write_can_be_handed_out_as_a_file(desk: Desk) -> None:
    _, _, number = _parked(desk)
    with desk.store.reading() as session:
        bundle = refused_bundle(session, desk.sealer, OWNER, number)

    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == [
        "RiskAssessment",
        "CarePlan",
        "Task",
        "Provenance",
    ]


def test_operations_see_lines_and_counts_without_the_patient(desk: Desk) -> None:
    _, _, number = _parked(desk)
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    with desk.store.reading() as session:
        lines, counts = listing(session, written=False), backlog(session)

    assert [(line.id, line.fault_status) for line in lines][1:] == [(number, 422)]
    assert PATIENT not in repr(lines)
    assert (counts.waiting, counts.parked, counts.oldest_waiting) == (1, 1, NOON)


def test_an_ehr_that_says_come_back_at_once_is_still_asked_less_and_less_often(desk: Desk) -> None:
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    waits = []
    for _ in range(5):
        desk.ehr.troubles = [Trouble("before", status=503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT")]
        desk.deliver()
        waits.append((desk.row(number).not_before - desk.clock.now()).total_seconds())
        desk.wait(seconds=waits[-1])
    assert waits == [2, 4, 8, 16, 32]


def test_every_fault_has_its_words_in_both_languages() -> None:
    assert set(TEXTS) == set(Fault)
    assert all(in_words(fault.value, "sv") != in_words(fault.value, "en") for fault in Fault)

"""What coordinators may do: moves, taking over, contacts, and what becomes of the work when cases end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from fhir_mapping.write.checks import check
from fhir_mapping.write.reko import BY_CODE
from smart_app.audit.tables import AuditRow
from smart_app.fhir_records.find import search as find_copies
from smart_app.outbox.payload import COLUMN, PURPOSE, unpack
from smart_app.outbox.tables import OutboxRow
from smart_app.store.columns import new_id
from smart_app.worklist.actor import Assignee
from smart_app.worklist.change import Keep, change
from smart_app.worklist.contact import Contact, register_contact
from smart_app.worklist.ended import end_task
from smart_app.worklist.errors import ContactRefused, IllegalMove, NoSuchTask, StaleVersion, UnknownStatus
from smart_app.worklist.find import contacts_of, events_of, find, find_case
from smart_app.worklist.moves import OPEN, move, moves
from smart_app.worklist.tables import TaskRow
from tests.worklist_desk import OTHER_PROVIDER, OTHER_UNIT, SOFIA, UNIT, Desk, a_patient

PHONE = Contact(mode="phone", counterparty="patient", with_patient=True)


def moved(desk: Desk, task_id: str, version: int, **wanted: object) -> TaskRow:
    with desk.store.transaction() as session:
        return change(
            session, desk.sealer, desk.urls, UNIT, task_id, if_version=version, by=SOFIA, now=desk.now, **wanted
        )  # type: ignore[arg-type]


def sent(desk: Desk) -> list[dict[str, object]]:
    """Every resource that waits in the outbox, in order."""
    with desk.store.reading() as session:
        rows = session.exec(select(OutboxRow).order_by(OutboxRow.id)).all()  # type: ignore[arg-type]
        return [
            entry.resource
            for row in rows
            for entry in unpack(desk.sealer.unseal(PURPOSE, str(row.id), COLUMN, row.payload or ""))
        ]


def test_the_table_of_moves_knows_every_status_and_no_other() -> None:
    assert set(moves()) == set(BY_CODE)
    assert {after for each in moves().values() for after in each} == set(BY_CODE) - {"REKO_1"}
    assert all(each.task in OPEN or each.code in ("REKO_5", "REKO_6", "REKO_7") for each in BY_CODE.values())


@pytest.mark.parametrize("before", sorted(BY_CODE))
@pytest.mark.parametrize("after", sorted(BY_CODE))
def test_every_pair_is_either_a_move_or_refused(before: str, after: str) -> None:
    if after == before or after in moves()[before]:
        assert move(before, after).code == after
    else:
        with pytest.raises(IllegalMove):
            move(before, after)


def test_a_move_is_written_noted_and_sent(desk: Desk) -> None:
    task = desk.put()
    row = moved(desk, task.id, 1, business_status="REKO_2", assignee=Assignee(SOFIA.reference, SOFIA.name))
    assert (row.version, row.status, row.owner_name) == (2, "accepted", "Sofia Prov")
    (resource,) = sent(desk)
    check(resource)
    assert resource["status"] == "accepted"
    assert resource["owner"] == {"reference": SOFIA.reference}
    with desk.store.reading() as session:
        (event,) = events_of(session, UNIT, task.id)
        assert (event.before, event.after, event.by_reference) == ("REKO_1", "REKO_2", SOFIA.reference)
        logged = session.exec(select(AuditRow)).one()
        assert (logged.action, logged.patient_reference) == ("change", "Patient/p1")


def test_giving_back_to_the_unit_names_the_unit(desk: Desk) -> None:
    task = desk.put()
    moved(desk, task.id, 1, assignee=Assignee(SOFIA.reference))
    moved(desk, task.id, 2, assignee=None)
    owner = sent(desk)[-1]["owner"]
    assert isinstance(owner, dict)
    assert owner["identifier"]["value"] == UNIT.care_unit


def test_nothing_new_is_no_version_and_nothing_sent(desk: Desk) -> None:
    task = desk.put()
    assert moved(desk, task.id, 1, business_status="REKO_1", assignee=Keep.AS_IS).version == 1
    assert sent(desk) == []


def test_refusals_change_nothing(desk: Desk) -> None:
    task = desk.put()
    moved(desk, task.id, 1, business_status="REKO_2")
    with pytest.raises(StaleVersion):
        moved(desk, task.id, 1, business_status="REKO_3")
    with pytest.raises(IllegalMove):
        moved(desk, task.id, 2, business_status="REKO_1")
    with pytest.raises(UnknownStatus):
        moved(desk, task.id, 2, business_status="REKO_9")
    with desk.store.reading() as session:
        assert find(session, UNIT, task.id).version == 2
    assert len(sent(desk)) == 1


@pytest.mark.parametrize("owner", [OTHER_UNIT, OTHER_PROVIDER])
def test_another_units_task_is_not_there(desk: Desk, owner: object) -> None:
    task = desk.put()
    with desk.store.reading() as session, pytest.raises(NoSuchTask):
        find(session, owner, task.id)  # type: ignore[arg-type]


def test_a_task_without_a_plan_is_not_sent(desk: Desk) -> None:
    task = desk.put(with_plan=False)
    assert moved(desk, task.id, 1, business_status="REKO_2").version == 2
    assert sent(desk) == []


def test_two_contacts_on_one_day_are_two_procedures(desk: Desk) -> None:
    task = desk.put()
    desk.keep({"resourceType": "CarePlan", "status": "draft"}, id_=task.row.plan_id)
    with desk.store.transaction() as session:
        for _ in range(2):
            register_contact(session, desk.sealer, desk.urls, UNIT, task.id, PHONE, by=SOFIA, now=desk.now)
        copies, total, _ = find_copies(session, desk.sealer, UNIT, "Procedure")
    resources = sent(desk)
    for each in resources:
        check(each)
    assert len({str(each["identifier"]) for each in resources}) == 2
    assert total == 2
    assert {copy.resource["basedOn"][0]["reference"] for copy in copies} == {f"CarePlan/{task.row.plan_id}"}


def test_the_same_form_sent_twice_is_one_procedure(desk: Desk) -> None:
    task = desk.put()
    once = replace(PHONE, event_id=new_id())
    with desk.store.transaction() as session:
        for _ in range(2):
            register_contact(session, desk.sealer, desk.urls, UNIT, task.id, once, by=SOFIA, now=desk.now)
        assert len(contacts_of(session, UNIT, task.id)) == 1
    assert len(sent(desk)) == 1


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        (replace(PHONE, with_patient=False), "with_patient"),
        (replace(PHONE, mode="fax"), "mode"),  # type: ignore[arg-type]
        (replace(PHONE, counterparty="press"), "counterparty"),  # type: ignore[arg-type]
        (replace(PHONE, kva="ZZ999"), "kva"),
        (replace(PHONE, event_id="1"), "event_id"),
        (replace(PHONE, performed_on=date(2026, 11, 23)), "performed_on"),
        (replace(PHONE, performed_on=date(2020, 1, 1)), "performed_on"),
    ],
)
def test_a_contact_that_cannot_be(desk: Desk, contact: Contact, field: str) -> None:
    task = desk.put()
    with desk.store.transaction() as session, pytest.raises(ContactRefused) as refused:
        register_contact(session, desk.sealer, desk.urls, UNIT, task.id, contact, by=SOFIA, now=desk.now)
    assert refused.value.field == field
    assert sent(desk) == []


def test_the_day_of_a_contact_is_swedish(desk: Desk) -> None:
    """Half past midnight in Sweden is still yesterday in UTC."""
    task = desk.put()
    desk.clock.instant = desk.clock.instant.replace(hour=23, minute=30)
    with desk.store.transaction() as session:
        row = register_contact(session, desk.sealer, desk.urls, UNIT, task.id, PHONE, by=SOFIA, now=desk.now)
    assert row.performed_on == date(2026, 11, 23)


def test_when_cases_merge_the_work_moves_to_the_one_that_stays(desk: Desk) -> None:
    gone = desk.put(a_patient("p1"), certificate_id="a")
    stays = desk.put(a_patient("p2"), certificate_id="b")
    moved(desk, gone.id, 1, business_status="REKO_3", assignee=Assignee(SOFIA.reference, SOFIA.name))
    with desk.store.transaction() as session:
        register_contact(session, desk.sealer, desk.urls, UNIT, gone.id, PHONE, by=SOFIA, now=desk.now)
        ids = {"case_id": gone.row.case_id, "into_case": stays.row.case_id}
        closed = end_task(session, desk.sealer, desk.urls, UNIT, **ids, by=SOFIA, now=desk.now)
        again = end_task(session, desk.sealer, desk.urls, UNIT, **ids, by=SOFIA, now=desk.now)
        kept = find_case(session, UNIT, stays.row.case_id)
        assert closed is not None
        assert (closed.status, closed.merged_into) == ("completed", stays.row.case_id)
        assert again is None
        assert kept is not None
        assert (kept.business_status, kept.owner_reference) == ("REKO_3", SOFIA.reference)
        assert len(contacts_of(session, UNIT, kept.id)) == 1


def test_a_closed_case_takes_its_task_with_it(desk: Desk) -> None:
    task = desk.put()
    desk.clock.instant += timedelta(days=1)
    with desk.store.transaction() as session:
        end_task(
            session,
            desk.sealer,
            desk.urls,
            UNIT,
            case_id=task.row.case_id,
            into_case=None,
            by=SOFIA,
            now=desk.now,
        )
    assert sent(desk)[-1]["status"] == "completed"

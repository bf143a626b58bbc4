"""An EHR that refuses what it says it can: one step down instead of parking, and remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from smart_app.outbox.ladder import NotTaken
from smart_app.outbox.retry import retry
from smart_app.outbox.step_down import not_taken_by
from smart_app.outbox.tables import NotTakenRow
from smart_app.outbox.written import written_of_case
from tests.fake_ehr import Refusal, Trouble
from tests.outbox_desk import OWNER, Desk, Ids, assessment_write, entry, new_uuid, open_desk

ONE_OF_EACH = {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}
NO_SUPPORT, FORBIDDEN = (422, "not-supported"), (403, "forbidden")


def save(desk: Desk, case: str | None = None, ids: Ids | None = None) -> tuple[str, str | None, str | None]:
    number = desk.put_in(case or desk.new_case(), *assessment_write(ids or Ids()))
    desk.deliver()
    row = desk.row(number)
    return row.state, row.step, row.step_why


def sent(desk: Desk) -> list[str]:
    return [one for one in desk.ehr.asked if one.startswith(("POST", "PUT"))]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "not-supported"),
        (400, None),
        (403, "forbidden"),
        (404, None),
        (405, None),
        (422, "not-supported"),
        (501, None),
    ],
)
def test_a_refused_transaction_goes_one_by_one(desk: Desk, status: int, code: str | None) -> None:
    desk.ehr.refuses = {"transaction": (status, code)}
    assert save(desk) == ("delivered", "put", "refused")
    assert desk.counts() == ONE_OF_EACH


@pytest.mark.parametrize(("status", "code"), [(422, "business-rule"), (400, "invalid"), (413, "too-long")])
def test_a_refused_content_is_parked_at_once(desk: Desk, status: int, code: str) -> None:
    desk.ehr.refuses = {"transaction": (status, code)}
    assert save(desk) == ("parked", "transaction", "capability")
    assert sent(desk) == ["POST transaction"]


def test_what_was_learned_is_remembered_for_a_day_by_every_worker(tmp_path: Path) -> None:
    desk = open_desk(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    desk.ehr.refuses = {"transaction": (405, None)}
    save(desk)
    desk.ehr.asked.clear()
    desk.abilities = None  # another process
    assert save(desk) == ("delivered", "put", "refused")
    assert "POST transaction" not in sent(desk)
    desk.ehr.refuses.clear()
    desk.wait(hours=25)
    assert save(desk) == ("delivered", "transaction", "capability")
    with desk.store.reading() as session:
        assert not_taken_by(session, "demo", desk.clock.now()) == ()
    desk.store.close()


@pytest.mark.parametrize("kind", ["Task", "Provenance"])
def test_a_refused_type_goes_as_a_document_and_nothing_is_written_half(desk: Desk, kind: str) -> None:
    desk.ehr.documents, desk.ehr.refuses = True, {kind: NO_SUPPORT}
    assert save(desk) == ("delivered", "document", "refused")
    assert (desk.counts(), len(desk.ehr.all("DocumentReference"))) == ({}, 1)
    desk.ehr.asked.clear()
    assert save(desk) == ("delivered", "document", "refused")
    assert [one for one in sent(desk) if "_search" not in one and "transaction" in one] == []


def test_a_refused_type_holds_back_no_write_without_it(desk: Desk) -> None:
    desk.ehr.documents, desk.ehr.refuses = True, {"Task": NO_SUPPORT}
    case = desk.new_case()
    save(desk, case)
    number = desk.put_in(case, entry("procedure", new_uuid(), status="completed"))
    desk.deliver()
    assert (desk.row(number).state, desk.row(number).step) == ("delivered", "transaction")


def test_a_refused_type_without_documents_is_parked_and_nothing_is_written(desk: Desk) -> None:
    desk.ehr.refuses = {"Task": NO_SUPPORT}
    assert save(desk)[0] == "parked"
    assert desk.counts() == {}
    with desk.store.reading() as session:
        assert not_taken_by(session, "demo", desk.clock.now()) == ()  # nothing worked, so nothing was learned


def test_a_type_refused_among_puts_ends_in_a_document_that_holds_it_all(desk: Desk) -> None:
    desk.ehr.documents, desk.ehr.refuses = True, {"transaction": (405, None), "Task": (404, None)}
    case, ids = desk.new_case(), Ids()
    assert save(desk, case, ids) == ("delivered", "document", "refused")
    assert (desk.counts(), len(desk.ehr.all("DocumentReference"))) == ({"RiskAssessment": 1, "CarePlan": 1}, 1)
    with desk.store.reading() as session:
        learned = not_taken_by(session, "demo", desk.clock.now())
        noted = {one.type for one in written_of_case(session, OWNER, case)}
    assert noted == {"RiskAssessment", "CarePlan", "DocumentReference"}
    assert set(learned) == {NotTaken("transaction"), NotTaken("put", frozenset({"Task"}))}
    desk.ehr.refuses.clear()
    desk.wait(hours=25)  # the EHR was mended: what was put then is changed, not doubled
    assert save(desk, case, Ids(plan=ids.plan, task=ids.task)) == ("delivered", "transaction", "capability")
    assert desk.counts() == {"RiskAssessment": 2, "CarePlan": 1, "Task": 1, "Provenance": 1}


def test_403_is_about_who_asks_and_not_remembered(desk: Desk) -> None:
    desk.ehr.refuses = {"transaction": FORBIDDEN}
    save(desk)
    desk.ehr.refuses.clear()
    assert save(desk) == ("delivered", "transaction", "capability")


def test_who_refuses_every_way_parks_with_the_first_refusal_and_is_tried_from_the_top_again(desk: Desk) -> None:
    desk.ehr.documents = True
    desk.ehr.refuses = {"transaction": (405, None), "RiskAssessment": FORBIDDEN, "DocumentReference": FORBIDDEN}
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.deliver()
    assert (desk.row(number).state, desk.row(number).fault, desk.row(number).fault_status) == (
        "parked",
        "ehr-refused",
        405,
    )
    desk.ehr.refuses.clear()
    with desk.store.transaction() as session:
        retry(session, OWNER, number, launch_id=None, now=desk.clock.now())
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH


def test_the_profile_s_word_is_not_stepped_down_from(desk: Desk) -> None:
    desk.profile = replace(desk.profile, write_mode="transaction")
    desk.ehr.refuses = {"transaction": (405, None)}
    assert save(desk) == ("parked", "transaction", "profile")


def test_an_unclear_answer_is_looked_up_on_the_step_below_too(desk: Desk) -> None:
    """Sent as a transaction, acted on, the answer lost; then the EHR stops taking transactions."""
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.troubles = [Trouble("after")]
    assert desk.deliver().waiting == 1
    desk.ehr.refuses = {"transaction": (405, None)}
    desk.wait(minutes=5)
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    assert desk.deliver().delivered == 2
    assert desk.row(number).state == "delivered"
    assert desk.counts() == dict.fromkeys(ONE_OF_EACH, 2)


def test_two_workers_that_learn_the_same_do_not_stop_each_other(desk: Desk) -> None:
    desk.ehr.refuses = {"transaction": (405, None)}
    for _ in range(6):
        desk.put_in(desk.new_case(), *assessment_write(Ids()))
    assert desk.deliver(at_once=4).delivered == 6
    with desk.store.reading() as session:
        assert len(session.exec(select(NotTakenRow)).all()) == 1


@pytest.mark.parametrize("document", [Trouble("before"), Trouble("after"), Trouble(status=403)])
def test_stepping_down_does_not_forget_what_was_put_halfway(desk: Desk, document: Trouble) -> None:
    desk.ehr.documents, desk.ehr.refuses = True, {"transaction": (405, None), "Task": (405, None)}
    case, ids = desk.new_case(), Ids()
    number = desk.put_in(case, *assessment_write(ids, plan_status="active"))
    desk.ehr.put_troubles = [None, None, document]
    desk.deliver()
    assert (desk.row(number).in_doubt, desk.counts()) == (True, {"RiskAssessment": 1, "CarePlan": 1})
    if desk.row(number).state == "parked":
        with desk.store.transaction() as session:
            retry(session, OWNER, number, launch_id=None, now=desk.clock.now())
    desk.ehr.change("CarePlan", status="completed", note=[{"text": "klart"}])
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    plan = desk.ehr.only("CarePlan")
    assert (plan["status"], plan["note"], desk.versions("RiskAssessment")) == ("completed", [{"text": "klart"}], 1)
    assert len(desk.ehr.all("DocumentReference")) == 1


def test_what_was_put_halfway_is_noted_when_the_document_stands_at_last(desk: Desk) -> None:
    desk.ehr.documents, desk.ehr.refuses = True, {"transaction": (405, None), "Task": (405, None)}
    case = desk.new_case()
    desk.put_in(case, *assessment_write(Ids()))
    desk.ehr.put_troubles = [None, None, Trouble("before")]
    desk.deliver()
    desk.profile = replace(desk.profile, write_mode="document")
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    with desk.store.reading() as session:
        noted = {one.type for one in written_of_case(session, OWNER, case)}
    assert noted == {"RiskAssessment", "CarePlan", "DocumentReference"}


def test_a_lost_document_is_found_where_nothing_but_documents_can_be_searched(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ehr.transactions, desk.ehr.own_ids, desk.ehr.documents = False, False, True
    search = desk.ehr._search

    def documents_alone(kind: str, params: dict[str, str]) -> dict[str, object]:
        if kind != "DocumentReference":
            raise Refusal(404, "no such type", "not-found")
        return search(kind, params)

    monkeypatch.setattr(desk.ehr, "_search", documents_alone)
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [Trouble("after")]
    assert desk.deliver().waiting == 1
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert len(desk.ehr.all("DocumentReference")) == 1


@pytest.mark.parametrize("first", [FORBIDDEN, NO_SUPPORT, (400, "not-supported"), (400, None)])
@pytest.mark.parametrize("documents", [False, True])
def test_an_empty_transaction_refused_for_being_empty_means_the_types(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, documents: bool, first: tuple[int, str | None]
) -> None:
    desk.ehr.documents, desk.ehr.refuses = documents, {"Task": first}
    transaction = desk.ehr.transaction

    def never_empty(bundle: dict[str, object]) -> dict[str, object]:
        if not bundle.get("entry"):
            raise Refusal(400, "empty bundle", "required")
        return transaction(bundle)

    monkeypatch.setattr(desk.ehr, "transaction", never_empty)
    assert save(desk)[0] == ("delivered" if documents else "parked")
    assert (desk.counts(), len(desk.ehr.all("DocumentReference"))) == ({}, int(documents))

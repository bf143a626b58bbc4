"""A write that stands half at the EHR: what stands is noted and said, and nothing is put over blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import delete

from smart_app.outbox.listing import listing
from smart_app.outbox.retry import retry
from smart_app.outbox.states import states
from smart_app.outbox.tables import WrittenRow
from smart_app.outbox.written import written_of_case
from smart_app.web.plan_card import state_rows
from smart_app.web.words import Language, words
from tests.fake_ehr import Trouble
from tests.outbox_desk import OWNER, Desk, Ids, assessment_write

ONE_OF_EACH = {"RiskAssessment": 1, "CarePlan": 1, "Task": 1, "Provenance": 1}
MAY_LOOK = "user/*.cruds"
MAY_NOT_LOOK = "user/*.cu"
READS_ONLY, SEARCHES_ONLY = "user/*.cru", "user/*.cus"


def said(desk: Desk, case: str, language: Language) -> list[tuple[str, str]]:
    with desk.store.reading() as session:
        rows = state_rows(words(language), states(session, OWNER, case), date(2026, 11, 22))
    return [(str(row.title), str(row.text)) for row in rows]


def again(desk: Desk, number: int) -> None:
    with desk.store.transaction() as session:
        retry(session, OWNER, number, launch_id=None, now=desk.clock.now())


def test_what_stands_of_a_refused_write_is_named_on_the_page_and_in_the_list(desk: Desk) -> None:
    desk.ehr.transactions, desk.ehr.refuses = False, {"Task": (422, "business-rule")}
    case = desk.new_case()
    number = desk.put_in(case, *assessment_write(Ids()))
    assert desk.deliver().parked == 1
    ((title, text),) = said(desk, case, "sv")
    assert title == "Uppgift till rehabkoordinatorn"
    assert text.endswith("I journalen står redan: Riskbedömning och plan.")
    ((title, text),) = said(desk, case, "en")
    assert title == "Task for the coordinator"
    assert text.endswith("In the record already: Risk assessment and plan.")
    with desk.store.reading() as session:
        assert listing(session)[0].stands == ("RiskAssessment", "CarePlan")
    desk.ehr.refuses.clear()
    again(desk, number)
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    assert {desk.versions(kind) for kind in ONE_OF_EACH} == {1}
    with desk.store.reading() as session:
        assert listing(session)[0].stands == ()


def test_where_only_the_record_of_who_did_it_is_missing_that_is_said(desk: Desk) -> None:
    desk.ehr.transactions, desk.ehr.refuses = False, {"Provenance": (422, "business-rule")}
    case = desk.new_case()
    desk.put_in(case, *assessment_write(Ids()))
    desk.deliver()
    ((title, text),) = said(desk, case, "sv")
    assert title == "Uppgift om vem som gjorde det"
    assert text.endswith("Riskbedömning, plan och uppgift till rehabkoordinatorn.")


def test_an_earlier_write_s_plan_is_not_said_to_be_of_the_refused_one(desk: Desk) -> None:
    desk.ehr.transactions = False
    case, ids = desk.new_case(), Ids()
    first = desk.put_in(case, *assessment_write(ids))
    desk.deliver()
    desk.ehr.refuses = {"CarePlan": (422, "business-rule")}
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), title="Ny plan"))
    assert desk.deliver().parked == 1
    with desk.store.reading() as session:
        assert set(listing(session)[0].stands) == {"RiskAssessment", "Task"}  # its Task says what stood there already
        assert ("CarePlan", first) in {(one.type, one.outbox_id) for one in written_of_case(session, OWNER, case)}


@pytest.mark.parametrize("lost", [1, 2], ids=["plan", "task"])
def test_a_doubtful_put_is_not_repeated_where_nothing_lets_us_look(desk: Desk, lost: int) -> None:
    desk.ehr.transactions, desk.scopes = False, MAY_NOT_LOOK
    number = desk.put_in(desk.new_case(), *assessment_write(Ids(), plan_status="active"))
    desk.ehr.put_troubles = [*[None] * lost, Trouble("after")]
    assert desk.deliver().waiting == 1
    kind = ("RiskAssessment", "CarePlan", "Task")[lost]
    desk.ehr.change(kind, status="completed", note=[{"text": "klart"}])
    desk.wait(minutes=5)
    assert desk.deliver().parked == 1
    assert (desk.row(number).fault, desk.row(number).in_doubt) == ("may-not-look", True)
    assert desk.versions(kind) == 2
    desk.scopes = MAY_LOOK
    again(desk, number)
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    assert (desk.ehr.only(kind)["status"], desk.ehr.only(kind)["note"]) == ("completed", [{"text": "klart"}])


def test_what_is_written_once_is_created_conditionally_where_nothing_lets_us_look(desk: Desk) -> None:
    desk.ehr.transactions = False
    desk.scopes = "user/CarePlan.cruds user/Task.cruds user/RiskAssessment.cu user/Provenance.cu"
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [Trouble("after")]
    assert desk.deliver().waiting == 1
    desk.ehr.change("RiskAssessment", note=[{"text": "läst"}])
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert desk.counts() == ONE_OF_EACH
    assert desk.ehr.only("RiskAssessment")["note"] == [{"text": "läst"}]


@pytest.mark.parametrize(("scopes", "came_to"), [("user/*.cu", "delivered"), ("user/*.u", "parked")])
def test_a_doubtful_document_is_not_put_over_what_somebody_did_to_it(desk: Desk, scopes: str, came_to: str) -> None:
    desk.ehr.documents, desk.scopes = True, scopes
    desk.profile = replace(desk.profile, write_mode="document")
    number = desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [Trouble("after")]
    assert desk.deliver().waiting == 1
    desk.ehr.change("DocumentReference", status="superseded")
    desk.wait(minutes=5)
    desk.deliver()
    assert (desk.row(number).state, desk.row(number).fault) == (
        came_to,
        None if came_to == "delivered" else "may-not-look",
    )
    assert desk.ehr.only("DocumentReference")["status"] == "superseded"


@pytest.mark.parametrize("scopes", [READS_ONLY, SEARCHES_ONLY])
def test_one_way_of_looking_is_enough(desk: Desk, scopes: str) -> None:
    desk.ehr.transactions, desk.scopes = False, scopes
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [None, Trouble("after")]
    assert desk.deliver().waiting == 1
    desk.ehr.change("CarePlan", status="completed")
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert desk.ehr.only("CarePlan")["status"] == "completed"
    assert desk.counts() == ONE_OF_EACH


def test_the_next_write_of_a_case_looks_where_an_earlier_one_was_given_up_in_doubt(desk: Desk) -> None:
    desk.ehr.transactions = False
    case, ids = desk.new_case(), Ids()
    desk.put_in(case, *assessment_write(ids, plan_status="active"))
    desk.ehr.put_troubles = [None, Trouble("after")]
    assert desk.deliver().waiting == 1
    desk.scopes = "user/RiskAssessment.cruds"  # the same write by another's login: not permitted, and parked
    desk.profile = replace(desk.profile, write_mode="put")
    desk.wait(minutes=5)
    assert desk.deliver().parked == 1
    desk.scopes = MAY_LOOK
    desk.ehr.change("CarePlan", status="completed", note=[{"text": "klart"}])
    desk.put_in(case, *assessment_write(Ids(plan=ids.plan, task=ids.task), plan_status="active", title="Ny plan"))
    assert desk.deliver().delivered == 1
    plan = desk.ehr.only("CarePlan")
    assert (plan["title"], plan["status"], plan["note"]) == ("Ny plan", "completed", [{"text": "klart"}])


def nothing_found(*_: object) -> dict[str, str]:
    """What a search answers that lags behind."""
    return {"resourceType": "Bundle", "type": "searchset"}


def test_what_was_noted_halfway_is_read_where_it_stands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ehr.transactions = False
    desk.scopes = "user/CarePlan.cruds user/Task.cruds user/Provenance.cruds user/RiskAssessment.crs"
    desk.put_in(desk.new_case(), *assessment_write(Ids()))
    desk.ehr.put_troubles = [None, Trouble("before")]
    assert desk.deliver().waiting == 1
    monkeypatch.setattr(desk.ehr, "_search", nothing_found)
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    assert desk.ehr.asked.count("POST RiskAssessment") == 1  # it has an id of the EHR's choosing
    assert desk.counts() == ONE_OF_EACH


def test_the_document_knows_what_was_put_before_a_death_though_a_search_lags(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ehr.transactions, desk.ehr.documents, desk.ehr.refuses = False, True, {"Task": (405, None)}
    case = desk.new_case()
    desk.put_in(case, *assessment_write(Ids()))
    desk.ehr.put_troubles = [None, None, Trouble("before")]  # the last is the document
    assert desk.deliver().waiting == 1
    with desk.store.transaction() as session:
        session.exec(delete(WrittenRow))  # as if the process had died before it noted anything
    monkeypatch.setattr(desk.ehr, "_search", nothing_found)
    desk.profile = replace(desk.profile, write_mode="document")
    desk.wait(minutes=5)
    assert desk.deliver().delivered == 1
    with desk.store.reading() as session:
        noted = {one.type for one in written_of_case(session, OWNER, case)}
    assert noted == {"RiskAssessment", "CarePlan", "DocumentReference"}

"""The worklist, the copies, the audit log and the tokens answer alike on SQLite and PostgreSQL, on migrated tables."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from smart_app.audit.log import Action, write
from smart_app.audit.verify import verify
from smart_app.store.database import open_store
from smart_app.worklist.actor import Assignee
from smart_app.worklist.change import change
from smart_app.worklist.contact import Contact, register_contact
from smart_app.worklist.errors import StaleVersion
from smart_app.worklist.query import Sort, WorklistQuery
from smart_app.worklist.search import search
from smart_app.worklist.tables import TaskRow
from tests.worklist_desk import NUMBERS, SOFIA, UNIT, Desk, a_patient


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = Desk(open_store(database_url))
    yield made
    made.store.close()


def test_a_day_of_work(desk: Desk) -> None:
    for number, (diagnosis, day) in enumerate((("M545", 20), (None, 90), ("F432", 170))):
        desk.put(a_patient(f"p{number}", number=NUMBERS[number]), diagnosis=diagnosis, day=day)
    with desk.store.transaction() as session:
        by_risk = search(session, desk.sealer, UNIT, WorklistQuery(sort=(Sort("risk", descending=True),)))
        assert [row.task.share is None for row in by_risk.rows] == [False, False, True]  # unknown always last
        rising = search(session, desk.sealer, UNIT, WorklistQuery(sort=(Sort("risk"),)))
        assert [row.task.share is None for row in rising.rows] == [False, False, True]
        task = by_risk.rows[0].task
        row = change(
            session,
            desk.sealer,
            desk.urls,
            UNIT,
            task.id,
            if_version=1,
            by=SOFIA,
            now=desk.now,
            business_status="REKO_3",
            assignee=Assignee(SOFIA.reference, SOFIA.name),
        )
        contact = Contact(mode="phone", counterparty="employer", with_patient=False)
        register_contact(session, desk.sealer, desk.urls, UNIT, task.id, contact, by=SOFIA, now=desk.now)
        assert row.points
    api, headers = desk.api(), desk.token()
    found = api.get("/fhir/Task?owner=sofia&_include=Task:patient&due=ge2026-11-22", headers=headers).json()
    assert found["total"] == 1
    assert api.get("/fhir/Task?_id=%00", headers=headers).status_code == 400
    assert api.get("/fhir/Procedure", headers=headers).json()["total"] == 1
    assert api.get("/health/ready").json()["outbox"]["waiting"] == 2
    with desk.store.reading() as session:
        assert verify(session).whole


def test_two_who_change_the_same_version_at_once(desk: Desk) -> None:
    task = desk.put()

    def take(name: str) -> bool:
        try:
            with desk.store.transaction() as session:
                change(
                    session,
                    desk.sealer,
                    desk.urls,
                    UNIT,
                    task.id,
                    if_version=1,
                    by=SOFIA,
                    now=desk.now,
                    assignee=Assignee(f"PractitionerRole/{name}"),
                )
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(take, "abcd"))
    assert sorted(won) == [False, False, False, True]
    with desk.store.reading() as session:
        assert session.exec(select(TaskRow)).one().version == 2


def test_the_audit_chain_holds_under_many_writers(desk: Desk) -> None:
    def note(number: int) -> Any:
        with desk.store.transaction() as session:
            write(session, owner=UNIT, actor=f"a{number}", role=None, action=Action.READ, now=desk.now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, range(20)))
    with desk.store.reading() as session:
        outcome = verify(session)
    assert (outcome.whole, outcome.rows) == (True, 20)


def test_ended_cases_are_told_apart_by_their_last_covered_day(desk: Desk) -> None:
    desk.put(a_patient("p0", number=NUMBERS[0]), diagnosis="M545", day=20)
    with desk.store.transaction() as session:
        [entry] = search(session, desk.sealer, UNIT, WorklistQuery()).rows
        until = entry.task.until

        def found(ended: bool, before: date) -> int:
            return search(session, desk.sealer, UNIT, WorklistQuery(ended=ended, ended_before=before)).total

        assert (found(False, until), found(True, until)) == (1, 0)
        assert (found(False, until + timedelta(days=1)), found(True, until + timedelta(days=1))) == (0, 1)

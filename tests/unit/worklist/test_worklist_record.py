"""One row per case: what renews it, what it keeps, and how it is searched."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from risk.case import ScopeKind
from smart_app.worklist.change import change
from smart_app.worklist.display import open_display
from smart_app.worklist.query import Days, Sort, WorklistQuery
from smart_app.worklist.search import search
from smart_app.worklist.tables import TaskRow
from smart_app.worklist.unit_reading import last_reading, note_reading
from tests.worklist_desk import NUMBERS, OTHER_UNIT, SOFIA, TODAY, UNIT, Desk, a_patient


def found(desk: Desk, query: WorklistQuery | None = None) -> list[str]:
    with desk.store.reading() as session:
        page = search(session, desk.sealer, UNIT, query or WorklistQuery())
        return [entry.task.patient_reference for entry in page.rows]


def test_same_case_a_hundred_times_is_one_row_in_one_version(desk: Desk) -> None:
    seen = {(desk.put().id, desk.put().version) for _ in range(50)}
    with desk.store.reading() as session:
        assert len(session.exec(select(TaskRow)).all()) == 1
    assert len(seen) == 1
    assert {version for _, version in seen} == {1}


def test_a_new_day_makes_a_new_version_and_keeps_the_coordinators_state(desk: Desk) -> None:
    first = desk.put()
    with desk.store.transaction() as session:
        change(
            session,
            desk.sealer,
            desk.urls,
            UNIT,
            first.id,
            if_version=first.version,
            by=SOFIA,
            now=desk.now,
            business_status="REKO_3",
        )
    desk.clock.instant += timedelta(days=1)
    again = desk.put(day=41, days_left=9)
    assert again.id == first.id
    assert again.version == 3
    assert (again.row.day, again.row.business_status, again.row.status) == (41, "REKO_3", "in-progress")


def test_what_is_not_told_again_stays(desk: Desk) -> None:
    plan = desk.put(with_plan=True).row.plan_id
    again = desk.put(with_plan=False)
    assert again.row.plan_id == plan
    assert again.row.plan_state == "draft"


def test_without_a_diagnosis_there_is_a_row_without_figures(desk: Desk) -> None:
    row = desk.put(diagnosis=None).row
    assert (row.share, row.horizon_day, row.points, row.band) == (None, None, [], "unknown")


def test_name_and_number_stand_nowhere_in_the_clear(desk: Desk) -> None:
    desk.put(a_patient(name="Hemlige Namnsson", number=NUMBERS[1]))
    with desk.store.reading() as session:
        row = session.exec(select(TaskRow)).one()
        assert open_display(desk.sealer, row).name == "Hemlige Namnsson"
        assert "Namnsson" not in row.model_dump_json()
        assert NUMBERS[1] not in row.model_dump_json()


@pytest.fixture
def three(desk: Desk) -> Desk:
    desk.put(a_patient("anna", name="Anna Öst", number=NUMBERS[0]), day=20, days_left=30, diagnosis="M545")
    desk.put(a_patient("bo", name="Bo Ask", number=NUMBERS[1]), day=170, days_left=2, diagnosis="F432")
    desk.put(a_patient("cia", name="Cia Al", number=NUMBERS[2], protected=True), day=60, days_left=30, diagnosis="F329")
    return desk


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (WorklistQuery(sort=(Sort("day"),)), ["Patient/anna", "Patient/cia", "Patient/bo"]),
        (WorklistQuery(sort=(Sort("day", descending=True),)), ["Patient/bo", "Patient/cia", "Patient/anna"]),
        (WorklistQuery(diagnoses=frozenset({"F"}), sort=(Sort("day"),)), ["Patient/cia", "Patient/bo"]),
        (WorklistQuery(day_from=60, day_until=170, sort=(Sort("day"),)), ["Patient/cia", "Patient/bo"]),
        (WorklistQuery(patients=frozenset()), []),
        (WorklistQuery(assigned=True), []),
        (WorklistQuery(status=frozenset({"completed"})), []),
        (WorklistQuery(text="öst"), ["Patient/anna"]),
        (WorklistQuery(text=NUMBERS[1][2:]), ["Patient/bo"]),
        (WorklistQuery(text="m54.5"), ["Patient/anna"]),
        (WorklistQuery(text="%"), []),
        # a protected identity is neither found nor ruled out by its name, but by its diagnosis
        (WorklistQuery(text="cia"), []),
        (WorklistQuery(text="F32"), ["Patient/cia"]),
        (WorklistQuery(sort=(Sort("patient"),)), ["Patient/anna", "Patient/bo", "Patient/cia"]),
    ],
)
def test_search(three: Desk, query: WorklistQuery, expected: list[str]) -> None:
    assert found(three, query) == expected


def test_names_stand_in_swedish_order(desk: Desk) -> None:
    for number, name in enumerate(("Örjan", "Ärla", "Åsa", "Zoë", "Éva", "Edvin")):
        desk.put(a_patient(f"p{number}", name=name), certificate_id=str(number))
    with desk.store.reading() as session:
        rows = search(session, desk.sealer, UNIT, WorklistQuery(sort=(Sort("patient"),))).rows
    said = [str(one.display.name).split()[0] for one in rows]
    assert said == ["Edvin", "Éva", "Zoë", "Åsa", "Ärla", "Örjan"]


def test_due_ranges_hold_together(three: Desk) -> None:
    with three.store.reading() as session:
        dues = {row.patient_reference: row.due for row in session.exec(select(TaskRow))}
    bo = dues["Patient/bo"]
    only = WorklistQuery(due=((Days(bo, None),), (Days(None, bo),)), sort=(Sort("day"),))
    assert found(three, only) == [each for each in ("Patient/anna", "Patient/cia", "Patient/bo") if dues[each] == bo]
    assert found(three, WorklistQuery(due=((Days(None, date(1900, 1, 1)),),))) == []


def test_rank_is_the_rules_own_order(three: Desk) -> None:
    with three.store.reading() as session:
        scores = [row.task.rank_score for row in search(session, three.sealer, UNIT, WorklistQuery()).rows]
    assert scores == sorted(scores)
    assert found(three)[0] == "Patient/bo"


def test_pages_meet_without_gap_or_overlap(desk: Desk) -> None:
    for number in range(7):
        desk.put(a_patient(f"p{number}", number=None))
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        with desk.store.reading() as session:
            page = search(session, desk.sealer, UNIT, WorklistQuery(offset=offset, count=3))
        assert page.total == 7
        seen += [entry.task.patient_reference for entry in page.rows]
        offset = page.next_offset
    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 7


def test_the_last_reading_of_a_unit(desk: Desk) -> None:
    with desk.store.transaction() as session:
        for hour, failed in ((0, ("Patient/x",)), (1, ())):
            note_reading(
                session,
                desk.sealer,
                UNIT,
                scope=ScopeKind.UNIT,
                patients_read=9,
                failed=failed,
                now=desk.now + timedelta(hours=hour),
            )
    with desk.store.reading() as session:
        reading = last_reading(session, desk.sealer, UNIT)
        assert reading is not None
        assert (reading.failed, reading.patients_read, reading.at) == ((), 9, desk.now + timedelta(hours=1))
        assert last_reading(session, desk.sealer, OTHER_UNIT) is None
    assert desk.clock.today() == TODAY

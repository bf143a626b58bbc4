"""Sealing anew: every sealed column, in batches, on both databases, never over what somebody writes meanwhile."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import Result
from sqlmodel import SQLModel, col, select, update

from smart_app import resealing
from smart_app.cli.demo_places import Places
from smart_app.fhir_records.tables import RecordRow
from smart_app.resealing import SEALED, reseal
from smart_app.sealing import CannotUnseal, Sealer
from smart_app.store.columns import new_id
from smart_app.store.database import open_store
from smart_app.worklist.display import open_display
from smart_app.worklist.tables import TaskRow
from tests.worklist_desk import Desk, a_desk, a_patient, a_quick_desk

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Three patients' rows and one copy; two rows to a batch."""
    monkeypatch.setattr(resealing, "BATCH", 2)
    made = filled(a_quick_desk(tmp_path))
    yield made
    made.store.close()


def filled(desk: Desk) -> Desk:
    for name in ("p1", "p2", "p3"):
        desk.put(a_patient(name))
    desk.keep({"resourceType": "RiskAssessment", "status": "final"})
    return desk


def counts(found: dict[str, resealing.Resealed]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(asdict(one).values()) for name, one in found.items() if any(asdict(one).values())}


def test_every_sealed_column_is_listed() -> None:
    tables = SQLModel.metadata.tables
    named = {(name, one.name) for name, table in tables.items() for one in table.columns if "sealed" in one.name}
    assert {(each.table, each.column) for each in SEALED} == named | {("outbox", "payload")}


def test_looked_at_done_and_done_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "BATCH", 2)
    desk = filled(a_desk(database_url))
    both = Sealer([NEW, OLD])
    waiting = {"worklist_task.sealed_display": (0, 3, 0, 0), "fhir_record.sealed_body": (0, 1, 0, 0)}
    assert counts(reseal(desk.store, both, only_look=True)) == waiting
    assert counts(reseal(desk.store, both)) == waiting
    done = {"worklist_task.sealed_display": (3, 0, 0, 0), "fhir_record.sealed_body": (1, 0, 0, 0)}
    assert counts(reseal(desk.store, both)) == done
    with desk.store.reading() as session:
        assert {open_display(Sealer([NEW]), row).name for row in session.exec(select(TaskRow))} == {"Eva Prov"}
    desk.store.close()


def test_what_no_key_opens_is_counted_and_left_as_it_is(desk: Desk) -> None:
    found = counts(reseal(desk.store, Sealer([NEW]), forget_lost=True))
    assert found == {"worklist_task.sealed_display": (0, 0, 0, 3), "fhir_record.sealed_body": (0, 0, 0, 1)}
    assert counts(reseal(desk.store, Sealer([OLD])))["worklist_task.sealed_display"] == (3, 0, 0, 0)


def test_what_is_written_between_look_and_write_stays(desk: Desk) -> None:
    class Slow(Sealer):
        def resealed(self, purpose: str, row_id: str, column: str, sealed: str) -> str | None:
            if purpose == "fhir-records":
                newer = Sealer([OLD]).seal(purpose, row_id, column, b"written by the service")
                with desk.store.transaction() as session:
                    session.execute(update(RecordRow).where(col(RecordRow.key) == row_id).values(sealed_body=newer))
            return super().resealed(purpose, row_id, column, sealed)

    assert counts(reseal(desk.store, Slow([NEW, OLD])))["fhir_record.sealed_body"] == (0, 0, 1, 0)
    with desk.store.reading() as session:
        row = session.exec(select(RecordRow)).one()
    assert Sealer([OLD]).unseal("fhir-records", row.key, "sealed_body", row.sealed_body) == b"written by the service"


def test_the_api_lists_the_rest_and_says_what_it_cannot_open(desk: Desk) -> None:
    head = desk.token("system/*.rs system/Task.rsu")
    desk.sealer = Sealer([NEW])
    desk.keep({"resourceType": "RiskAssessment", "status": "final"}, id_=(fresh := new_id()))
    api = desk.api()
    tasks = api.get("/fhir/Task", headers=head)
    assert (tasks.status_code, len(tasks.json()["entry"])) == (200, 3)
    assert {one["resource"]["meta"]["security"][0]["code"] for one in tasks.json()["entry"]} == {"R"}
    copies = api.get("/fhir/RiskAssessment", headers=head).json()
    assert [one["search"]["mode"] for one in copies["entry"]] == ["match", "outcome"]
    with desk.store.reading() as session:
        lost = session.exec(select(RecordRow).where(RecordRow.resource_id != fresh)).one().resource_id
    answer = api.get(f"/fhir/RiskAssessment/{lost}", headers=head)
    assert (answer.status_code, answer.json()["issue"][0]["diagnostics"]) == (503, "CannotUnseal")
    assert answer.headers["retry-after"] == "300"


def test_a_list_of_lost_names_is_counted_whole_and_logged_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    sealer = Sealer([NEW])
    for _ in range(250):
        with pytest.raises(CannotUnseal):
            sealer.unseal(
                "worklist", "1", "sealed_display", Sealer([OLD]).seal("worklist", "1", "sealed_display", b"x")
            )
    assert sealer.not_opened == {"worklist": 250}
    assert capsys.readouterr().out.count("cannot_unseal") == 3


def test_the_same_content_kept_again_opens_again(desk: Desk) -> None:
    desk.sealer = Sealer([NEW])
    with desk.store.reading() as session:
        row = session.exec(select(RecordRow)).one()
    desk.keep({"resourceType": "RiskAssessment", "status": "final"}, id_=row.resource_id)
    with desk.store.reading() as session:
        again = session.exec(select(RecordRow)).one()
    assert again.version == row.version
    assert desk.sealer.opened("fhir-records", again.key, "sealed_body", again.sealed_body)


@pytest.mark.parametrize("sealed", ["", "not base64!", "AAAA", "å"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(CannotUnseal):
        Sealer([OLD]).unseal("look", "1", "sealed_chart", sealed)


def test_the_command_counts_and_names_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    for name, value in Places(tmp_path, 8000, 8001).environment().items():
        monkeypatch.setenv(name, value)
    made = Desk(open_store(f"sqlite:///{tmp_path}/service.db"))
    made.put(a_patient("p1"))
    made.store.close()
    monkeypatch.setenv("SICKLEAVE_DATABASE_URL", f"sqlite:///{tmp_path}/service.db")
    keys = [base64.b64encode(each).decode() for each in (NEW, OLD)]
    monkeypatch.setenv("SICKLEAVE_SECRET_KEY", keys[0])
    assert command("keys", "reseal", "--look").exit_code == 1
    monkeypatch.setenv("SICKLEAVE_SECRET_KEY", ",".join(keys))
    done = command("keys", "reseal", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["worklist_task.sealed_display"] == {
        "newest": 0,
        "again": 1,
        "meanwhile": 0,
        "lost": 0,
    }
    assert "worklist_task.sealed_display: 1 under the first key, 0 sealed anew" in command("keys", "reseal").stdout

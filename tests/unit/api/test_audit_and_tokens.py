"""The audit log is whole or says where it is not; tokens are made only as they may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from sqlmodel import select

from smart_app.api_tokens import tokens
from smart_app.api_tokens.errors import NoAccess, NoSuchToken, WrongLifetime, WrongScopes
from smart_app.api_tokens.scopes import parse_scopes
from smart_app.audit.log import Action, rows, write
from smart_app.audit.tables import AuditRow
from smart_app.audit.verify import verify
from smart_app.cli.demo_places import Places
from smart_app.store.database import open_store
from tests.worklist_desk import NOON, OTHER_PROVIDER, UNIT, Desk


@pytest.fixture
def logged(desk: Desk) -> Desk:
    for number in range(5):
        with desk.store.transaction() as session:
            write(
                session,
                owner=UNIT,
                actor="SE-1",
                role="physician",
                action=Action.READ,
                patient_reference=f"Patient/{number}",
                now=desk.now + timedelta(minutes=number),
            )
    return desk


def test_an_untouched_log_is_whole(logged: Desk) -> None:
    with logged.store.reading() as session:
        outcome = verify(session)
        last = session.exec(select(AuditRow).where(AuditRow.id == 5)).one()
    assert (outcome.whole, outcome.rows, outcome.head) == (True, 5, last.hash)


def test_an_empty_log_is_whole(desk: Desk) -> None:
    with desk.store.reading() as session:
        assert verify(session).whole


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE id = 3", 3),
        ("UPDATE audit SET patient_reference = NULL WHERE id = 1", 1),
        ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE id = 5", 5),
        ("UPDATE audit SET care_unit = 'SE-ELSE' WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 3", 4),
        ("UPDATE audit SET previous = 'x' WHERE id = 4", 4),
    ],
)
def test_every_change_behind_its_back_is_found(logged: Desk, statement: str, broken_at: int) -> None:
    with logged.store.transaction() as session:
        session.connection().execute(text(statement))
    with logged.store.reading() as session:
        assert verify(session).broken_at == broken_at


@pytest.mark.parametrize("statement", ["DELETE FROM audit WHERE id > 4", "DELETE FROM audit", "made anew"])
def test_an_end_that_was_cut_off_is_found_by_the_head_kept_elsewhere(logged: Desk, statement: str) -> None:
    with logged.store.reading() as session:
        head = verify(session).head
        assert verify(session, known=head).whole
    with logged.store.transaction() as session:
        if statement == "made anew":  # whoever holds the database can make a log that is whole in itself
            session.connection().execute(text("DELETE FROM audit"))
            write(session, owner=UNIT, actor="SE-2", role=None, action=Action.READ, now=logged.now)
        else:
            session.connection().execute(text(statement))
    with logged.store.reading() as session:
        assert verify(session).whole
        assert (verify(session, known=head).whole, verify(session, known=head).reason) == (False, "cut-off")


def test_the_command_says_so_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    for name, value in Places(tmp_path, 8000, 8001).environment().items():
        monkeypatch.setenv(name, value)
    store = open_store(f"sqlite:///{tmp_path / 'sickleave.db'}")
    for number in range(3):
        with store.transaction() as session:
            write(session, owner=UNIT, actor=f"SE-{number}", role=None, action=Action.READ, now=NOON)
    whole = command("audit")
    assert (whole.exit_code, whole.output.split(". ")[0]) == (0, "3 rows, whole")
    head = whole.output.split()[-1]
    with store.transaction() as session:
        session.connection().execute(text("DELETE FROM audit WHERE id = 3"))
    assert command("audit").exit_code == 0
    cut = command("audit", "--known", head)
    assert (cut.exit_code, "cut off" in cut.output) == (1, True)
    with store.transaction() as session:
        session.connection().execute(text("UPDATE audit SET actor = 'nobody' WHERE id = 1"))
    changed = command("audit", "--json")
    assert (changed.exit_code, json.loads(changed.stdout)["broken_at"]) == (1, 1)
    store.close()


def test_what_was_purged_from_the_beginning_does_not_break_the_rest(logged: Desk) -> None:
    with logged.store.transaction() as session:
        session.connection().execute(text("DELETE FROM audit WHERE id < 3"))
    with logged.store.reading() as session:
        assert verify(session).whole


def test_what_is_rolled_back_is_not_logged(logged: Desk) -> None:
    def fails() -> None:
        with logged.store.transaction() as session:
            write(session, owner=UNIT, actor="x", role=None, action=Action.WRITE, now=logged.now)
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    with logged.store.reading() as session:
        assert verify(session).rows == 5


def test_rows_by_patient_and_time(logged: Desk) -> None:
    with logged.store.reading() as session:
        assert [row.id for row in rows(session, UNIT, patient_reference="Patient/2")] == [3]
        since, until = logged.now + timedelta(minutes=1), logged.now + timedelta(minutes=3)
        assert [row.id for row in rows(session, UNIT, since=since, until=until)] == [3, 2]
        assert rows(session, OTHER_PROVIDER) == ()


@pytest.mark.parametrize(
    "scopes", ["", "Task.r", "patient/Task.r", "system/Task.read", "system/Task.sr", "system/Task."]
)
def test_wrong_scopes_make_no_token(desk: Desk, scopes: str) -> None:
    with desk.store.transaction() as session:
        with pytest.raises(WrongScopes, match="in that order"):
            tokens.create(
                session, UNIT, client="x", scopes=f"system/Task.r {scopes}" if scopes else "", days=1, now=desk.now
            )
        assert tokens.listed(session, UNIT) == ()


@pytest.mark.parametrize("days", [0, -1, 401])
def test_a_token_does_not_live_for_ever(desk: Desk, days: int) -> None:
    with desk.store.transaction() as session, pytest.raises(WrongLifetime):
        tokens.create(session, UNIT, client="x", scopes="system/Task.r", days=days, now=desk.now)


def test_a_token_speaks_for_its_own_unit(desk: Desk) -> None:
    with desk.store.transaction() as session:
        made = tokens.create(session, UNIT, client="x", scopes="system/Task.rs", days=1, now=desk.now)
        found = tokens.check(session, made.text, now=desk.now)
        assert (found.owner, found.client) == (UNIT, "x")
        assert made.text not in tokens.listed(session, UNIT)[0].model_dump_json()
        with pytest.raises(NoAccess):
            tokens.check(session, made.text[:-1], now=desk.now)
        with pytest.raises(NoSuchToken):
            tokens.revoke(session, OTHER_PROVIDER, made.id, now=desk.now)
        tokens.used(session, UNIT, made.id, now=desk.now)
        tokens.used(session, UNIT, made.id, now=desk.now + timedelta(seconds=30))
        assert tokens.listed(session, UNIT)[0].last_used_at == desk.now


def test_scopes_add_up() -> None:
    scopes = parse_scopes("system/Task.r system/Task.u system/*.s")
    assert [scopes.allows("Task", letter) for letter in "crus"] == [False, True, True, True]
    assert [scopes.allows("Patient", letter) for letter in "rs"] == [False, True]

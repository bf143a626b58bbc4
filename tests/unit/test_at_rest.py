"""What lies on the disk: for this user alone, flushed before it is said to be saved, one writer at a time."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text

from smart_app.cli.demo_places import Places
from smart_app.sealing import CannotUnseal, Sealer
from smart_app.store.database import open_store


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_database_and_every_folder_made_for_it_are_this_users_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "deep" / "service.db"
    store = open_store(f"sqlite:///{file}")
    with store.transaction() as session:
        session.execute(text("UPDATE outbox_pause SET issuer = issuer"))
        assert {mode(each) for each in file.parent.glob("service.db*")} == {"0o600"}
    assert [mode(each) for each in (file.parent, file.parent.parent)] == ["0o700", "0o700"]
    store.close()


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    (tmp_path / "file").write_text("")
    for name, value in Places(tmp_path, 8000, 8001).environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SICKLEAVE_DATABASE_URL", f"sqlite:///{tmp_path}/file/service.db")
    done = command("audit")
    assert done.exit_code == 1
    assert "cannot be used: Not a directory" in done.output


def test_a_commit_is_on_the_disk_and_keys_hold(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'service.db'}")
    with store.reading() as session:
        said = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("synchronous", "journal_mode")}
        assert said == {"synchronous": 2, "journal_mode": "wal"}
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert session.execute(text("PRAGMA busy_timeout")).scalar_one() >= 5000
    store.close()


def test_a_writer_waits_at_the_start_and_a_reader_never(tmp_path: Path) -> None:
    file = tmp_path / "service.db"
    store = open_store(f"sqlite:///{file}")
    beside = sqlite3.connect(file, timeout=0, isolation_level=None)
    with store.reading() as session:
        session.execute(text("SELECT count(*) FROM outbox")).scalar_one()
        beside.execute("BEGIN IMMEDIATE")
        beside.execute("ROLLBACK")
    with store.transaction() as session:
        session.execute(text("SELECT count(*) FROM outbox")).scalar_one()  # it has only read so far
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            beside.execute("BEGIN IMMEDIATE")
    beside.close()
    store.close()


def test_the_demos_key_is_random_and_its_users_alone(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        places = Places(tmp_path / name, 8000, 8001)
        keys.append(places.environment()["SICKLEAVE_SECRET_KEY"])
        assert places.environment()["SICKLEAVE_SECRET_KEY"] == keys[-1]
        assert mode(places.home / "demo.key") == "0o600"
    assert keys[0] != keys[1]
    assert {len(base64.b64decode(key)) for key in keys} == {32}


def test_a_demo_listens_on_loopback_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[..., Result]
) -> None:
    for name, value in Places(tmp_path, 8000, 8001).environment().items():
        monkeypatch.setenv(name, value)
    done = command("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.exit_code == 2
    assert "loopback only" in done.output


def test_a_sealed_value_opens_for_its_purpose_row_and_column_alone() -> None:
    sealer = Sealer([bytes(range(32))])
    sealed = sealer.seal("outbox", "7", "payload", b"chart")
    assert sealer.unseal("outbox", "7", "payload", sealed) == b"chart"
    for elsewhere in (("look", "7", "payload"), ("outbox", "8", "payload"), ("outbox", "7", "other")):
        with pytest.raises(CannotUnseal):
            sealer.unseal(*elsewhere, sealed)
    assert sealer.mac("form-token", "x") != sealer.mac("limits", "x")
    assert Sealer([bytes(32), bytes(range(32))]).unseal("outbox", "7", "payload", sealed) == b"chart"

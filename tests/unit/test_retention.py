"""What has been kept long enough goes, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from smart_app import retention
from smart_app.assessment.tables import LookRow
from smart_app.store.database import open_store

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_an_old_look_goes_and_a_fresh_one_stays(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}")
    with store.transaction() as session:
        for name, age in (("old", timedelta(days=1, seconds=1)), ("fresh", timedelta(hours=23))):
            session.add(
                LookRow(
                    issuer="i",
                    care_provider="p",
                    care_unit="u",
                    launch_id=name,
                    patient_reference="Patient/x",
                    read_at=NOW - age,
                    sealed_chart="sealed",
                )
            )
    assert retention.purge(store, NOW) == {"look": 1}
    with store.reading() as session:
        assert [row.launch_id for row in session.exec(select(LookRow))] == ["fresh"]
    assert retention.purge(store, NOW) == {}
    store.close()


def test_every_period_names_a_table_and_a_column() -> None:
    assert {"look", "launch", "audit", "assessment", "outbox"} <= set(retention.periods())


def test_the_audit_trail_is_kept_at_least_five_years() -> None:
    assert retention.periods()["audit"].kept >= timedelta(days=5 * 365)


def test_a_wrong_name_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention.tomllib, "loads", lambda _: {"look": {"instant": "never", "days": 1}})
    with pytest.raises(KeyError, match="never"):
        retention.periods()

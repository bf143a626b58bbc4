"""A fault that nobody foresaw: our answer with our headers, and not a word of its text anywhere."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from smart_app.app import build_app
from smart_app.clock import FixedClock
from smart_app.wiring import Services
from tests.worklist_desk import Desk

SECRET = "19800412-2399"


def test_it_is_answered_with_all_headers_and_goes_no_further(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    services: Services = desk.services()
    app = build_app(services.settings, clock=FixedClock(desk.now), store=desk.store)

    @app.get("/breaks")
    def breaks() -> None:
        raise ZeroDivisionError(SECRET)

    with TestClient(app, raise_server_exceptions=True) as browser:  # what goes further, uvicorn prints with its text
        answer = browser.get("/breaks")
    assert answer.status_code == 500
    assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    logged = "".join(capfd.readouterr())
    assert "ZeroDivisionError" in logged
    assert SECRET not in answer.text + logged


def test_a_fault_of_the_database_does_not_repeat_the_row(desk: Desk) -> None:
    with pytest.raises(DBAPIError) as raised, desk.store.transaction() as session:
        session.execute(text("INSERT INTO nowhere (number) VALUES (:number)"), {"number": SECRET})
    assert SECRET not in str(raised.value)

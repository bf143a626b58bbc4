"""Who asks too often waits: over all processes together, told in seconds, and nobody else with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select
from starlette.requests import Request

from smart_app.clock import FixedClock
from smart_app.limits import share
from smart_app.limits.address import caller_address, read_proxies
from smart_app.limits.errors import TooManyRequests
from smart_app.limits.share import DRAWS, Limits, per_minute
from smart_app.limits.tables import LimitRow
from smart_app.sealing import Sealer
from smart_app.store.database import Store, open_store
from tests.unit.api.test_api_doors import launch
from tests.unit.launch.launching import BASE, a_scene
from tests.worklist_desk import Desk, a_quick_desk

SEALER = Sealer([bytes(range(32))])
NOON = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)


def granted(limits: Limits, who: str, asked: int, kind: str = "token") -> int:
    """How many of so many requests are let through."""
    through = 0
    for _ in range(asked):
        try:
            limits.count(kind, who)
        except TooManyRequests as over:
            assert (over.kind, over.retry_after_s) == (kind, 40)  # noqa: PT017  (counted, not expected)
        else:
            through += 1
    return through


@pytest.fixture
def store(database_url: str) -> Any:
    opened = open_store(database_url)
    yield opened
    opened.close()


def test_two_processes_share_one_limit_and_a_new_minute_is_fresh(store: Store) -> None:
    clock = FixedClock(NOON)
    one, other = Limits(store, SEALER, clock), Limits(store, SEALER, clock)
    most = per_minute()["token"]
    with ThreadPoolExecutor(8) as pool:
        each = list(pool.map(lambda n: granted((one, other)[n % 2], "t1", most // 4), range(8)))
    assert most * 0.9 <= sum(each) <= most
    assert granted(one, "t2", 5) == granted(one, "t1", 5, "launch") == 5
    clock.instant += timedelta(seconds=60)
    assert granted(other, "t1", most + 1) == most
    assert granted(one, "t1", 1) == 0


def test_most_requests_and_all_refusals_cost_no_statement(tmp_path: Path) -> None:
    desk = a_quick_desk(tmp_path)
    statements: list[str] = []
    event.listen(desk.store.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    limits = Limits(desk.store, SEALER, FixedClock(NOON))
    most = per_minute()["token"]
    assert granted(limits, "t1", most) == most
    assert len([each for each in statements if "UPDATE" in each or "INSERT" in each]) <= DRAWS + 1
    assert granted(limits, "t1", 1) == 0
    statements.clear()
    assert granted(limits, "t1", 500) == 0
    assert statements == []


def test_the_database_tells_no_address_and_zero_counts_nothing(tmp_path: Path) -> None:
    desk = a_quick_desk(tmp_path)
    assert granted(Limits(desk.store, SEALER, FixedClock(NOON), 0), "192.0.2.7", 9000) == 9000
    Limits(desk.store, SEALER, FixedClock(NOON)).count("sign-in", "192.0.2.7")
    with desk.store.reading() as session:
        (row,) = session.exec(select(LimitRow))
    assert row.key == SEALER.mac("limits", "sign-in\x1f192.0.2.7")


def refused(answer: Any) -> None:
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.json()["issue"][0]["code"] == "throttled"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches soon."""
    monkeypatch.setattr(share, "per_minute", lambda: {"token": 6, "launch": 2, "sign-in": 12, "wrong-token": 1})


@pytest.fixture
def narrow(few: None, tmp_path: Path) -> Desk:
    """A service with these limits."""
    desk = a_quick_desk(tmp_path)
    desk.limits = 1
    return desk


def test_a_token_that_asks_too_often_waits_and_others_do_not(narrow: Desk) -> None:
    api, busy, quiet = narrow.api(), narrow.token(), narrow.token()
    assert [api.get("/fhir/Task", headers=busy).status_code for _ in range(6)] == [200] * 6
    refused(api.get("/fhir/Task", headers=busy))
    refused(api.put("/fhir/Task/x", headers=busy))
    assert api.get("/fhir/Task", headers=quiet).status_code == 200
    narrow.clock.instant += timedelta(minutes=1)
    assert api.get("/fhir/Task", headers=busy).status_code == 200


def test_guessing_tokens_is_slowed_and_a_good_one_still_holds(narrow: Desk) -> None:
    api = narrow.api()
    assert api.get("/fhir/Task", headers={"Authorization": "Bearer slf_wrong"}).status_code == 401
    refused(api.get("/fhir/Task", headers={"Authorization": "Bearer slf_wrong2"}))
    assert api.get("/fhir/Task", headers=narrow.token()).status_code == 200
    assert api.get("/fhir/Task").status_code == 401  # without any token nothing is looked up


def test_a_launch_that_asks_too_often_waits(narrow: Desk) -> None:
    api, (busy, _), (quiet, _) = narrow.api(), launch(narrow), launch(narrow)
    assert [api.get("/fhir/Task", headers=busy).status_code for _ in range(2)] == [200, 200]
    refused(api.get("/fhir/Task", headers=busy))
    assert api.get("/fhir/Task", headers=quiet).status_code == 200


def test_sign_ins_from_one_address_and_pages_of_one_launch_have_an_end(few: None, tmp_path: Path) -> None:
    scene = a_scene(tmp_path)
    page = scene.open()
    scene.clock.instant += timedelta(minutes=1)
    object.__setattr__(scene.given, "limits", Limits(scene.given.store, SEALER, scene.given.clock))
    assert [scene.browser.get(page).status_code for _ in range(3)] == [200, 200, 429]
    begin = {"iss": BASE, "launch": "x"}
    answers = [scene.browser.get("/launch", params=begin).status_code for _ in range(13)]
    assert answers == [303] * 12 + [429]
    rows = len(scene.launches())
    assert scene.browser.get("/launch", params=begin).status_code == 429
    assert scene.browser.get("/callback", params={"state": "x", "code": "y"}).status_code == 429
    assert len(scene.launches()) == rows


@pytest.mark.parametrize(
    ("socket", "forwarded", "counted"),
    [
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),  # nobody of ours says so
        ("10.0.0.5", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first was sent by the caller
        ("10.0.0.5", "203.0.113.9, 10.1.0.77", "203.0.113.9"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "no address", "no address"),
        ("2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "", "2001:db8:1:2::/64"),
        ("testclient", "203.0.113.9", "testclient"),
    ],
)
def test_whose_address_is_counted(socket: str, forwarded: str, counted: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "client": (socket, 1), "headers": headers})
    assert caller_address(request, read_proxies("10.0.0.5, 10.1.0.0/24")) == counted

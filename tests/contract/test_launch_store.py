"""Launches on both databases: a state is taken once, however many come with it at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import SQLModel

from smart_app.clock import FixedClock
from smart_app.launch import sessions
from smart_app.launch.errors import UnknownState
from smart_app.store.database import open_store
from tests.unit.launch.launching import NOW, PROFILE, LyingEhr, Scene, browser_at, service_app, services_for

AT_ONCE = 8


def a_stage(database_url: str) -> Scene:
    store = open_store(database_url, migrate=False)
    SQLModel.metadata.create_all(store.engine)
    clock = FixedClock(NOW)
    ehr = LyingEhr(clock)
    given = services_for(store, PROFILE, ehr.transport(), clock)
    return Scene(given, ehr, browser_at(service_app(given)), clock)


def test_whole_launch_and_replay(database_url: str) -> None:
    stage = a_stage(database_url)
    asked = stage.start()
    page = stage.finish(asked).headers["location"]
    assert stage.browser.get(page).json()["patient"] == "Patient/p1"
    assert stage.refused(stage.finish(asked)) == (400, "UnknownState", "used-state")
    assert stage.browser.get("/.well-known/jwks.json").json()["keys"]
    stage.given.store.close()


def test_of_many_with_one_state_a_single_one_wins(database_url: str) -> None:
    stage = a_stage(database_url)
    asked = stage.start()
    cookies = dict(stage.browser.cookies)
    together = Barrier(AT_ONCE)

    def take(_: int) -> str:
        together.wait()
        try:
            return sessions.take(stage.given, asked["state"], cookies).id
        except UnknownState as refused:
            return refused.reason

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(take, range(AT_ONCE)))
    assert sorted(outcomes, key=len) == ["used-state"] * (AT_ONCE - 1) + stage.launches()
    stage.given.store.close()

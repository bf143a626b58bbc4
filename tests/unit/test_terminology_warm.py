"""Words are indexed before anybody searches: at the start, and after an import; and never in the way of the start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from smart_app.app import build_app
from smart_app.routes.fhir_terminology_warm import terminology_warmed
from terminology.concept import Edition
from terminology.release import Release, of_year
from terminology.sqlite_store import write_release
from terminology.store import ReleaseStore
from tests.worklist_desk import a_desk

INVENTED = [Edition("GC001", "INVENTED")]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    (tmp_path / "codes").mkdir()
    imported(tmp_path, 2025)
    desk = a_desk(f"sqlite:///{tmp_path / 'worklist.sqlite'}")
    settings = replace(desk.services().settings, terminology=tmp_path / "codes", inline_outbox=False)
    yield build_app(settings, store=desk.store)
    desk.store.close()


def imported(folder: Path, year: int) -> None:
    write_release(folder / "codes" / f"kva-{year}.sqlite", Release("kva", str(year), *of_year(year)), INVENTED)


def indexed(app: FastAPI) -> list[str]:
    """The releases of KVÅ that a search finds ready."""
    here = getattr(app.state, "terminology", None)
    stores: tuple[ReleaseStore, ...] = here.catalogue.releases("kva") if here else ()
    return [each.release.id for each in stores if each.indexed]


def within(limit_s: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + limit_s
    while time.monotonic() < until and not holds():
        time.sleep(0.01)
    return holds()


def test_the_words_are_indexed_before_the_first_search_and_after_an_import(app: FastAPI, tmp_path: Path) -> None:
    with TestClient(app):
        assert within(10, lambda: "2025" in indexed(app))
        imported(tmp_path, 2026)
        assert within(10, lambda: {"2025", "2026"} <= set(indexed(app)))


def test_the_start_does_not_wait_for_the_words(app: FastAPI) -> None:
    with terminology_warmed(app.state, first_after_s=30) as thread:
        assert thread.is_alive()
        assert indexed(app) == []
    assert not thread.is_alive()


def test_a_damaged_release_is_told_to_whoever_asks_and_ends_nothing(app: FastAPI, tmp_path: Path) -> None:
    (tmp_path / "codes" / "kva-2024.sqlite").write_bytes(b"broken")
    with terminology_warmed(app.state, first_after_s=0) as thread:
        answer = TestClient(app).get("/fhir/CodeSystem/$lookup", params={"system": "kva", "code": "GC001"})
        assert answer.status_code == 503
        assert thread.is_alive()
        assert indexed(app) == []

"""`sickleave check-ehr`: each point is tried, and what is wrong with one is told beside the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.practice_ehr import Quirks
from smart_app.cli import check_ehr
from smart_app.launch import discovery
from smart_app.wiring import Services
from tests.unit.launch.launching import BASE
from tests.unit.launch.test_launch_at_practice_ehr import Pair

Points = dict[str, tuple[bool, str]]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path, Quirks())
    yield made
    made.given.store.close()


@pytest.fixture
def check(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, Points]]:
    @asynccontextmanager
    async def services() -> AsyncIterator[Services]:
        yield pair.given

    monkeypatch.setattr(check_ehr, "background_services", services)

    def run() -> tuple[int, Points]:
        code = check_ehr.run(BASE, as_json=True)
        said = capsys.readouterr().out
        points = json.loads(said[said.index("{\n") :])["points"]
        return code, {one["point"]: (one["ok"], one["found"]) for one in points}

    return run


def test_everything_is_found_at_the_practice_ehr(check: Callable[[], tuple[int, Points]]) -> None:
    code, points = check()
    assert (code, {ok for ok, _ in points.values()}) == (0, {True})
    assert points["token introspection"][1] == "listed, and knows the token that it just gave"
    assert "stated: context-" in points["launch context"][1]
    assert (
        "Condition, Encounter, Procedure, QuestionnaireResponse in the role launch; nothing else"
        in (points["launch context"][1])
    )


@pytest.mark.parametrize(("active", "reason"), [(None, "introspection-no-answer"), (False, "introspection-denies")])
def test_introspection_that_does_not_know_our_token_is_told(
    pair: Pair,
    check: Callable[[], tuple[int, Points]],
    monkeypatch: pytest.MonkeyPatch,
    active: bool | None,
    reason: str,
) -> None:
    async def said() -> bool | None:
        return active

    tokens = pair.given.clients.backend_tokens(pair.given.profile("practice"))
    monkeypatch.setattr(tokens, "is_active", said)
    code, points = check()
    ok, found = points["token introspection"]
    assert (code, ok) == (1, False)
    assert reason in found
    assert points["Backend Services token"][0]


def test_an_ehr_without_introspection_is_no_fault(
    check: Callable[[], tuple[int, Points]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = discovery.get_json

    async def without(*asked: Any, **more: Any) -> Any:
        found, answer = await whole(*asked, **more)
        return {name: value for name, value in found.items() if name != "introspection_endpoint"}, answer

    monkeypatch.setattr(discovery, "get_json", without)
    code, points = check()
    assert (code, points["token introspection"]) == (0, (True, "not listed: a refused token means a new sign-in"))

"""`sickleave check-ehr`: each point is tried, and what is wrong with one is told beside the others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.practice_ehr import Quirks
from smart_app.cli import check_ehr
from smart_app.ehr.client import EhrClient
from smart_app.issuers import IssuerProfile
from smart_app.launch import discovery, id_token
from smart_app.launch.scopes import Scopes, parse
from smart_app.wiring import Services
from tests.unit.launch.launching import BASE
from tests.unit.launch.test_launch_at_practice_ehr import Pair

READING, WRITING = "reading (CapabilityStatement)", "writing (CapabilityStatement and scopes)"
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


def without(monkeypatch: pytest.MonkeyPatch, *members: str) -> None:
    """The EHR's SMART configuration lacks these members."""
    whole = discovery.get_json

    async def less(*asked: Any, **more: Any) -> Any:
        found, answer = await whole(*asked, **more)
        return {name: value for name, value in found.items() if name not in members}, answer

    monkeypatch.setattr(discovery, "get_json", less)


def stating(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], Any]) -> None:
    """The EHR's CapabilityStatement, changed."""
    whole = EhrClient.metadata

    async def changed(client: EhrClient) -> dict[str, Any]:
        found = await whole(client)
        change(found)
        return found

    monkeypatch.setattr(EhrClient, "metadata", changed)


def test_everything_is_found_at_the_practice_ehr(check: Callable[[], tuple[int, Points]]) -> None:
    code, points = check()
    assert (code, {ok for ok, _ in points.values()}) == (0, {True})
    assert points["token introspection"][1] == "listed, and knows the token that it just gave"
    assert points["launch"] == (
        True,
        "PKCE with S256, private_key_jwt, 1 key(s) that can prove an id_token; permission-online listed",
    )
    assert points[READING] == (True, "all that is read is stated")
    assert points[WRITING] == (True, "an assessment is written in one transaction")
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
    without(monkeypatch, "introspection_endpoint")
    code, points = check()
    assert (code, points["token introspection"]) == (0, (True, "not listed: a refused token means a new sign-in"))


def test_what_would_stop_a_launch_is_told(
    check: Callable[[], tuple[int, Points]], monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "code_challenge_methods_supported")
    code, points = check()
    assert (code, points["launch"][0], points["discovery (.well-known/smart-configuration)"][0]) == (1, False, True)
    assert "pkce-s256" in points["launch"][1]


def test_keys_that_can_prove_no_sign_in_are_told(
    check: Callable[[], tuple[int, Points]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*asked: Any, **more: Any) -> list[dict[str, Any]]:
        return [{"kty": "oct", "k": "AAAA"}]

    monkeypatch.setattr(id_token, "_key_set", none)
    code, points = check()
    assert (code, points["launch"][0]) == (1, False)
    assert "jwks" in points["launch"][1]


def test_an_ehr_for_launches_alone_is_checked_too(pair: Pair, check: Callable[[], tuple[int, Points]]) -> None:
    issuers = cast(dict[str, IssuerProfile], pair.given.settings.issuers)
    issuers[BASE] = replace(issuers[BASE], backend_client_id=None)
    code, points = check()
    assert (code, points["Backend Services token"]) == (0, (True, check_ehr.NO_BACKEND))
    assert points[WRITING] == (True, "an assessment is written in one transaction")
    assert points["token introspection"] == (True, "listed, not tried: no background token to ask about")


def test_a_record_that_takes_nothing_and_one_that_cannot_be_searched_are_told(
    check: Callable[[], tuple[int, Points]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(stated: dict[str, Any]) -> None:
        rest = stated["rest"][0]
        rest["interaction"] = None
        rest["resource"] = [
            {"type": "Patient", "interaction": [{"code": "read"}]},
            {"type": "QuestionnaireResponse", "interaction": [{"code": "read"}]},
            {"type": "Condition", "interaction": [{"code": "search-type"}], "searchParam": [{"name": "code"}]},
        ]

    stating(monkeypatch, read_only)
    code, points = check()
    assert (code, points[READING][0], points[WRITING][0]) == (1, False, False)
    assert points[READING][1].startswith("not stated: QuestionnaireResponse search, Condition search by patient, ")
    assert points[WRITING][1].startswith("an assessment is written not at all: it is kept for download; decided by")


def test_another_fhir_version_is_told(check: Callable[[], tuple[int, Points]], monkeypatch: pytest.MonkeyPatch) -> None:
    stating(monkeypatch, lambda stated: stated.update(fhirVersion="5.0.0", software="HAPI"))
    code, points = check()
    assert (code, points["software (CapabilityStatement)"]) == (1, (False, "unnamed; FHIR 5.0.0, R4 is read"))


def test_a_statement_without_types_and_a_token_that_reads_nothing_are_told(
    check: Callable[[], tuple[int, Points]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(client: EhrClient) -> Scopes:
        return parse("system/Task.crus")

    stating(monkeypatch, lambda stated: stated.update(rest=None))
    monkeypatch.setattr(EhrClient, "granted", nothing)
    code, points = check()
    assert points[READING] == (True, "no types are listed: nothing is known")
    assert (code, points["Backend Services token"][0]) == (1, False)
    assert "system/Patient.r" in points["Backend Services token"][1]


def test_what_an_ehr_calls_itself_cannot_write_lines_of_its_own(
    pair: Pair,
    check: Callable[[], tuple[int, Points]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stating(monkeypatch, lambda stated: stated["software"].update(name="EHR\x1b[2J\nFAIL launch: no"))
    assert check()[0] == 0
    assert check_ehr.run(BASE, as_json=False) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok  ", "FAIL"))]
    assert len(lines) == len(check()[1])
    assert any("EHR�[2J�FAIL launch: no" in line for line in lines)

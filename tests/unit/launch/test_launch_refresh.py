"""Refresh: one at a time across processes, each refresh token once, and no way round a patient or a scope."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlmodel import select

from sandbox.practice_ehr import Quirks
from smart_app.ehr.errors import EhrUnreachable, NoToken
from smart_app.http import new_client
from smart_app.launch import refresh
from smart_app.launch.sessions import fail, find_open
from smart_app.launch.tables import UsedOnceRow
from smart_app.launch.tokens import LaunchTokens
from tests.unit.launch.launching import APP, EHR, Scene, a_scene
from tests.unit.launch.test_launch_at_practice_ehr import EVA, Pair


@pytest.fixture
def stage(scene: Scene) -> Scene:
    """A launch whose token lasts ten minutes and can be refreshed; each answer brings new tokens."""
    scene.ehr.token = {"expires_in": 600, "refresh_token": "rt-1"}
    scene.open()
    scene.ehr.token = {"access_token": "at-2", "refresh_token": "rt-2", "id_token": None, "expires_in": 600}
    return scene


def tokens_of(stage: Scene) -> LaunchTokens:
    return LaunchTokens(stage.given, stage.launches()[0], "lying")


def token_now(stage: Scene) -> str:
    return asyncio.run(tokens_of(stage).token()).value


@pytest.mark.requirement("smart-app-launch_2.2_client@105,106,108")
def test_ended_token_is_refreshed_with_the_token_that_came_last(stage: Scene) -> None:
    assert token_now(stage) == "at-1"
    stage.clock.instant += timedelta(minutes=10)
    assert token_now(stage) == "at-2"
    assert stage.ehr.forms[-1] == {"grant_type": "refresh_token", "refresh_token": "rt-1", "client_id": "sickleave"}
    stage.ehr.token |= {"access_token": "at-3", "refresh_token": None}
    stage.clock.instant += timedelta(minutes=10)
    assert token_now(stage) == "at-3"
    assert stage.ehr.forms[-1]["refresh_token"] == "rt-2"
    stage.clock.instant += timedelta(minutes=10)
    assert token_now(stage) == "at-3"
    assert stage.ehr.forms[-1]["refresh_token"] == "rt-2"  # none came with at-3, so this one still holds


@pytest.mark.requirement("smart-app-launch_2.2_client@215,216")
@pytest.mark.parametrize(("wish", "scope"), [("online", "online_access"), ("offline", "offline_access")])
def test_refresh_is_asked_for_where_the_ehr_lists_it(tmp_path: Path, wish: str, scope: str) -> None:
    scene = a_scene(tmp_path, refresh=wish)
    assert not [word for word in scene.start()["scope"].split() if word.endswith("_access")]
    scene = a_scene(tmp_path, refresh=wish)
    scene.ehr.configuration = {"capabilities": ["launch-ehr", "permission-online", "permission-offline"]}
    assert [word for word in scene.start()["scope"].split() if word.endswith("_access")] == [scope]
    silent = a_scene(tmp_path, refresh="none")
    silent.ehr.configuration = scene.ehr.configuration
    assert not [word for word in silent.start()["scope"].split() if word.endswith("_access")]


def test_many_in_two_processes_make_one_request(stage: Scene) -> None:
    stage.clock.instant += timedelta(minutes=10)
    elsewhere = replace(stage.given, http=new_client(stage.ehr.transport()))  # another process: nothing shared but rows
    launch = stage.launches()[0]

    async def many() -> list[str]:
        sources = [LaunchTokens(given, launch, "lying") for given in (stage.given, elsewhere) for _ in range(10)]
        return [found.value for found in await asyncio.gather(*(source.token() for source in sources))]

    assert asyncio.run(many()) == ["at-2"] * 20
    assert [form["grant_type"] for form in stage.ehr.forms] == ["authorization_code", "refresh_token"]


def test_refused_token_is_refreshed_once_by_however_many_met_the_refusal(stage: Scene) -> None:
    async def many() -> list[str]:
        sources = [tokens_of(stage) for _ in range(5)]
        for source in sources:
            await source.token()
        return [found.value for found in await asyncio.gather(*(source.token(renew=True) for source in sources))]

    assert asyncio.run(many()) == ["at-2"] * 5
    assert len(stage.ehr.forms) == 2


def test_lease_of_a_process_that_died_runs_out(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "TURNS", 3)
    stage.clock.instant += timedelta(minutes=10)
    with stage.given.store.transaction() as session:
        ends = stage.clock.now() + refresh.LEASE
        session.add(UsedOnceRow(purpose=refresh.PURPOSE, key=stage.launches()[0], expires_at=ends))
    with pytest.raises(EhrUnreachable, match="refresh-busy"):
        token_now(stage)
    assert len(stage.ehr.forms) == 1
    stage.clock.instant += refresh.LEASE
    assert token_now(stage) == "at-2"
    with stage.given.store.reading() as session:
        assert session.exec(select(UsedOnceRow)).all() == []


def test_refused_refresh_means_a_new_launch_and_is_not_tried_again(stage: Scene) -> None:
    stage.clock.instant += timedelta(minutes=10)
    stage.ehr.answers["/token"] = lambda _: httpx2.Response(400, json={"error": "invalid_grant"})
    for _ in range(2):
        with pytest.raises(NoToken, match="expired"):
            token_now(stage)
    assert len([path for _, path in stage.ehr.asked if path == "/token"]) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_ehr_in_trouble_costs_no_refresh_token(stage: Scene, status: int) -> None:
    stage.clock.instant += timedelta(minutes=10)
    stage.ehr.answers["/token"] = lambda _: httpx2.Response(status)
    with pytest.raises(EhrUnreachable):
        token_now(stage)
    stage.ehr.answers.clear()
    assert token_now(stage) == "at-2"


def test_refresh_cannot_change_the_patient_or_widen_the_scopes(stage: Scene) -> None:
    stage.clock.instant += timedelta(minutes=10)
    stage.ehr.token |= {"scope": "patient/*.cruds user/*.rs"}
    wider = asyncio.run(tokens_of(stage).token())
    assert not wider.granted.allows("patient", "RiskAssessment", "c")
    stage.clock.instant += timedelta(minutes=10)
    stage.ehr.token |= {"scope": "patient/*.rs", "access_token": "at-3"}
    narrower = asyncio.run(tokens_of(stage).token())
    assert not narrower.granted.allows("user", "Task", "r")
    stage.clock.instant += timedelta(minutes=10)
    stage.ehr.token |= {"patient": "p2"}
    with pytest.raises(NoToken, match="another-patient"):
        token_now(stage)


def test_a_refresh_that_widens_here_and_narrows_there_leaves_what_both_grant(stage: Scene) -> None:
    stage.clock.instant += timedelta(minutes=10)
    stage.ehr.token |= {"scope": "openid patient/*.cruds"}
    granted = asyncio.run(tokens_of(stage).token()).granted
    assert granted.allows("patient", "Condition", "r")
    assert not granted.allows("patient", "Condition", "c")
    assert not granted.allows("user", "Task", "r")


def test_what_a_refresh_brings_after_the_launch_was_closed_is_revoked(stage: Scene) -> None:
    revoked: list[str] = []

    def revoke(request: httpx2.Request) -> httpx2.Response:
        revoked.append(request.content.decode())
        return httpx2.Response(200, json={})

    def closed_meanwhile(request: httpx2.Request) -> httpx2.Response:
        fail(stage.given, stage.launches()[0])
        return stage.ehr._token(request)

    stage.clock.instant += timedelta(minutes=11)
    stage.ehr.configuration = {"revocation_endpoint": f"{EHR}/revoke"}
    stage.ehr.answers |= {"/revoke": revoke, "/token": closed_meanwhile}
    with pytest.raises(NoToken, match="closed"):
        token_now(stage)
    assert ["rt-2" in revoked[0], "at-2" in revoked[1]] == [True, True]


def test_logout_ends_refresh_and_revokes_both_tokens(stage: Scene) -> None:
    revoked: list[str] = []

    def revoke(request: httpx2.Request) -> httpx2.Response:
        revoked.append(request.content.decode())
        return httpx2.Response(200, json={})

    stage.ehr.configuration = {"revocation_endpoint": f"{EHR}/revoke"}
    stage.clock.instant += timedelta(minutes=11)
    stage.ehr.answers["/revoke"] = revoke
    launch = stage.launches()[0]
    token = find_open(stage.given, launch, dict(stage.browser.cookies)).form_token
    stage.browser.post(f"/logout/{launch}", data={"form_token": token}, headers={"Origin": APP})
    assert ["rt-1" in revoked[0], "at-1" in revoked[1]] == [True, True]
    with pytest.raises(NoToken, match="closed"):
        asyncio.run(LaunchTokens(stage.given, launch, "lying").token())
    assert len(stage.ehr.forms) == 1


def test_practice_ehr_rotates_and_the_launch_goes_on(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    context = pair.launch(user="amir-haddad", patient=EVA)
    source = LaunchTokens(pair.given, context.id, "practice")
    first = asyncio.run(source.token()).value
    later = {asyncio.run(source.token(renew=True)).value for _ in range(3)}
    assert len({first, *later}) == 4
    assert asyncio.run(pair.given.clients.for_launch(context).read(f"Patient/{EVA}"))["id"] == EVA

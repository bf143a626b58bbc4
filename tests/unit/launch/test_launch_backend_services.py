"""Backend Services: one token for many, renewed in time, and faults that a delivery understands."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from smart_app.ehr.errors import EhrFault, EhrUnreachable, NoToken
from smart_app.launch.backend_services import BackendTokens
from smart_app.launch.clients import Clients
from tests.unit.launch.launching import Scene, a_scene


@pytest.fixture
def stage(tmp_path: Path) -> Scene:
    found = a_scene(tmp_path, backend_client_id="background")
    found.ehr.token = {"scope": "system/*.rs", "id_token": None, "patient": None}
    return found


def tokens_of(stage: Scene) -> BackendTokens:
    return BackendTokens(stage.given, stage.given.profile("lying"))


@pytest.mark.requirement("smart-app-launch_2.2_client@229,233,235,236,237,238")
def test_request_is_by_the_book(stage: Scene) -> None:
    token = asyncio.run(tokens_of(stage).token())
    (form,) = stage.ehr.forms
    assert form["grant_type"] == "client_credentials"
    assert "system/QuestionnaireResponse.rs" in form["scope"].split()
    assert {"client_assertion", "client_assertion_type"} <= form.keys()
    assert token.granted.allows("system", "Condition", "s")


def test_many_at_once_share_one_request(stage: Scene) -> None:
    tokens = tokens_of(stage)

    async def many() -> None:
        await asyncio.gather(*(tokens.token() for _ in range(20)))

    asyncio.run(many())
    assert len(stage.ehr.forms) == 1


def test_token_is_replaced_before_it_ends_and_when_refused(stage: Scene) -> None:
    stage.ehr.token |= {"expires_in": 300}
    tokens = tokens_of(stage)
    asyncio.run(tokens.token())
    stage.clock.instant += timedelta(seconds=260)
    asyncio.run(tokens.token())
    assert len(stage.ehr.forms) == 1
    stage.clock.instant += timedelta(seconds=15)
    asyncio.run(tokens.token())
    assert len(stage.ehr.forms) == 2
    asyncio.run(tokens.token(renew=True))
    assert len(stage.ehr.forms) == 3
    assert len({form["client_assertion"] for form in stage.ehr.forms}) == 3


def test_a_token_of_half_a_minute_serves_more_than_one_request(stage: Scene) -> None:
    stage.ehr.token |= {"expires_in": 30}
    tokens = tokens_of(stage)
    for _ in range(3):
        asyncio.run(tokens.token())
        stage.clock.instant += timedelta(seconds=7)
    assert len(stage.ehr.forms) == 1
    asyncio.run(tokens.token())
    assert len(stage.ehr.forms) == 2


REFUSALS: list[tuple[Any, EhrFault]] = [
    (httpx2.Response(401, json={"error": "invalid_client"}), NoToken("lying", "denied")),
    (httpx2.Response(500), EhrUnreachable("lying", "token-endpoint-status-500")),
    (httpx2.Response(200, content=b"<html>"), EhrUnreachable("lying", "not-json")),
]


@pytest.mark.parametrize(("answer", "fault"), REFUSALS)
def test_refusal_is_a_fault_that_a_delivery_understands(stage: Scene, answer: Any, fault: EhrFault) -> None:
    stage.ehr.answers["/token"] = lambda _: answer
    with pytest.raises(type(fault)) as raised:
        asyncio.run(tokens_of(stage).token())
    assert vars(raised.value) == vars(fault)


def test_issuer_without_background_client_gives_none(scene: Scene) -> None:
    for asked in (None, "no-such-launch"):
        with pytest.raises(NoToken):
            asyncio.run(Clients(scene.given).for_issuer("lying", asked))
    with pytest.raises(NoToken, match="unknown-issuer"):
        asyncio.run(Clients(scene.given).for_issuer("another", None))


def test_launch_token_ends_with_its_own_life(scene: Scene) -> None:
    scene.ehr.token = {"expires_in": 600}
    launch = scene.open().rpartition("/")[2]
    client = asyncio.run(Clients(scene.given).for_issuer("lying", launch))
    assert asyncio.run(client.read("Patient/p1"))["id"] == "p1"
    scene.clock.instant += timedelta(minutes=10)
    with pytest.raises(NoToken, match="expired"):
        asyncio.run(client.read("Patient/p1"))

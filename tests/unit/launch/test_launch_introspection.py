"""A token that the EHR refuses: it is asked about once, where the EHR offers that, and what it says is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from sandbox.practice_ehr import Quirks
from smart_app.ehr.errors import NoToken
from smart_app.launch.tokens import LaunchTokens
from tests.unit.launch.launching import EHR, Scene
from tests.unit.launch.test_launch_at_practice_ehr import EVA, Pair


def opened(scene: Scene, said: httpx2.Response | None) -> LaunchTokens:
    """A launch at an EHR that answers `said` when asked about a token; None = it offers no introspection."""
    if said is not None:
        scene.ehr.configuration = {"introspection_endpoint": f"{EHR}/introspect"}
        scene.ehr.answers["/introspect"] = lambda _: said
    scene.open()
    return LaunchTokens(scene.given, scene.launches()[0], "lying")


def asked(scene: Scene) -> int:
    return [path for _, path in scene.ehr.asked].count("/introspect")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "refused"),
        (httpx2.Response(200, json={"active": True}), "refused-though-active"),
        (httpx2.Response(200, json={"active": False}), "ended"),
        (httpx2.Response(200, json={"active": "no"}), "refused"),
        (httpx2.Response(200, content=b"<html>"), "refused"),
        (httpx2.Response(401, json={"error": "invalid_client"}), "refused"),
        (httpx2.Response(503), "refused"),
        (httpx2.Response(302, headers={"location": "https://evil.example/"}), "refused"),
    ],
)
def test_what_the_ehr_says_of_a_token_that_it_refused(scene: Scene, said: httpx2.Response | None, why: str) -> None:
    source = opened(scene, said)
    asyncio.run(source.token())
    assert asked(scene) == 0
    with pytest.raises(NoToken) as refused:
        asyncio.run(source.token(renew=True))
    assert refused.value.why == why
    assert asked(scene) == (said is not None)


def test_a_token_that_has_ended_is_neither_sent_nor_asked_about_again(scene: Scene) -> None:
    source = opened(scene, httpx2.Response(200, json={"active": False}))
    for why in ("ended", "expired", "expired"):
        with pytest.raises(NoToken, match=why):
            asyncio.run(source.token(renew=True))
    assert asked(scene) == 1


def test_introspection_elsewhere_gets_no_token(scene: Scene) -> None:
    scene.ehr.configuration = {"introspection_endpoint": "https://evil.example/introspect"}
    answer = scene.browser.get("/launch", params={"iss": f"{EHR}/fhir", "launch": "x"})
    assert scene.refused(answer) == (502, "WrongDiscovery", "introspection_endpoint-elsewhere")


def test_practice_ehr_tells_of_ended_and_of_living_tokens(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks(), refresh="none")
    context = pair.launch(user="amir-haddad", patient=EVA)
    source = LaunchTokens(pair.given, context.id, "practice")
    token = asyncio.run(source.token()).value
    with pytest.raises(NoToken, match="refused-though-active"):
        asyncio.run(source.token(renew=True))
    pair.ehr_browser.app.state.grants.end_token(token)  # type: ignore[attr-defined]
    with pytest.raises(NoToken, match="ended"):
        asyncio.run(pair.given.clients.for_launch(context).read(f"Patient/{EVA}"))


def test_background_client_asks_about_its_own_token(tmp_path: Path) -> None:
    pair = Pair(tmp_path, Quirks())
    tokens = pair.given.clients.backend_tokens(pair.given.profile("practice"))

    async def before_and_after() -> list[bool | None]:
        first = await tokens.is_active()
        pair.ehr_browser.app.state.grants.end_token((await tokens.token()).value)  # type: ignore[attr-defined]
        return [first, await tokens.is_active()]

    assert asyncio.run(before_and_after()) == [True, False]

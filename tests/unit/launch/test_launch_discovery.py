"""The SMART configuration: nothing in it sends us elsewhere, and it is asked for seldom."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.unit.launch.launching import BASE, EHR, Scene, a_scene

PATH = "/fhir/.well-known/smart-configuration"


def begin(scene: Scene) -> httpx2.Response:
    return scene.browser.get("/launch", params={"iss": BASE, "launch": "x"})


@pytest.mark.requirement("smart-app-launch_2.2_client@1")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"authorization_endpoint": "https://evil.example/authorize"}, "authorization_endpoint-elsewhere"),
        ({"token_endpoint": "https://evil.example/token"}, "token_endpoint-elsewhere"),
        ({"token_endpoint": "http://ehr.example/token"}, "token_endpoint-elsewhere"),
        ({"token_endpoint": "//evil.example/token"}, "token_endpoint-elsewhere"),
        ({"token_endpoint": "https://ehr.example@evil.example/token"}, "token_endpoint-elsewhere"),
        ({"token_endpoint": "https://ehr.example:8443/token"}, "token_endpoint-elsewhere"),
        ({"token_endpoint": "https://[broken/token"}, "token_endpoint-elsewhere"),
        ({"revocation_endpoint": "https://evil.example/revoke"}, "revocation_endpoint-elsewhere"),
        ({"token_endpoint": None}, "token_endpoint"),
        ({"token_endpoint": 7}, "token_endpoint"),
        ({"authorization_endpoint": None}, "authorization_endpoint"),
        ({"code_challenge_methods_supported": ["plain"]}, "pkce-s256"),
        ({"code_challenge_methods_supported": None}, "pkce-s256"),
        ({"capabilities": ["launch-standalone"]}, "launch-ehr"),
    ],
)
def test_configuration_that_we_cannot_use_is_refused_by_name(scene: Scene, changed: Any, reason: str) -> None:
    scene.ehr.configuration = changed
    assert scene.refused(begin(scene)) == (502, "WrongDiscovery", reason)
    assert {path for _, path in scene.ehr.asked} == {PATH}


def test_endpoints_may_be_at_an_origin_that_the_profile_allows(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, allowed_origins=("https://login.ehr.example",))
    scene.ehr.configuration = {"authorization_endpoint": "https://login.ehr.example/authorize"}
    assert begin(scene).headers["location"].startswith("https://login.ehr.example/authorize?")


@pytest.mark.requirement("smart-app-launch_2.2_client@379")
def test_relative_endpoints_are_resolved_against_the_base(scene: Scene) -> None:
    scene.ehr.configuration = {"authorization_endpoint": "../authorize", "token_endpoint": "/token"}
    answer = begin(scene)
    assert answer.headers["location"].startswith(f"{EHR}/authorize?")
    assert scene.open()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx2.Response(404), "status-404"),
        (httpx2.Response(302, headers={"location": f"{EHR}/elsewhere"}), "status-302"),
        (httpx2.Response(200, content=b"<html>"), "not-json"),
        (httpx2.Response(200, content=b"[]"), "not-json"),
        (httpx2.Response(200, content=b"{" + b" " * 300_000 + b"}"), "too-large"),
    ],
)
def test_answer_that_is_no_configuration(scene: Scene, answer: httpx2.Response, reason: str) -> None:
    scene.ehr.answers[PATH] = lambda _: answer
    assert scene.refused(begin(scene)) == (502, "WrongDiscovery", reason)
    assert len(scene.ehr.asked) == 1


def test_ehr_that_does_not_answer(scene: Scene) -> None:
    def lost(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route")

    scene.ehr.answers[PATH] = lost
    assert scene.refused(begin(scene)) == (502, "WrongDiscovery", "unreachable")


@pytest.mark.parametrize(
    ("cache_control", "kept_s"),
    [(None, 600), ("max-age=60", 60), ("public, max-age=999999", 600), ("no-store", 0), ("max-age=0", 0)],
)
def test_configuration_is_kept_as_long_as_it_may(scene: Scene, cache_control: str | None, kept_s: int) -> None:
    genuine = scene.ehr._configuration()
    headers = {"cache-control": cache_control} if cache_control else {}
    scene.ehr.answers[PATH] = lambda _: httpx2.Response(200, json=genuine, headers=headers)

    def asked_at(seconds: float) -> int:
        scene.clock.instant += timedelta(seconds=seconds)
        scene.browser.cookies.clear()  # another browser: one that did not come back would make us look again
        begin(scene)
        return len(scene.ehr.asked)

    assert asked_at(0) == 1
    if kept_s:
        assert asked_at(kept_s - 1) == 1
    assert asked_at(2) == 2

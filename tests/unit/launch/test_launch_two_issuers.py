"""Two record systems in one browser: each launch knows its own, and neither's token goes to the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx2

from smart_app.http import new_client
from smart_app.launch.sessions import find_open
from tests.unit.launch.launching import (
    BASE,
    EHR,
    PROFILE,
    LyingEhr,
    Scene,
    a_scene,
    browser_at,
    query_of,
    service_app,
)

OTHER = "https://other.example"


def two(tmp_path: Path) -> tuple[Scene, LyingEhr]:
    """A scene whose service knows a second EHR, which answers at another host with another token."""
    scene = a_scene(tmp_path)
    other = LyingEhr(scene.clock)
    profile = replace(PROFILE, id="other", name="Andra journalen", fhir_base=f"{OTHER}/fhir")
    other.configuration = {
        "issuer": OTHER,
        "jwks_uri": f"{OTHER}/jwks",
        "authorization_endpoint": f"{OTHER}/authorize",
        "token_endpoint": f"{OTHER}/token",
    }
    other.fhir_user = f"{OTHER}/fhir/Practitioner/doc"
    sign = other.sign
    other.sign = lambda claims: sign(claims | {"iss": OTHER})
    other.token = {"patient": "p2"}
    doors = {"ehr.example": scene.ehr, "other.example": other}
    transport = httpx2.MockTransport(lambda request: doors[request.url.host]._answer(request))
    settings = replace(scene.given.settings, issuers={PROFILE.fhir_base: PROFILE, profile.fhir_base: profile})
    scene.given = replace(scene.given, settings=settings, http=new_client(transport))
    scene.browser = browser_at(service_app(scene.given))
    return scene, other


def begun(scene: Scene, ehr: LyingEhr, iss: str) -> dict[str, str]:
    asked = query_of(scene.browser.get("/launch", params={"iss": iss, "launch": "x"}).headers["location"])
    ehr.nonce = asked["nonce"]
    return asked


def test_two_issuers_in_one_browser_never_mix(tmp_path: Path) -> None:
    scene, other = two(tmp_path)
    first, second = begun(scene, scene.ehr, BASE), begun(scene, other, f"{OTHER}/fhir")
    there = scene.finish(second).headers["location"]  # crosswise: the second comes back first
    here = scene.finish(first).headers["location"]
    assert scene.browser.get(here).json()["patient"] == "Patient/p1"
    assert scene.browser.get(there).json()["patient"] == "Patient/p2"
    cookies = dict(scene.browser.cookies)
    owners = [find_open(scene.given, page.rpartition("/")[2], cookies).owner.issuer for page in (here, there)]
    assert owners == ["lying", "other"]
    assert {str(request.url.host) for request in scene.ehr.requests} == {"ehr.example"}
    assert {str(request.url.host) for request in other.requests} == {"other.example"}


def test_a_code_of_one_is_not_taken_to_the_other(tmp_path: Path) -> None:
    scene, other = two(tmp_path)
    mine = begun(scene, scene.ehr, BASE)
    begun(scene, other, f"{OTHER}/fhir")
    answer = scene.finish(mine, iss=OTHER)
    assert scene.refused(answer) == (502, "WrongDiscovery", "answer-from-elsewhere")
    assert scene.ehr.forms == other.forms == []
    assert EHR not in {f"https://{request.url.host}" for request in other.requests}

"""What the launch guide demands of an app, where no other test shows it. The ids are those of its requirement list."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from smart_app.issuers import DEFAULT_SCOPES
from smart_app.launch.clients import Clients
from smart_app.settings import WrongSettings, read_settings
from tests.unit.launch.launching import APP, BASE, EHR, Scene, a_scene, query_of, set_cookies

FORM = "application/x-www-form-urlencoded"
SCOPE = re.compile(
    r"openid|fhirUser|launch(/patient)?|o(n|ff)line_access"
    r"|(patient|user|system)/([A-Z][A-Za-z]+|\*)\.(?=[cruds])c?r?u?d?s?(\?[^\s=&]+=[^\s=&]+(&[^\s=&]+=[^\s=&]+)*)?"
)


@pytest.mark.requirement("smart-app-launch_2.2_client@29,226,227")
def test_discovery_is_one_get_below_the_base_that_accepts_json(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, backend_client_id="background")
    scene.start()
    (first,) = scene.ehr.requests
    assert (first.method, str(first.url)) == ("GET", f"{BASE}/.well-known/smart-configuration")
    assert "application/json" in first.headers["accept"]
    assert "authorization" not in first.headers
    alone = a_scene(tmp_path, backend_client_id="background")
    alone.ehr.token = {"scope": "system/*.rs", "id_token": None, "patient": None}
    asyncio.run(Clients(alone.given).backend(alone.given.profile("lying")).granted())
    assert [(each.method, each.url.path) for each in alone.ehr.requests] == [
        ("GET", "/fhir/.well-known/smart-configuration"),
        ("POST", "/token"),
    ]


@pytest.mark.requirement("smart-app-launch_2.2_client@2,40")
def test_state_is_random_and_longer_than_any_guess(scene: Scene) -> None:
    states = {scene.start()["state"] for _ in range(20)}
    assert len(states) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43,}", state) for state in states)  # 43 characters of 6 bits
    assert all(len({state[place] for state in states}) > 1 for place in range(42))


@pytest.mark.requirement("smart-app-launch_2.2_client@6")
@pytest.mark.parametrize("name", ["redirect", "redirect_uri", "url", "next", "back", "launch", "target_link_uri"])
def test_callback_leads_to_our_own_pages_only(scene: Scene, name: str) -> None:
    answer = scene.finish(scene.start(), **{name: "https://evil.example/take?it"})
    assert answer.status_code == 303
    assert re.fullmatch(r"/(assessment|worklist)/[0-9a-f-]{36}", answer.headers["location"])
    refused = scene.browser.get("/callback", params={"state": "https://evil.example", "code": "https://evil.example"})
    assert "evil" not in str(refused.headers) + refused.text


@pytest.mark.requirement("smart-app-launch_2.2_client@7")
def test_no_token_and_no_code_stands_in_a_cookie(scene: Scene) -> None:
    begun = scene.browser.get("/launch", params={"iss": BASE, "launch": "handle"})
    asked = query_of(begun.headers["location"])
    scene.ehr.nonce = asked["nonce"]
    scene.ehr.token = {"refresh_token": "rt-secret"}
    done = scene.finish(asked, code="code-secret")
    headers = [*set_cookies(begun).values(), *set_cookies(done).values()]
    assert len(headers) == 2
    for header in headers:
        assert "Secure" in header
        assert not [secret for secret in ("at-1", "rt-secret", "code-secret", asked["state"]) if secret in header]


@pytest.mark.requirement("smart-app-launch_2.2_client@20,21,34")
def test_launch_and_redirect_addresses_are_the_registered_ones_whatever_the_request_says(scene: Scene) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    answer = scene.browser.get("/launch", params={"iss": BASE, "launch": "x", "redirect_uri": EHR}, headers=forged)
    assert query_of(answer.headers["location"])["redirect_uri"] == f"{APP}/callback"
    assert scene.browser.get("/launch/other", params={"iss": BASE, "launch": "x"}).status_code == 404


@pytest.mark.requirement("smart-app-launch_2.2_client@62,67,68,69,70")
def test_code_is_traded_by_a_form(scene: Scene) -> None:
    asked = scene.start()
    scene.finish(asked, code="c-77")
    (request,) = [each for each in scene.ehr.requests if each.url.path == "/token"]
    assert (request.method, request.url.query) == ("POST", b"")
    assert request.headers["content-type"] == FORM
    form = scene.ehr.forms[0]
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == (
        "authorization_code",
        "c-77",
        asked["redirect_uri"],
    )
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", form["code_verifier"])
    assert form.keys() == {"grant_type", "code", "redirect_uri", "code_verifier", "client_id"}


@pytest.mark.requirement("smart-app-launch_2.2_client@63,71")
def test_public_client_proves_nothing(scene: Scene) -> None:
    scene.open()
    (request,) = [each for each in scene.ehr.requests if each.url.path == "/token"]
    assert "authorization" not in request.headers
    assert scene.ehr.forms[0]["client_id"] == "sickleave"
    assert not {"client_assertion", "client_secret"} & scene.ehr.forms[0].keys()


@pytest.mark.requirement("smart-app-launch_2.2_client@93")
def test_resources_are_asked_for_with_the_bearer_token(scene: Scene) -> None:
    scene.open()
    asked = [each for each in scene.ehr.requests if re.match(r"/fhir/[A-Z]", each.url.path)]
    assert len(asked) >= 3
    assert {each.headers["authorization"] for each in asked} == {"Bearer at-1"}
    assert not [each for each in scene.ehr.requests if "at-1" in str(each.url)]


@pytest.mark.requirement("smart-app-launch_2.2_client@229,234,264,317")
def test_background_service_asks_by_a_form_and_reads_with_the_bearer_token(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, backend_client_id="background")
    scene.ehr.token = {"scope": "system/*.rs", "id_token": None, "patient": None}
    client = Clients(scene.given).backend(scene.given.profile("lying"))
    assert asyncio.run(client.read("Patient/p1"))["id"] == "p1"
    token, read = scene.ehr.requests[-2:]
    assert (token.method, token.headers["content-type"]) == ("POST", FORM)
    assert "client_assertion" in scene.ehr.forms[0]  # confidential, though the launch's client here is public
    assert "client_id" not in scene.ehr.forms[0]
    assert read.headers["authorization"] == "Bearer at-1"


@pytest.mark.requirement("smart-app-launch_2.2_client@120,121,122,125,135")
@pytest.mark.parametrize("whose", DEFAULT_SCOPES)
def test_every_scope_that_we_ask_for_is_in_the_grammar(whose: str) -> None:
    words = DEFAULT_SCOPES[whose].split()
    assert [word for word in words if not SCOPE.fullmatch(word)] == []
    letters = {letter for word in words if "/" in word for letter in word.partition(".")[2]}
    assert letters == set("crus")  # nothing is ever deleted


@pytest.mark.requirement("smart-app-launch_2.2_client@137,141,143")
def test_levels_are_named_by_their_prefix() -> None:
    levels = {
        whose: {word.partition("/")[0] for word in text.split() if "." in word}
        for whose, text in DEFAULT_SCOPES.items()
    }
    assert levels == {"physician": {"patient", "user"}, "coordinator": {"user"}, "backend": {"system"}}


@pytest.mark.requirement("smart-app-launch_2.2_client@132,146")
def test_scopes_of_a_profile_are_asked_as_they_stand_there(tmp_path: Path) -> None:
    wanted = (
        "launch openid fhirUser patient/QuestionnaireResponse.rs?questionnaire=https://x.example/q&status=completed"
    )
    scene = a_scene(tmp_path, scopes={**DEFAULT_SCOPES, "physician": wanted, "coordinator": "launch user/*.rs"})
    assert scene.start(role="physician")["scope"].split()[:4] == wanted.split()
    assert "user/*.rs" in scene.start(role="coordinator")["scope"].split()


@pytest.mark.requirement("smart-app-launch_2.2_client@211")
def test_nothing_is_asked_that_few_servers_understand(scene: Scene) -> None:
    asked = scene.start()
    assert not {"max_age", "auth_time", "claims", "prompt", "acr_values"} & asked.keys()
    assert "auth_time" not in asked["scope"]


@pytest.mark.requirement("smart-app-launch_2.2_client@301,302")
def test_key_set_lies_below_an_https_address_and_asks_nobody_who_they_are(scene: Scene) -> None:
    with pytest.raises(WrongSettings, match="BASE_URL must be an https address"):
        read_settings({"SICKLEAVE_BASE_URL": "http://sickleave.region.example"})
    assert urlsplit(scene.given.settings.base_url).scheme == "https"
    scene.browser.cookies.clear()
    answer = scene.browser.get("/.well-known/jwks.json")
    assert (answer.status_code, len(answer.json()["keys"])) == (200, 2)

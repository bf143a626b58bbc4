"""Clients that break the rarer strict rules of the practice EHR, one each; what they are told names the rule."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from joserfc import jwk
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, Registration, build_practice_ehr
from sandbox.practice_ehr.by_the_book import SCOPE, ByTheBook

EVA = "p-eva-sandstrom"
KEY = jwk.ECKey.generate_key("P-384", parameters={"alg": "ES384"}, auto_kid=True)
PUBLIC_KEY: dict[str, Any] = KEY.as_dict(private=False)
BACKGROUND = {"grant_type": "client_credentials", "scope": "system/Task.rs"}


def practice(*registrations: Registration, answer: Callable[[httpx2.Request], httpx2.Response] | None = None) -> Any:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) if answer else None
    config = PracticeConfig(registrations=registrations, http=http)
    client = TestClient(build_practice_ehr(config), base_url=config.base_url, follow_redirects=False)
    return ByTheBook(client, config)


def with_keys(*keys: dict[str, Any], **registered: Any) -> ByTheBook:
    """A background client that registered these keys themselves."""
    registration = Registration(
        "inline",
        **{
            "auth_method": "private_key_jwt",
            "jwks": {"keys": list(keys)},
            "scopes": ("system/Task.rs",),
            "grants": ("client_credentials",),
            **registered,
        },
    )
    found = practice(registration)
    found.client_id, found.key = "inline", KEY
    return found


def said(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_the_twin_that_breaks_no_rule_is_let_in() -> None:
    assert with_keys(PUBLIC_KEY).backend_token("system/Task.rs").status_code == 200


@pytest.mark.parametrize(
    ("keys", "registered", "told"),
    [
        ([KEY.as_dict(private=True)], {}, "publishes a private key"),
        ([{name: value for name, value in PUBLIC_KEY.items() if name != "alg"}], {}, "needs 'alg'"),
        ([PUBLIC_KEY | {"x": "!"}], {}, "cannot be read"),
        ([{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": KEY.kid}], {}, "Only RSA and EC"),
        ([PUBLIC_KEY], {"auth_method": "none", "jwks": None}, "registered none"),
        ([PUBLIC_KEY], {"scopes": ("system/Patient.rs",)}, "None of these scopes"),
    ],
)
def test_keys_and_scopes_as_registered(keys: list[dict[str, Any]], registered: dict[str, Any], told: str) -> None:
    assert told in said(with_keys(*keys, **registered).backend_token("system/Task.rs"))[2]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"keys": 7}', b"{}"])
def test_a_key_set_that_is_none_closes_the_door(body: bytes) -> None:
    found = practice(answer=lambda _: httpx2.Response(200, content=body))
    found.client_id, found.key = "sickleave-backend", KEY
    status, error, told = said(found.backend_token("system/Task.rs"))
    assert (status, error) == (401, "invalid_client")
    assert "cannot be read" in told


@pytest.mark.parametrize(
    ("headers", "form", "told"),
    [
        (basic("inline:x"), {}, "One way to authenticate"),
        ({}, {"client_assertion_type": "urn:of-another-kind"}, "client_assertion_type must be"),
        ({}, {"client_assertion": "not-a-jwt"}, "no signed JWT"),
    ],
)
def test_ways_to_authenticate(headers: dict[str, str], form: dict[str, str], told: str) -> None:
    found = with_keys(PUBLIC_KEY)
    assert told in said(found.post_token({**BACKGROUND, **found.identification(), **form}, headers=headers))[2]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"Authorization": "Basic %%%"}, "cannot be read"),
        (basic("inline:x"), "registered private_key_jwt"),
        (
            {"Authorization": basic("sickleave-secret:x")["Authorization"].replace("Basic", "Digest")},
            "registered client",
        ),
    ],
)
def test_secrets(header: dict[str, str], told: str) -> None:
    status, error, text = said(with_keys(PUBLIC_KEY).post_token(BACKGROUND, headers=header))
    assert (status, error) == (401, "invalid_client")
    assert told in text


def test_a_refresh_token_that_nobody_gave_or_with_strange_scopes() -> None:
    public = practice()
    form = {"grant_type": "refresh_token", "client_id": public.client_id}
    assert "unknown, too old" in said(public.post_token({**form, "refresh_token": "guessed"}))[2]
    given = public.launch(f"{SCOPE} offline_access", patient=EVA)["refresh_token"]
    answer = public.post_token({**form, "refresh_token": given, "scope": "patient/Nonsense.r"})
    assert said(answer)[:2] == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("user", "patient", "told"),
    [("nobody", EVA, "Nobody by that name"), ("amir-haddad", "p-nobody", "no such patient")],
)
def test_who_is_chosen_in_a_standalone_launch_must_exist(user: str, patient: str, told: str) -> None:
    public = practice()
    asked = public.request(None, scope="openid fhirUser launch/patient patient/Patient.r")
    answer = public.authorize({**asked, "practice_user": user, "practice_patient": patient})
    assert answer["error"] == "access_denied"
    assert told in answer["error_description"]

"""Forged id_tokens, each right but for one thing; the unchanged twin opens a launch."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from smart_app.launch.id_token import LOOK_AGAIN
from tests.unit.launch.launching import (
    EC,
    EHR,
    KEY,
    NOW,
    OTHER_KEY,
    Claims,
    Scene,
    Sign,
    a_key,
    a_scene,
    public,
    signed,
)

SECONDS = int(NOW.timestamp())


def without(claims: Claims, name: str) -> Claims:
    return {key: value for key, value in claims.items() if key != name}


def by_hand(header: dict[str, object], claims: Claims, sign: Callable[[bytes], bytes]) -> str:
    """A JWT that the library would refuse to make."""
    parts = [_base64(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, _base64(sign(".".join(parts).encode()))])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(claims: Claims) -> str:
    return by_hand({"alg": "none", "kid": "k1"}, claims, lambda _: b"")


def keyed_with_the_public_key(claims: Claims) -> str:
    """The classic confusion: HMAC, with the text of the public key as its secret."""
    secret = KEY.as_pem(private=False)
    return by_hand({"alg": "HS256", "kid": "k1"}, claims, lambda text: hmac.new(secret, text, hashlib.sha256).digest())


def with_critical_header(claims: Claims) -> str:
    return by_hand(
        {"alg": "RS256", "kid": "k1", "crit": ["b"], "b": "x"},
        claims,
        lambda text: KEY.private_key.sign(text, PKCS1v15(), SHA256()),  # type: ignore[union-attr]
    )


def changed_after_signing(claims: Claims) -> str:
    head, _, signature = signed(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "somebody-else"}).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


FORGERIES: dict[str, tuple[Sign, str]] = {
    "signed by another key under the same kid": (lambda c: signed(c, OTHER_KEY), "signature"),
    "changed after signing": (changed_after_signing, "signature"),
    "not signed at all": (unsigned, "alg"),
    "HMAC with the public key": (keyed_with_the_public_key, "alg"),
    "kid that the EHR does not publish": (lambda c: signed(c, kid="k9"), "unknown-key"),
    "EC algorithm though the key is RSA": (lambda c: signed(c, EC, "ES256", kid="k1"), "unknown-key"),
    "another issuer": (lambda c: signed(c | {"iss": "https://evil.example"}), "iss"),
    "issuer with a slash more": (lambda c: signed(c | {"iss": EHR + "/"}), "iss"),
    "no issuer": (lambda c: signed(without(c, "iss")), "iss"),
    "for another client": (lambda c: signed(c | {"aud": "another-app"}), "aud"),
    "for several clients, without azp": (lambda c: signed(c | {"aud": ["sickleave", "another-app"]}), "azp"),
    "azp is another client": (lambda c: signed(c | {"azp": "another-app"}), "azp"),
    "no audience": (lambda c: signed(without(c, "aud")), "aud"),
    "ran out two minutes ago": (lambda c: signed(c | {"exp": SECONDS - 120}), "expired"),
    "never runs out": (lambda c: signed(without(c, "exp")), "exp"),
    "issued in an hour": (lambda c: signed(c | {"iat": SECONDS + 3600}), "iat"),
    "valid from tomorrow": (lambda c: signed(c | {"nbf": SECONDS + 86400}), "nbf"),
    "nonce of another launch": (lambda c: signed(c | {"nonce": "another"}), "nonce"),
    "no nonce": (lambda c: signed(without(c, "nonce")), "nonce"),
    "no subject": (lambda c: signed(without(c, "sub")), "sub"),
    "hash of another access token": (lambda c: signed(c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "at_hash"),
    "unknown critical header": (with_critical_header, "not-a-jwt"),
    "no token though openid was asked": (lambda c: None, "missing"),
    "not a JWT": (lambda c: "abc.def", "not-a-jwt"),
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return a_scene(tmp_path_factory.mktemp("id-token"))


@pytest.mark.requirement("smart-app-launch_2.2_client@201")
@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_refused_for_its_own_reason_and_its_twin_is_taken(stage: Scene, name: str) -> None:
    forge, reason = FORGERIES[name]
    stage.ehr.sign = forge
    refused = stage.finish(stage.start())
    assert stage.refused(refused) == (403, "WrongIdToken", reason)
    assert "set-cookie" not in refused.headers
    stage.ehr.sign = signed
    assert stage.finish(stage.start()).status_code == 303


def test_hand_made_token_is_taken_without_the_critical_header(scene: Scene) -> None:
    """The twin of the forgery above, made the same way."""
    scene.ehr.sign = lambda claims: by_hand(
        {"alg": "RS256", "kid": "k1"},
        claims,
        lambda text: KEY.private_key.sign(text, PKCS1v15(), SHA256()),  # type: ignore[union-attr]
    )
    assert scene.open()


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "PS384"])
def test_every_listed_rsa_algorithm_is_taken(scene: Scene, alg: str) -> None:
    scene.ehr.sign = lambda claims: signed(claims, alg=alg)
    assert scene.open().startswith("/assessment/")


def test_elliptic_keys_are_taken(scene: Scene) -> None:
    scene.ehr.keys = [public(KEY), public(EC)]
    scene.ehr.sign = lambda claims: signed(claims, EC, "ES256")
    assert scene.open()


def test_several_audiences_are_taken_when_azp_names_us(scene: Scene) -> None:
    scene.ehr.sign = lambda claims: signed(claims | {"aud": ["another-app", "sickleave"], "azp": "sickleave"})
    assert scene.open()


def test_token_without_kid_is_taken_when_one_key_fits(scene: Scene) -> None:
    scene.ehr.keys = [public(KEY), public(EC), public(OTHER_KEY, use="enc")]
    scene.ehr.sign = lambda claims: signed(claims, kid=None)
    assert scene.open()


def test_token_without_kid_is_refused_when_two_keys_fit(scene: Scene) -> None:
    scene.ehr.keys = [public(KEY), public(OTHER_KEY, kid="k2")]
    scene.ehr.sign = lambda claims: signed(claims, kid=None)
    assert scene.refused(scene.finish(scene.start())) == (403, "WrongIdToken", "ambiguous-key")


def test_weak_key_is_refused(scene: Scene) -> None:
    with pytest.warns(UserWarning, match="2048"):
        weak = RSAKey.generate_key(1024, {"kid": "k1"})
    scene.ehr.keys = [public(weak)]
    scene.ehr.sign = lambda claims: signed(claims, weak)
    assert scene.refused(scene.finish(scene.start())) == (403, "WrongIdToken", "weak-key")


def test_key_that_was_rotated_in_is_fetched_once_more(scene: Scene) -> None:
    scene.open()
    new = a_key("k2")
    scene.ehr.keys = [public(KEY), public(new)]
    scene.ehr.sign = lambda claims: signed(claims, new)
    asked = len([path for _, path in scene.ehr.asked if path == "/jwks"])
    assert scene.open()
    assert scene.open()
    assert len([path for _, path in scene.ehr.asked if path == "/jwks"]) == asked + 1


@pytest.mark.parametrize("kid", [None, "k1"])
def test_key_that_was_exchanged_without_another_name_is_fetched_once_more(scene: Scene, kid: str | None) -> None:
    scene.ehr.sign = lambda claims: signed(claims, kid=kid)
    assert scene.open()
    scene.ehr.keys = [public(OTHER_KEY)]
    scene.ehr.sign = lambda claims: signed(claims, OTHER_KEY, kid=kid)
    scene.clock.instant += LOOK_AGAIN + timedelta(seconds=1)
    asked = len([path for _, path in scene.ehr.asked if path == "/jwks"])
    assert scene.open()
    scene.ehr.sign = lambda claims: signed(claims, kid=kid)
    for _ in range(3):
        assert scene.refused(scene.finish(scene.start())) == (403, "WrongIdToken", "signature")
    assert len([path for _, path in scene.ehr.asked if path == "/jwks"]) == asked + 1


@pytest.mark.requirement("smart-app-launch_2.2_client@218")
def test_keys_may_be_named_by_the_openid_configuration(scene: Scene) -> None:
    scene.ehr.configuration = {"jwks_uri": None}
    scene.ehr.answers["/.well-known/openid-configuration"] = lambda _: httpx2.Response(
        200, json={"issuer": EHR, "jwks_uri": f"{EHR}/jwks"}
    )
    assert scene.open()


def test_keys_elsewhere_are_never_fetched(tmp_path: Path) -> None:
    scene = a_scene(tmp_path)
    scene.ehr.configuration = {"jwks_uri": "https://evil.example/jwks"}
    answer = scene.browser.get("/launch", params={"iss": f"{EHR}/fhir", "launch": "x"})
    assert scene.refused(answer) == (502, "WrongDiscovery", "jwks_uri-elsewhere")


@pytest.mark.parametrize(
    "address", ["https://[", f"{EHR}:99999/jwks", f"{EHR}:1x/", f"{EHR}/\x00", f"{EHR}/{'a' * 70_000}"]
)
def test_keys_at_what_is_no_address_are_refused(scene: Scene, address: str) -> None:
    scene.ehr.configuration = {"jwks_uri": None}
    scene.ehr.answers["/.well-known/openid-configuration"] = lambda _: httpx2.Response(
        200, json={"issuer": EHR, "jwks_uri": address}
    )
    assert scene.refused(scene.finish(scene.start())) == (502, "WrongDiscovery", "origin")


@pytest.mark.parametrize("name", ["at_hash", "aud", "nonce", "exp", "azp", "auth_time", "sub", "iss"])
@pytest.mark.parametrize("value", [[[]], {"a": 1}, [None], True])
def test_claim_of_a_kind_that_it_may_not_have(scene: Scene, name: str, value: Any) -> None:
    scene.ehr.sign = lambda claims: signed({**claims, name: value})
    answer = scene.finish(scene.start())
    assert answer.status_code in (303, 403)
    if answer.status_code == 403:
        assert scene.refused(answer)[1] == "WrongIdToken"

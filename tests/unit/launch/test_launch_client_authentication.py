"""How we prove who we are, and what we publish for it."""

from __future__ import annotations

import base64
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from smart_app.launch import signing_keys
from smart_app.launch.client_authentication import ASSERTION_TYPE, assertion
from tests.unit.launch.launching import EHR, NOW, Scene, a_scene


def published(scene: Scene) -> KeySet:
    return KeySet.import_key_set(scene.browser.get("/.well-known/jwks.json").json())


@pytest.mark.requirement(
    "smart-app-launch_2.2_client@64,72,294,307,308,309,317,319,320,321,322,323,325,327,328,329,330,331,333,334"
)
@pytest.mark.parametrize("alg", ["RS384", "ES384"])
def test_assertion_verifies_with_the_published_key(tmp_path: Path, alg: str) -> None:
    scene = a_scene(tmp_path, auth="private_key_jwt", signing_alg=alg)
    scene.open()
    form = scene.ehr.forms[0]
    assert form["client_assertion_type"] == ASSERTION_TYPE
    assert "client_id" not in form
    found = jwt.decode(form["client_assertion"], published(scene), algorithms=["RS384", "ES384"])
    assert found.header["typ"] == "JWT"
    assert found.header["alg"] == alg
    assert "jku" not in found.header
    claims = found.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("sickleave", "sickleave", f"{EHR}/token")
    assert 0 < claims["exp"] - int(NOW.timestamp()) <= 300
    assert claims["iat"] == int(NOW.timestamp())


@pytest.mark.requirement("smart-app-launch_2.2_client@319,330,331,332")
def test_every_assertion_has_its_own_jti_and_its_own_time(scene: Scene) -> None:
    keys = published(scene)
    claims = []
    for _ in range(5):
        text = assertion(scene.given, "sickleave", f"{EHR}/token", "ES384")
        claims.append(jwt.decode(text, keys, algorithms=["ES384"]).claims)
        scene.clock.instant += timedelta(minutes=10)
    assert len({each["jti"] for each in claims}) == 5
    assert all(each["exp"] - each["iat"] <= 300 for each in claims)
    assert [b["exp"] - a["exp"] for a, b in pairwise(claims)] == [600] * 4


@pytest.mark.requirement("smart-app-launch_2.2_client@290,294,302,313,314,315,322")
def test_key_set_is_public_and_says_what_it_is_for(scene: Scene) -> None:
    answer = scene.browser.get("/.well-known/jwks.json")
    assert "max-age=" in answer.headers["cache-control"]
    keys = answer.json()["keys"]
    assert {key["alg"] for key in keys} == {"RS384", "ES384"}
    assert len({key["kid"] for key in keys}) == len(keys) == 2
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert {"n", "e"} <= key.keys() or {"crv", "x", "y"} <= key.keys()
    again = scene.browser.get("/.well-known/jwks.json").json()["keys"]
    assert {key["kid"] for key in again} == {key["kid"] for key in keys}


def test_after_rotation_the_newer_key_signs_and_the_older_still_verifies_for_a_day(scene: Scene) -> None:
    before = assertion(scene.given, "sickleave", f"{EHR}/token", "ES384")
    scene.clock.instant += timedelta(days=1)
    kid = signing_keys.rotate(scene.given, "ES384")
    after = assertion(scene.given, "sickleave", f"{EHR}/token", "ES384")
    keys = published(scene)
    assert jwt.decode(after, keys, algorithms=["ES384"]).header["kid"] == kid
    assert jwt.decode(before, keys, algorithms=["ES384"]).header["kid"] != kid
    scene.clock.instant += timedelta(hours=25)
    assert kid in {key.kid for key in published(scene).keys}
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(before, published(scene), algorithms=["ES384"])


@pytest.mark.requirement("smart-app-launch_2.2_client@295")
def test_private_keys_lie_sealed(scene: Scene) -> None:
    key = signing_keys.current_key(scene.given, "ES384")
    with scene.given.store.reading() as session:
        text = str(session.connection().exec_driver_sql("select * from signing_key").all())
    assert str(key.as_dict(private=True)["d"]) not in text


@pytest.mark.requirement("smart-app-launch_2.2_client@64,72,345")
def test_secret_goes_into_the_header_and_nothing_into_the_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LYING_SECRET", "s:1/ö")
    scene = a_scene(tmp_path, auth="client_secret_basic", client_secret_env="LYING_SECRET")
    scene.open()
    request = next(each for each in scene.ehr.requests if each.url.path == "/token")
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"sickleave:s%3A1%2F%C3%B6"
    assert not {"client_id", "client_secret", "client_assertion"} & scene.ehr.forms[0].keys()


def test_missing_secret_is_named_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LYING_SECRET", raising=False)
    scene = a_scene(tmp_path, auth="client_secret_basic", client_secret_env="LYING_SECRET")
    answer = scene.finish(scene.start())
    assert (answer.status_code, answer.json()["variable"]) == (500, "LYING_SECRET")


@pytest.mark.requirement("smart-app-launch_2.2_client@71")
def test_public_client_says_its_id(scene: Scene) -> None:
    scene.open()
    assert scene.ehr.forms[0]["client_id"] == "sickleave"


def test_method_that_the_ehr_does_not_take_is_refused_before_the_redirect(tmp_path: Path) -> None:
    scene = a_scene(tmp_path, auth="private_key_jwt")
    scene.ehr.configuration = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    answer = scene.browser.get("/launch", params={"iss": f"{EHR}/fhir", "launch": "x"})
    assert scene.refused(answer) == (502, "WrongDiscovery", "private_key_jwt")

"""For each strict rule of the practice EHR a client that breaks just that one and is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from joserfc import jwk
from starlette.testclient import TestClient

from sandbox.practice_ehr import PracticeConfig, Registration, build_practice_ehr
from sandbox.practice_ehr.by_the_book import ByTheBook

EVA = "p-eva-sandstrom"
EC_KEY = jwk.ECKey.generate_key("P-384", parameters={"alg": "ES384"}, auto_kid=True)
RSA_KEY = jwk.RSAKey.generate_key(3072, parameters={"alg": "RS384"}, auto_kid=True)
ASKED: list[str] = []


def key_set(request: httpx2.Request) -> httpx2.Response:
    ASKED.append(str(request.url))
    return httpx2.Response(200, json={"keys": [EC_KEY.as_dict(private=False), RSA_KEY.as_dict(private=False)]})


@pytest.fixture(scope="module")
def public() -> ByTheBook:
    return practice(PracticeConfig())


@pytest.fixture(scope="module")
def signing() -> ByTheBook:
    found = practice(PracticeConfig(http=httpx2.AsyncClient(transport=httpx2.MockTransport(key_set))))
    found.client_id, found.key = "sickleave", EC_KEY
    return found


@pytest.fixture(scope="module")
def background(signing: ByTheBook) -> ByTheBook:
    return ByTheBook(signing.http, signing.config, "sickleave-backend", key=RSA_KEY, algorithm="RS384")


def practice(config: PracticeConfig) -> ByTheBook:
    return ByTheBook(TestClient(build_practice_ehr(config), base_url=config.base_url, follow_redirects=False), config)


# The authorization request


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"aud": "http://localhost:8001/other"}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "too-short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "launch patient/Patient.read"}, "invalid_scope"),
        ({"scope": "launch patient/Patient.sr"}, "invalid_scope"),
        ({"scope": "launch patient/Nonsense.r"}, "invalid_scope"),
        ({"scope": "openid patient/Patient.r"}, "invalid_request"),
        ({"launch": "never-handed-out"}, "invalid_request"),
    ],
)
def test_a_wrong_authorization_request_comes_back_as_an_error(
    public: ByTheBook, changed: dict[str, str | None], error: str
) -> None:
    answer = public.authorize(public.request(public.order_launch(patient=EVA), **changed))
    assert answer["error"] == error
    assert "code" not in answer
    assert ("state" in answer) == ("state" not in changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "stranger"},
        {"client_id": "sickleave-backend"},
        {"redirect_uri": "http://127.0.0.1:8000/callback/"},
        {"redirect_uri": "http://evil.example/callback"},
        {"redirect_uri": None},
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    public: ByTheBook, changed: dict[str, str | None]
) -> None:
    asked = public.request(public.order_launch(patient=EVA), **changed)
    answer = public.http.get("/auth/authorize", params=asked)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_launch_id_works_once(public: ByTheBook) -> None:
    launch = public.order_launch(patient=EVA)
    assert "code" in public.authorize(public.request(launch))
    assert public.authorize(public.request(launch))["error"] == "invalid_request"


def test_a_launch_needs_its_scope(public: ByTheBook) -> None:
    answer = public.authorize(public.request(public.order_launch(patient=EVA), scope="openid launch/patient"))
    assert answer["error"] == "invalid_request"


def test_a_parameter_given_twice_is_refused(public: ByTheBook) -> None:
    asked = urlencode([*public.request(public.order_launch(patient=EVA)).items(), ("state", "another")])
    assert public.http.get(f"/auth/authorize?{asked}").status_code == 400


# The token request


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:8000/callback?x=1"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"client_id": "sickleave"}, 401, "invalid_client"),
        ({"client_id": "stranger"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"client_secret": "in-the-body"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "unauthorized_client"),
    ],
)
def test_a_wrong_token_request_is_refused(
    public: ByTheBook, changed: dict[str, str | None], status: int, error: str
) -> None:
    code = public.authorize(public.request(public.order_launch(patient=EVA)))["code"]
    answer = public.token(code, **changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


def test_a_code_used_twice_takes_its_tokens_with_it(public: ByTheBook) -> None:
    code = public.authorize(public.request(public.order_launch(patient=EVA)))["code"]
    first = public.token(code).json()
    assert public.token(code).json()["error"] == "invalid_grant"
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    assert public.http.get(f"/fhir/Patient/{EVA}", headers=bearer).status_code == 401


def test_a_failed_attempt_uses_the_code_up(public: ByTheBook) -> None:
    code = public.authorize(public.request(public.order_launch(patient=EVA)))["code"]
    assert public.token(code, code_verifier="x" * 43).status_code == 400
    assert public.token(code).json()["error"] == "invalid_grant"


def test_a_code_and_a_launch_grow_old() -> None:
    clock = [datetime(2026, 11, 20, 8, 0, tzinfo=UTC)]
    found = practice(PracticeConfig(now=lambda: clock[0]))
    code = found.authorize(found.request(found.order_launch(patient=EVA)))["code"]
    launch = found.order_launch(patient=EVA)
    clock[0] += timedelta(seconds=61)
    assert found.token(code).json()["error"] == "invalid_grant"
    clock[0] += timedelta(minutes=10)
    assert found.authorize(found.request(launch))["error"] == "invalid_request"


def test_another_clients_code_is_refused(signing: ByTheBook) -> None:
    code = signing.authorize(signing.request(signing.order_launch(patient=EVA)))["code"]
    thief = ByTheBook(signing.http, signing.config, verifier=signing.verifier)
    assert thief.token(code).json()["error"] == "invalid_grant"


def test_a_json_body_is_no_token_request(public: ByTheBook) -> None:
    answer = public.http.post("/auth/token", json={"grant_type": "authorization_code"})
    assert answer.json()["error"] == "invalid_request"


# Client authentication


@pytest.mark.parametrize(("key", "algorithm"), [(EC_KEY, "ES384"), (RSA_KEY, "RS384")])
def test_a_signed_assertion_opens_and_only_the_registered_address_is_asked(
    signing: ByTheBook, key: Any, algorithm: str
) -> None:
    ASKED.clear()
    client = ByTheBook(signing.http, signing.config, "sickleave", key=key, algorithm=algorithm)
    assert client.launch(patient=EVA)["patient"] == EVA
    assert set(ASKED) <= {"http://127.0.0.1:8000/.well-known/jwks.json"}


def now() -> int:
    return int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"aud": "http://localhost:8001"}),
        ({}, {"aud": ["http://localhost:8001/auth/token", "http://elsewhere.example"]}),
        ({}, {"iss": "sickleave"}),
        ({}, {"sub": "somebody"}),
        ({}, {"exp": now() + 3600}),
        ({}, {"exp": now() - 60}),
        ({}, {"exp": None}),
        ({}, {"jti": None}),
        ({}, {"nbf": now() + 3600}),  # far off: a slow run comes here long after this line was read
        ({"kid": "unknown"}, {}),
        ({"typ": "at+jwt"}, {}),
        ({"alg": "RS256"}, {}),
        ({"jku": "http://evil.example/jwks.json"}, {}),
    ],
)
def test_a_wrong_assertion_is_refused(background: ByTheBook, header: dict[str, Any], claims: dict[str, Any]) -> None:
    ASKED.clear()
    assertion = background.assertion(header, **claims)
    form = {**background.identification(), "client_assertion": assertion, "grant_type": "client_credentials"}
    answer = background.post_token({**form, "scope": "system/Task.rs"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert all("evil" not in url for url in ASKED)


def test_an_assertion_signed_with_another_key_is_refused(background: ByTheBook) -> None:
    stranger = jwk.RSAKey.generate_key(2048, parameters={"kid": str(RSA_KEY.kid)})
    thief = ByTheBook(background.http, background.config, "sickleave-backend", key=stranger, algorithm="RS384")
    assert thief.backend_token("system/Task.rs").json()["error"] == "invalid_client"


def test_a_wrong_algorithm_is_named(background: ByTheBook) -> None:
    form = {**background.identification(), "client_assertion": background.assertion({"alg": "RS256"})}
    answer = background.post_token({**form, "grant_type": "client_credentials", "scope": "system/Task.rs"})
    assert "RS384 or ES384" in answer.json()["error_description"]


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_an_assertion_without_a_real_signature_is_refused(background: ByTheBook, algorithm: str) -> None:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    _, claims, signature = background.assertion().split(".")
    header = part(f'{{"alg":"{algorithm}","typ":"JWT","kid":"{RSA_KEY.kid}"}}')
    form = {**background.identification(), "client_assertion": f"{header}.{claims}.{signature}"}
    answer = background.post_token({**form, "grant_type": "client_credentials", "scope": "system/Task.rs"})
    assert answer.json()["error"] == "invalid_client"


def test_an_assertion_works_once(background: ByTheBook) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/Task.rs", **background.identification()}
    assert background.post_token(form).status_code == 200
    assert background.post_token(form).json()["error_description"] == "This jti was used before"


def test_background_scopes_are_system_scopes(background: ByTheBook) -> None:
    assert background.backend_token("system/Task.rs").json()["scope"] == "system/Task.rs"
    for scope in ("user/Task.rs", "system/Task.read", "openid", ""):
        assert background.backend_token(scope).json()["error"] == "invalid_scope"


def test_an_authenticated_client_leaves_its_id_out_of_the_body(background: ByTheBook) -> None:
    form = {"grant_type": "client_credentials", "scope": "system/Task.rs", "client_id": "sickleave-backend"}
    assert background.post_token({**form, **background.identification()}).json()["error"] == "invalid_request"


def test_a_secret_opens_only_in_the_header_and_only_when_right() -> None:
    secret = Registration("with-secret", "client_secret_basic", ("https://app/cb",), secret="right")
    found = practice(PracticeConfig(registrations=(secret,)))
    found.client_id, found.redirect_uri = "with-secret", "https://app/cb"
    for word, status in (("right", 200), ("wrong", 401)):
        code = found.authorize(found.request(found.order_launch(patient=EVA)))["code"]
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": found.verifier}
        header = {"Authorization": "Basic " + base64.b64encode(f"with-secret:{word}".encode()).decode()}
        answer = found.post_token({**form, "redirect_uri": found.redirect_uri}, headers=header)
        assert answer.status_code == status


def test_keys_that_cannot_be_fetched_close_the_door() -> None:
    broken = httpx2.AsyncClient(
        transport=httpx2.MockTransport(lambda _: httpx2.Response(302, headers={"Location": "/x"}))
    )
    found = practice(PracticeConfig(http=broken))
    client = ByTheBook(found.http, found.config, "sickleave-backend", key=EC_KEY)
    assert client.backend_token("system/Task.rs").status_code == 401

"""A small SMART client that does everything right, so that a test can do one thing wrong.

It speaks through a Starlette TestClient or an httpx2.Client that follows no redirects,
and is no part of the app it stands in for.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwk, jwt

from .auth.client_auth import ASSERTION_TYPE
from .auth.token import challenge_of
from .config import PracticeConfig

SCOPE = (
    "launch openid fhirUser patient/Patient.r patient/Condition.rs patient/Encounter.r "
    "patient/QuestionnaireResponse.rs patient/RiskAssessment.crus patient/CarePlan.crus patient/Procedure.crus "
    "user/Task.crus user/Provenance.cs user/Practitioner.r user/PractitionerRole.rs user/Organization.rs "
    "user/Device.cr"
)


@dataclass(slots=True)
class ByTheBook:
    """One client with one key; `launch` walks the whole line, the smaller steps allow a wrong word in between."""

    http: httpx2.Client
    config: PracticeConfig
    client_id: str = "sickleave-public"
    redirect_uri: str = "http://127.0.0.1:8000/callback"
    key: jwk.RSAKey | jwk.ECKey | None = None
    algorithm: str = "ES384"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def order_launch(self, **context: str | None) -> str:
        """A launch id for this user, patient, encounter and intent."""
        answer = self.http.post(f"{self.config.base_url}/launches", json=context)
        return str(answer.json()["launch"])

    def request(self, launch: str | None, /, **changed: str | None) -> dict[str, str]:
        """Parameters of an authorization request; a changed one set to None is left out."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPE,
            "state": "a-state-of-at-least-122-bits-of-chance",
            "aud": self.config.fhir_url,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "nonce": "a-nonce",
            "launch": launch,
            **changed,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def authorize(self, asked: dict[str, str]) -> dict[str, str]:
        """What came back to the redirect address."""
        answer = self.http.get(f"{self.config.base_url}/auth/authorize", params=asked)
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    def token(self, code: str, /, **changed: str | None) -> Any:
        """The answer of the token endpoint to this code."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **self.identification(),
            **changed,
        }
        return self.post_token({name: value for name, value in form.items() if value is not None})

    def post_token(self, form: dict[str, str], **options: Any) -> Any:
        return self.http.post(self.config.token_url, data=form, **options)

    def identification(self) -> dict[str, str]:
        """How this client says who it is, as form members."""
        if self.key is None:
            return {"client_id": self.client_id}
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}

    def assertion(self, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A fresh signed assertion, with some claims changed or (None) left out."""
        assert self.key is not None
        now = int(self.config.now().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.config.token_url,
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid.uuid4()),
            **changed,
        }
        head = {"alg": self.algorithm, "kid": self.key.kid, "typ": "JWT", **(header or {})}
        kept = {name: value for name, value in claims.items() if value is not None}
        bare = {name: value for name, value in self.key.as_dict(private=True).items() if name != "alg"}
        return jwt.encode(head, kept, jwk.import_key(bare), algorithms=[str(head["alg"])])

    def launch(self, scope: str = SCOPE, **context: str | None) -> dict[str, Any]:
        """The token response of a whole EHR launch."""
        code = self.authorize(self.request(self.order_launch(**context), scope=scope))["code"]
        answer: dict[str, Any] = self.token(code).json()
        return answer

    def backend_token(self, scope: str) -> Any:
        """The answer to a background service that asks for system/ scopes."""
        return self.post_token({"grant_type": "client_credentials", "scope": scope, **self.identification()})

"""How we prove to a token endpoint who we are: a signed assertion, a secret, or (a public client) only our id.

Source: SMART App Launch 2.2, "Asymmetric client authentication" and "Symmetric client authentication"; RFC 7523.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from joserfc import jwt
from starlette.concurrency import run_in_threadpool

from smart_app.issuers import IssuerProfile, SigningAlg
from smart_app.launch.errors import MissingClientSecret
from smart_app.launch.ground import Ground
from smart_app.launch.signing_keys import current_key
from smart_app.store.columns import new_id

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VALID_S = 240
"""SMART allows five minutes; four leave room for clocks that differ."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What goes into a token request."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    form: dict[str, str] = field(default_factory=dict, repr=False)


async def proof(ground: Ground, profile: IssuerProfile, token_endpoint: str) -> Proof:
    """Our proof for one request of a launch, by the profile's method. Raises MissingClientSecret."""
    if profile.auth == "private_key_jwt":
        return await asserted(ground, profile.client_id, token_endpoint, profile.signing_alg)
    if profile.auth == "client_secret_basic":
        pair = f"{quote_plus(profile.client_id)}:{quote_plus(_secret(profile))}"
        return Proof(headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
    return Proof(form={"client_id": profile.client_id})


async def asserted(ground: Ground, client_id: str, token_endpoint: str, alg: SigningAlg) -> Proof:
    """A signed assertion, fresh for one request."""
    signed = await run_in_threadpool(assertion, ground, client_id, token_endpoint, alg)
    return Proof(form={"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed})


def assertion(ground: Ground, client_id: str, token_endpoint: str, alg: SigningAlg) -> str:
    """A client assertion JWT: own jti each time, valid four minutes."""
    key = current_key(ground, alg)
    now = int(ground.clock.now().timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_endpoint,
        "iat": now,
        "exp": now + VALID_S,
        "jti": new_id(),
    }
    return jwt.encode({"alg": alg, "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=[alg])


def _secret(profile: IssuerProfile) -> str:
    variable = profile.client_secret_env or ""
    secret = os.environ.get(variable, "")
    if not secret:
        raise MissingClientSecret(profile.id, variable)
    return secret

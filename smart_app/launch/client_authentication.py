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
from smart_app.launch.discovery import Configuration
from smart_app.launch.errors import MissingClientSecret, WrongDiscovery
from smart_app.launch.ground import Ground
from smart_app.launch.signing_keys import ALGORITHMS, current_key
from smart_app.store.columns import new_id

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
STRICT_TYPE = "client-authentication+jwt"
"""Type of an assertion addressed to the authorization server itself, not to its token endpoint."""
VALID_S = 240
"""SMART allows five minutes; four leave room for clocks that differ."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What goes into a token request."""

    headers: dict[str, str] = field(default_factory=dict, repr=False)
    form: dict[str, str] = field(default_factory=dict, repr=False)


async def proof(ground: Ground, profile: IssuerProfile, configuration: Configuration) -> Proof:
    """Our proof for one request of a launch, by the profile's method. Raises MissingClientSecret, WrongDiscovery."""
    if profile.auth == "private_key_jwt":
        return await asserted(ground, profile, configuration, profile.client_id)
    if profile.auth == "client_secret_basic":
        pair = f"{quote_plus(profile.client_id)}:{quote_plus(_secret(profile))}"
        return Proof(headers={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})
    return Proof(form={"client_id": profile.client_id})


async def asserted(ground: Ground, profile: IssuerProfile, configuration: Configuration, client_id: str) -> Proof:
    """A signed assertion, fresh for one request. Raises WrongDiscovery when the EHR takes none that we can make."""
    alg = algorithm(profile, configuration)
    audience, kind = configuration.token_endpoint, "JWT"
    if profile.assertion == "strict-audience":
        if configuration.issuer is None:
            raise WrongDiscovery("issuer", profile.id)
        audience, kind = configuration.issuer, STRICT_TYPE
    signed = await run_in_threadpool(assertion, ground, client_id, audience, alg, kind)
    return Proof(form={"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed})


def algorithm(profile: IssuerProfile, configuration: Configuration) -> SigningAlg:
    """The profile's algorithm, or the other of our two when the EHR lists only that. Raises WrongDiscovery."""
    listed = configuration.signing_algs
    if not listed or profile.signing_alg in listed:
        return profile.signing_alg
    for other in ALGORITHMS:
        if other in listed:
            return other
    raise WrongDiscovery("signing-alg", profile.id)


def assertion(ground: Ground, client_id: str, audience: str, alg: SigningAlg, kind: str = "JWT") -> str:
    """A client assertion JWT: own jti each time, valid four minutes."""
    key = current_key(ground, alg)
    now = int(ground.clock.now().timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + VALID_S,
        "jti": new_id(),
    }
    return jwt.encode({"alg": alg, "kid": key.kid, "typ": kind}, claims, key, algorithms=[alg])


def _secret(profile: IssuerProfile) -> str:
    variable = profile.client_secret_env or ""
    secret = os.environ.get(variable, "")
    if not secret:
        raise MissingClientSecret(profile.id, variable)
    return secret

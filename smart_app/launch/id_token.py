"""Whether an id_token proves who signed in: signature, issuer, audience, time and nonce.

Source: OpenID Connect Core 1.0 section 3.1.3.7; SMART App Launch 2.2, "Scopes for requesting identity data".
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Any

import orjson
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, RSAKey

from smart_app.issuers import IssuerProfile
from smart_app.launch.discovery import FRESH, Configuration, freshness, get_json
from smart_app.launch.errors import WrongDiscovery, WrongIdToken
from smart_app.launch.fresh import remembered
from smart_app.launch.ground import Ground

ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", None)),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
}
"""What we take, and the key that belongs to it; never none, never HMAC (a public key would be its secret)."""
LEEWAY_S = 60
LOOK_AGAIN = timedelta(seconds=15)
"""A signature that does not hold may be by a key that came in meanwhile: keys older than this are fetched once more."""
MAX_CHARS = 20_000
_MIN_RSA_BITS = 2048
Jwk = dict[str, Any]


async def verified_claims(
    ground: Ground, profile: IssuerProfile, configuration: Configuration, token: str, *, nonce: str, access_token: str
) -> dict[str, Any]:
    """The claims of an id_token that holds.

    Raises:
        WrongIdToken: it does not; `reason` names the first check that failed.
        WrongDiscovery: the EHR's keys cannot be had.
    """
    header = _header(profile, token)
    issuer, jwks_uri = await _issuer_and_keys(ground, profile, configuration)
    keys = _candidates(header, await _key_set(ground, profile, jwks_uri))
    if len(keys) != 1:
        keys = _candidates(header, await _key_set(ground, profile, jwks_uri, anew=True))
    try:
        claims = _signed_claims(profile, header, token, _only(profile, keys))
    except WrongIdToken as wrong:
        if wrong.reason != "signature":
            raise
        now = _candidates(header, await _key_set(ground, profile, jwks_uri, at_most=LOOK_AGAIN))
        if now in ([], keys):
            raise
        claims = _signed_claims(profile, header, token, _only(profile, now))
    _check(profile, header, claims, issuer, nonce, access_token, ground.clock.now())
    return claims


async def usable_keys(ground: Ground, profile: IssuerProfile, configuration: Configuration) -> int:
    """How many of the EHR's keys can prove an id_token; without one no launch ends well. Raises WrongDiscovery."""
    _, uri = await _issuer_and_keys(ground, profile, configuration)
    keys = await _key_set(ground, profile, uri)
    return sum(any(_candidates({"alg": alg}, [key]) for alg in ALGORITHMS) for key in keys)


def _only(profile: IssuerProfile, keys: list[Jwk]) -> Jwk:
    if len(keys) != 1:
        raise WrongIdToken("ambiguous-key" if keys else "unknown-key", profile.id)
    return keys[0]


def _header(profile: IssuerProfile, token: str) -> Jwk:
    part = token.split(".", 1)[0]
    try:
        found = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, dict) or len(token) > MAX_CHARS or token.count(".") != 2:
        raise WrongIdToken("not-a-jwt", profile.id)
    if not isinstance(found.get("alg"), str) or found["alg"] not in ALGORITHMS:
        raise WrongIdToken("alg", profile.id)
    return found


async def _issuer_and_keys(ground: Ground, profile: IssuerProfile, configuration: Configuration) -> tuple[str, str]:
    """Expected `iss` and address of the keys: from the SMART configuration, else from the issuer's OpenID one."""
    issuer = profile.id_token_issuer or configuration.issuer
    if issuer is None:
        raise WrongDiscovery("issuer", profile.id)
    if configuration.jwks_uri is not None:
        return issuer, configuration.jwks_uri

    async def ask() -> tuple[str, timedelta]:
        said, answer = await get_json(ground, profile, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        address = said.get("jwks_uri")
        if said.get("issuer") != issuer or not isinstance(address, str):
            raise WrongDiscovery("openid-configuration", profile.id)
        return address, freshness(answer)

    return issuer, await remembered(ground, ("openid", profile.id, issuer), ask)


async def _key_set(
    ground: Ground, profile: IssuerProfile, uri: str, *, anew: bool = False, at_most: timedelta | None = None
) -> list[Jwk]:
    async def ask() -> tuple[list[Jwk], timedelta]:
        said, answer = await get_json(ground, profile, uri)
        keys = said.get("keys")
        if not isinstance(keys, list):
            raise WrongDiscovery("jwks", profile.id)
        return [key for key in keys if isinstance(key, dict)], min(freshness(answer), FRESH)

    return await remembered(ground, ("keys", profile.id, uri), ask, anew=anew, at_most=at_most)


def _candidates(header: Jwk, keys: list[Jwk]) -> list[Jwk]:
    """The keys that may have signed: by kid when the header names one, else all of the right kind."""
    kind, curve = ALGORITHMS[header["alg"]]
    kid = header.get("kid")
    return [
        key
        for key in keys
        if key.get("kty") == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and (kid is None or key.get("kid") == kid)
    ]


def _signed_claims(profile: IssuerProfile, header: Jwk, token: str, jwk: Jwk) -> Jwk:
    alg = header["alg"]
    public = {name: value for name, value in jwk.items() if name in ("kty", "n", "e", "crv", "x", "y")}
    try:
        key = RSAKey.import_key(public) if jwk["kty"] == "RSA" else ECKey.import_key(public)
        if isinstance(key, RSAKey) and key.public_key.key_size < _MIN_RSA_BITS:
            raise WrongIdToken("weak-key", profile.id)
        claims: Jwk = jwt.decode(token, key, algorithms=[alg]).claims
    except BadSignatureError:
        raise WrongIdToken("signature", profile.id) from None
    except (JoseError, ValueError, TypeError, KeyError):
        raise WrongIdToken("not-a-jwt", profile.id) from None
    return claims


def _check(
    profile: IssuerProfile, header: Jwk, claims: Jwk, issuer: str, nonce: str, access_token: str, now: datetime
) -> None:
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": profile.client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }
    params = {"nonce": nonce, "client_id": profile.client_id, "access_token": access_token}
    try:
        CodeIDToken(claims, header, options, params).validate(int(now.timestamp()), LEEWAY_S)
    except ExpiredTokenError:
        raise WrongIdToken("expired", profile.id) from None
    except ClaimError as wrong:
        raise WrongIdToken(str(wrong.claim), profile.id) from None
    except JoseError:
        raise WrongIdToken("iat", profile.id) from None
    except (TypeError, ValueError, AttributeError):  # a claim of a kind that it may not have, e.g. a list as at_hash
        raise WrongIdToken("claims", profile.id) from None

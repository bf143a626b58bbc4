"""The EHR's SMART configuration: where to authorize, where to get tokens and keys.

Source: SMART App Launch 2.2, ".well-known/smart-configuration"; relative addresses are resolved against the FHIR base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import orjson

from smart_app.http import Answer, AnswerTooLarge, OriginRefused, TransportError, send
from smart_app.issuers import IssuerProfile
from smart_app.launch.errors import WrongDiscovery
from smart_app.launch.fresh import remembered
from smart_app.launch.ground import Ground

FRESH = timedelta(minutes=10)
_LIMIT_BYTES = 200_000
_OK = 200
_MAX_AGE = re.compile(r"max-age\s*=\s*(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the EHR says of itself; every address is one of the issuer's own origins."""

    authorization_endpoint: str | None
    token_endpoint: str
    jwks_uri: str | None
    issuer: str | None
    revocation_endpoint: str | None
    introspection_endpoint: str | None
    capabilities: frozenset[str]
    challenge_methods: frozenset[str]
    token_auth_methods: frozenset[str]
    signing_algs: frozenset[str]


async def discover(
    ground: Ground, profile: IssuerProfile, *, anew: bool = False, at_most: timedelta | None = None
) -> Configuration:
    """The configuration of one issuer, at most ten minutes old.

    Args:
        anew: ask in any case.
        at_most: ask when what is remembered is older than this.

    Raises:
        WrongDiscovery: it cannot be had, or lacks or contradicts something that we need.
    """

    async def ask() -> tuple[Configuration, timedelta]:
        found, answer = await get_json(ground, profile, f"{profile.fhir_base}/.well-known/smart-configuration")
        return _configuration(profile, found), freshness(answer)

    return await remembered(ground, ("configuration", profile.id), ask, anew=anew, at_most=at_most)


async def get_json(
    ground: Ground, profile: IssuerProfile, url: str, *, limit_bytes: int = _LIMIT_BYTES
) -> tuple[dict[str, Any], Answer]:
    """A public JSON document at one of the issuer's origins. Raises WrongDiscovery."""
    try:
        answer = await send(
            ground.http, profile, "GET", url, headers={"Accept": "application/json"}, limit_bytes=limit_bytes
        )
    except OriginRefused:
        raise WrongDiscovery("origin", profile.id) from None
    except AnswerTooLarge:
        raise WrongDiscovery("too-large", profile.id) from None
    except TransportError:
        raise WrongDiscovery("unreachable", profile.id) from None
    if answer.status != _OK:
        raise WrongDiscovery(f"status-{answer.status}", profile.id)
    return json_object(profile, answer.body), answer


def json_object(profile: IssuerProfile, body: bytes) -> dict[str, Any]:
    """A JSON object, or WrongDiscovery."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WrongDiscovery("not-json", profile.id) from None
    if not isinstance(found, dict):
        raise WrongDiscovery("not-json", profile.id)
    return found


def freshness(answer: Answer) -> timedelta:
    """How long an answer may be kept: what its Cache-Control says, at most ten minutes."""
    said = answer.headers.get("cache-control", "").lower()
    if "no-store" in said or "no-cache" in said:
        return timedelta(0)
    age = _MAX_AGE.search(said)
    return min(FRESH, timedelta(seconds=int(age[1]))) if age else FRESH


def _configuration(profile: IssuerProfile, said: dict[str, Any]) -> Configuration:
    token = _address(profile, said, "token_endpoint")
    if token is None:
        raise WrongDiscovery("token_endpoint", profile.id)
    issuer = said.get("issuer")
    return Configuration(
        authorization_endpoint=_address(profile, said, "authorization_endpoint"),
        token_endpoint=token,
        jwks_uri=_address(profile, said, "jwks_uri"),
        issuer=issuer if isinstance(issuer, str) and issuer else None,
        revocation_endpoint=_address(profile, said, "revocation_endpoint"),
        introspection_endpoint=_address(profile, said, "introspection_endpoint"),
        capabilities=_words(said, "capabilities"),
        challenge_methods=_words(said, "code_challenge_methods_supported"),
        token_auth_methods=_words(said, "token_endpoint_auth_methods_supported"),
        signing_algs=_words(said, "token_endpoint_auth_signing_alg_values_supported"),
    )


def _address(profile: IssuerProfile, said: dict[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise WrongDiscovery(key, profile.id)
    try:
        address = urljoin(profile.fhir_base + "/", value.strip())
        permitted = profile.permits(address)
    except ValueError:
        permitted = False
    if not permitted:
        raise WrongDiscovery(f"{key}-elsewhere", profile.id)
    return address


def _words(said: dict[str, Any], key: str) -> frozenset[str]:
    value = said.get(key)
    return frozenset(word for word in value if isinstance(word, str)) if isinstance(value, list) else frozenset()

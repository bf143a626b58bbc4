"""Who is asking at the token endpoint: public, secret, or a signed assertion.

Source: SMART App Launch 2.2, "Client authentication: asymmetric" and "symmetric"; RFC 6749 2.3, RFC 7523.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jws, jwt
from joserfc.errors import JoseError

from sandbox.practice_ehr.config import PracticeConfig, Registration

from .faults import OAuthFault
from .grants import Grants
from .keys import ClientKeys

ALGORITHMS = ["RS384", "ES384"]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LONGEST_S = 300
_SKEW_S = 10


class ClientAuthentication:
    """Decides which registered client sent a request, in the one way that client registered."""

    def __init__(self, config: PracticeConfig, grants: Grants, keys: ClientKeys) -> None:
        self._config = config
        self._grants = grants
        self._keys = keys
        self._clients = config.clients()

    async def client(self, form: Mapping[str, str], authorization: str | None) -> Registration:
        """The client, authenticated.

        Raises:
            OAuthFault: invalid_client (401) or invalid_request when two ways are mixed.
        """
        ways = [authorization is not None, "client_assertion" in form]
        if sum(ways) > 1:
            raise OAuthFault("invalid_request", "One way to authenticate at a time")
        if "client_secret" in form:
            raise OAuthFault("invalid_client", "A secret belongs in the Authorization header, not in the body", 401)
        if any(ways) and "client_id" in form:
            raise OAuthFault("invalid_request", "client_id is left out by a client that authenticates")
        if authorization is not None:
            return self._by_secret(authorization)
        if "client_assertion" in form:
            return await self._by_assertion(form)
        found = self._known(form.get("client_id", ""))
        if found.auth_method != "none":
            raise OAuthFault("invalid_client", f"This client registered {found.auth_method}", 401)
        return found

    def _known(self, client_id: str) -> Registration:
        found = self._clients.get(client_id)
        if found is None:
            raise OAuthFault("invalid_client", "Unknown client", 401)
        return found

    def _by_secret(self, authorization: str) -> Registration:
        scheme, _, encoded = authorization.partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthFault("invalid_client", "The Authorization header cannot be read", 401) from None
        found = self._known(unquote_plus(name))
        if scheme.lower() != "basic" or found.auth_method != "client_secret_basic" or found.secret is None:
            raise OAuthFault("invalid_client", f"This client registered {found.auth_method}", 401)
        if not hmac.compare_digest(unquote_plus(secret).encode(), found.secret.encode()):
            raise OAuthFault("invalid_client", "Wrong secret", 401)
        return found

    async def _by_assertion(self, form: Mapping[str, str]) -> Registration:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthFault("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
        text = form["client_assertion"]
        header, unverified = _peek(text)
        found = self._known(str(unverified.get("iss", "")))
        if found.auth_method != "private_key_jwt":
            raise OAuthFault("invalid_client", f"This client registered {found.auth_method}", 401)
        if header.get("alg") not in ALGORITHMS:
            raise OAuthFault("invalid_client", "The assertion must be signed with RS384 or ES384", 401)
        if header.get("typ") != "JWT" or not isinstance(header.get("kid"), str):
            raise OAuthFault("invalid_client", "The assertion's header needs typ JWT and a kid", 401)
        if "jku" in header and header["jku"] != found.jwks_url:
            raise OAuthFault("invalid_client", "jku is not the registered key address", 401)
        key = await self._keys.find(found, header["kid"])
        try:
            claims = jwt.decode(text, key, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            raise OAuthFault("invalid_client", "The assertion's signature is wrong", 401) from None
        self._check_claims(found, claims)
        return found

    def _check_claims(self, client: Registration, claims: dict[str, Any]) -> None:
        now = self._config.now().timestamp()
        exp, jti = claims.get("exp"), claims.get("jti")
        if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
            raise OAuthFault("invalid_client", "iss and sub must both be the client id", 401)
        if claims.get("aud") not in (self._config.token_url, [self._config.token_url]):
            raise OAuthFault("invalid_client", f"aud must be {self._config.token_url}", 401)
        if isinstance(exp, bool) or not isinstance(exp, int | float) or exp <= now - _SKEW_S:
            raise OAuthFault("invalid_client", "The assertion has no exp or is too old", 401)
        if exp > now + _LONGEST_S + _SKEW_S:
            raise OAuthFault("invalid_client", "exp may lie at most five minutes ahead", 401)
        for name in ("nbf", "iat"):
            if isinstance(claims.get(name), int | float) and claims[name] > now + _SKEW_S:
                raise OAuthFault("invalid_client", f"{name} lies ahead", 401)
        if not isinstance(jti, str) or not jti:
            raise OAuthFault("invalid_client", "The assertion needs a jti", 401)
        if not self._grants.first_sight(client.client_id, jti, datetime.fromtimestamp(exp + _SKEW_S, UTC)):
            raise OAuthFault("invalid_client", "This jti was used before", 401)


def _peek(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims before anything is verified, only to learn whose key to look for."""
    try:
        found = jws.extract_compact(text.encode())
        claims = json.loads(found.payload)
    except (JoseError, ValueError):
        raise OAuthFault("invalid_client", "The assertion is no signed JWT", 401) from None
    return dict(found.headers()), claims if isinstance(claims, dict) else {}

"""The server's own signing key, and the keys of clients fetched from where they registered them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx2
from joserfc import jwk

from sandbox.practice_ehr.config import PracticeConfig, Registration

from .faults import OAuthFault

_FRESH_S = 60
_MOST_BYTES = 200_000


class ServerKeys:
    """One RSA key per process for id_tokens."""

    def __init__(self) -> None:
        self.key = jwk.RSAKey.generate_key(2048, parameters={"alg": "RS256", "use": "sig"}, auto_kid=True)

    def published(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}


class ClientKeys:
    """Public keys of private_key_jwt clients; only the registered address is ever asked."""

    def __init__(self, config: PracticeConfig, http: httpx2.AsyncClient) -> None:
        self._config = config
        self._http = http
        self._kept: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}

    async def find(self, client: Registration, kid: str) -> jwk.RSAKey | jwk.ECKey:
        """The client's key with this id; an unknown id fetches the set once more.

        Raises:
            OAuthFault: no such key, or the set cannot be read.
        """
        for refetch in (False, True):
            for found in await self._keys(client, refetch=refetch):
                if found.get("kid") == kid:
                    return _public_key(found)
        raise OAuthFault("invalid_client", f"No key '{kid[:80]}' in the client's key set", 401)

    async def _keys(self, client: Registration, *, refetch: bool) -> list[dict[str, Any]]:
        if client.jwks is not None:
            return list(client.jwks.get("keys", []))
        url = str(client.jwks_url)
        now = self._config.now()
        kept = self._kept.get(url)
        if kept and kept[0] > now and not refetch:
            return kept[1]
        keys = await self._fetch(url)
        self._kept[url] = (now + timedelta(seconds=_FRESH_S), keys)
        return keys

    async def _fetch(self, url: str) -> list[dict[str, Any]]:
        try:
            answer = await self._http.get(url, headers={"Accept": "application/json"})
            if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
                raise OAuthFault("invalid_client", f"The key set at {url} answered {answer.status_code}", 401)
            keys = answer.json()["keys"]
            return [one for one in keys if isinstance(one, dict)]
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as fault:
            raise OAuthFault(
                "invalid_client", f"The key set at {url} cannot be read: {type(fault).__name__}", 401
            ) from None


def _public_key(found: dict[str, Any]) -> jwk.RSAKey | jwk.ECKey:
    if "d" in found:
        raise OAuthFault("invalid_client", "The key set publishes a private key", 401)
    if not found.get("alg"):
        raise OAuthFault("invalid_client", "Every published key needs 'alg'", 401)
    try:
        key = jwk.import_key(found)
    except Exception:
        raise OAuthFault("invalid_client", "The key cannot be read", 401) from None
    if not isinstance(key, jwk.RSAKey | jwk.ECKey):
        raise OAuthFault("invalid_client", "Only RSA and EC keys are taken", 401)
    return key

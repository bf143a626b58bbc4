"""The access token of an open launch, as a source for the EHR client."""

from __future__ import annotations

from datetime import timedelta

from starlette.concurrency import run_in_threadpool

from smart_app.ehr.errors import NoToken
from smart_app.ehr.tokens import AccessToken
from smart_app.launch import scopes, sessions
from smart_app.launch.errors import LaunchClosed
from smart_app.launch.ground import Ground
from smart_app.launch.sealed import unseal

SPARE = timedelta(seconds=10)
"""A token this close to its end is not used any more."""


class LaunchTokens:
    """The token that one launch got. It is not refreshed: when it ends, the user launches again."""

    def __init__(self, ground: Ground, launch_id: str, issuer: str) -> None:
        self._ground = ground
        self._launch_id = launch_id
        self._issuer = issuer

    async def token(self, *, renew: bool = False) -> AccessToken:
        """The launch's token. Raises NoToken: closed, expired, or refused by the EHR (`renew`)."""
        if renew:
            raise NoToken(self._issuer, "refused")
        return await run_in_threadpool(self._token)

    def _token(self) -> AccessToken:
        try:
            row = sessions.still_open(self._ground, self._launch_id)
        except LaunchClosed as closed:
            raise NoToken(self._issuer, closed.reason) from None
        if row.issuer != self._issuer:
            raise NoToken(self._issuer, "unknown")
        if row.token_expires_at is None or row.token_expires_at - SPARE <= self._ground.clock.now():
            raise NoToken(self._issuer, "expired")
        return AccessToken(unseal(self._ground, row)["access_token"], scopes.parse(row.granted))

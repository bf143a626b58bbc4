"""The access token of an open launch, as a source for the EHR client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool

from smart_app.ehr.errors import NoToken
from smart_app.ehr.tokens import AccessToken
from smart_app.launch import scopes, sessions
from smart_app.launch.errors import LaunchClosed
from smart_app.launch.ground import Ground
from smart_app.launch.introspection import is_active
from smart_app.launch.refresh import refreshed
from smart_app.launch.sealed import unseal
from smart_app.launch.tables import LaunchRow

_log = structlog.get_logger()
SPARE = timedelta(seconds=10)
"""A token this close to its end is not used any more."""


class LaunchTokens:
    """The token that one launch got, refreshed where the EHR gave a refresh token; else the user launches again."""

    def __init__(self, ground: Ground, launch_id: str, issuer: str) -> None:
        self._ground = ground
        self._launch_id = launch_id
        self._issuer = issuer
        self._last: str | None = None

    async def token(self, *, renew: bool = False) -> AccessToken:
        """The launch's token.

        Args:
            renew: the EHR has refused the one handed out last.

        Raises:
            NoToken: closed, expired, or refused by the EHR, and not to be refreshed.
            EhrUnreachable: the EHR could not be asked for a new one.
        """
        row, held = await run_in_threadpool(self._held)
        ended = row.token_expires_at is None or row.token_expires_at - SPARE <= self._ground.clock.now()
        refused = renew and self._last in (None, held.get("access_token"))
        if ended or refused:
            if "refresh_token" not in held:
                raise NoToken(self._issuer, "expired" if ended else await self._why_refused(held["access_token"]))
            profile = self._ground.profile(self._issuer)
            row = await refreshed(self._ground, profile, self._launch_id, held["access_token"])
            held = unseal(self._ground, row)
        self._last = held["access_token"]
        return AccessToken(held["access_token"], scopes.parse(row.granted))

    async def _why_refused(self, token: str) -> str:
        """What the EHR says of a token that it refused: "ended", "refused-though-active", or "refused" when nothing.

        A token that has ended is not tried again, so that it is asked about once.
        """
        active = await is_active(self._ground, self._ground.profile(self._issuer), token)
        _log.info("token refused", issuer=self._issuer, launch=self._launch_id, active=active)
        if active is False:
            await run_in_threadpool(sessions.token_ended, self._ground, self._launch_id)
        return {True: "refused-though-active", False: "ended", None: "refused"}[active]

    def _held(self) -> tuple[LaunchRow, dict[str, Any]]:
        try:
            row = sessions.still_open(self._ground, self._launch_id)
            held = unseal(self._ground, row)
        except LaunchClosed as closed:
            raise NoToken(self._issuer, closed.reason) from None
        if row.issuer != self._issuer:
            raise NoToken(self._issuer, "unknown")
        return row, held

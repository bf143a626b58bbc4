"""Our own access to an EHR, without a user: client_credentials with a signed assertion.

Source: SMART App Launch 2.2, "Backend Services".
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from smart_app.ehr.errors import EhrUnreachable, NoToken
from smart_app.ehr.tokens import AccessToken
from smart_app.issuers import IssuerProfile
from smart_app.launch import scopes
from smart_app.launch.client_authentication import Proof, asserted
from smart_app.launch.discovery import Configuration, discover
from smart_app.launch.errors import DeniedByEhr, WrongDiscovery
from smart_app.launch.ground import Ground
from smart_app.launch.introspection import is_active
from smart_app.launch.token_answer import read_token
from smart_app.launch.token_request import request_token

SPARE = timedelta(seconds=30)
"""A token this close to its end is not used any more; one that lives shorter still serves half its life."""


class BackendTokens:
    """Tokens of one issuer's background client; a new one when the old one nears its end, one request at a time."""

    def __init__(self, ground: Ground, profile: IssuerProfile) -> None:
        self._ground = ground
        self._profile = profile
        self._lock = asyncio.Lock()
        self._held: AccessToken | None = None
        self._until: datetime | None = None

    async def token(self, *, renew: bool = False) -> AccessToken:
        """A token to use now.

        Raises:
            NoToken: the profile has no background client, or the EHR gives it no token.
            EhrUnreachable: the EHR could not be asked for one.
        """
        before = self._held
        async with self._lock:
            if renew and self._held is before:
                self._held = None
            if self._held is None or self._until is None or self._until <= self._ground.clock.now():
                self._held, self._until = await self._asked()
            return self._held

    async def is_active(self) -> bool | None:
        """Whether the EHR says that our token holds; None when it does not say. Raises as `token` does."""
        held = await self.token()
        return await is_active(self._ground, self._profile, held.value, make_proof=self.proof)

    async def proof(self, configuration: Configuration) -> Proof:
        """Our proof as the background client. Raises WrongDiscovery."""
        return await asserted(self._ground, self._profile, configuration, self._profile.backend_client_id or "")

    async def _asked(self) -> tuple[AccessToken, datetime]:
        try:
            return await self._ask()
        except DeniedByEhr:
            raise NoToken(self._profile.id, "denied") from None
        except WrongDiscovery as wrong:
            raise EhrUnreachable(self._profile.id, wrong.reason) from None

    async def _ask(self) -> tuple[AccessToken, datetime]:
        profile = self._profile
        if profile.backend_client_id is None:
            raise NoToken(profile.id, "no-backend")
        configuration = await discover(self._ground, profile)
        asked = profile.scopes["backend"]
        form = {"grant_type": "client_credentials", "scope": asked}
        answer = await request_token(self._ground, profile, configuration, form, self.proof)
        token = read_token(profile, answer, asked)
        life = timedelta(seconds=token.life_s)
        until = self._ground.clock.now() + life - min(SPARE, life / 2)
        return AccessToken(token.access_token, scopes.parse(token.scope)), until

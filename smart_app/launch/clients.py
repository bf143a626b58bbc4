"""EHR clients for whoever works: on behalf of an open launch, or as our own background service."""

from __future__ import annotations

from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import NoToken
from smart_app.ehr.tokens import TokenSource
from smart_app.issuers import IssuerProfile
from smart_app.launch.backend_services import BackendTokens
from smart_app.launch.context import LaunchContext
from smart_app.launch.ground import Ground
from smart_app.launch.tokens import LaunchTokens


class Clients:
    """Hands out EHR clients; background tokens are kept between calls."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._backends: dict[str, BackendTokens] = {}

    def for_launch(self, launch: LaunchContext) -> EhrClient:
        """A client that acts with the launch's own token."""
        return self._client(launch.profile, LaunchTokens(self._ground, launch.id, launch.profile.id))

    def backend(self, profile: IssuerProfile) -> EhrClient:
        """A client that acts as our background service. Raises NoToken when the issuer gives us none."""
        if profile.backend_client_id is None:
            raise NoToken(profile.id, "no-backend")
        return self._client(profile, self.backend_tokens(profile))

    def backend_tokens(self, profile: IssuerProfile) -> BackendTokens:
        """Where the background service's tokens come from."""
        return self._backends.setdefault(profile.id, BackendTokens(self._ground, profile))

    async def for_issuer(self, issuer_id: str, launch_id: str | None) -> EhrClient:
        """The launch's client while its token holds, else the background service's.

        Raises:
            NoToken: neither is to be had.
        """
        try:
            profile = self._ground.profile(issuer_id)
        except KeyError:
            raise NoToken(issuer_id, "unknown-issuer") from None
        if launch_id is None:
            return self.backend(profile)
        tokens = LaunchTokens(self._ground, launch_id, issuer_id)
        try:
            await tokens.token()
        except NoToken as ended:
            if profile.backend_client_id is None:
                raise ended from None
            return self.backend(profile)
        return self._client(profile, tokens)

    def _client(self, profile: IssuerProfile, tokens: TokenSource) -> EhrClient:
        return EhrClient(self._ground.http, profile, tokens, clock=self._ground.clock)

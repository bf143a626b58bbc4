"""Where the EHR client gets its access token from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from smart_app.ehr.errors import NoToken
from smart_app.launch.scopes import Scopes


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """A bearer token and what it permits."""

    value: str
    granted: Scopes


class TokenSource(Protocol):
    """Gives a valid access token for one issuer, again and again."""

    async def token(self, *, renew: bool = False) -> AccessToken:
        """A token to use now.

        Args:
            renew: the EHR has just refused the last one (401); give another or raise.

        Raises:
            NoToken: there is none (any more).
        """
        ...


@dataclass(frozen=True, slots=True, repr=False)
class FixedToken:
    """One token that cannot be renewed: in the middle of a callback, and in tests."""

    issuer: str
    given: AccessToken

    async def token(self, *, renew: bool = False) -> AccessToken:
        if renew:
            raise NoToken(self.issuer, "refused")
        return self.given

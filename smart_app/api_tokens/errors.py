"""What is refused about tokens; none of these repeats the token."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NoAccess(Exception):
    """No token or launch came with the request, or one that is not valid (any more)."""

    reason: str
    """missing, unknown, expired, revoked, ambiguous, unknown-issuer; for the log, never told to the caller."""

    def __str__(self) -> str:
        return f"no access: {self.reason}"


@dataclass
class WrongScopes(Exception):
    """A token cannot be made: these are not scopes that our API knows."""

    scopes: tuple[str, ...]

    def __str__(self) -> str:
        return f"not SMART v2 system scopes (system/TYPE.letters, of c r u d s in that order): {' '.join(self.scopes)}"


@dataclass
class NoSuchToken(Exception):
    """No token with that id at this care provider."""

    token_id: str

    def __str__(self) -> str:
        return f"no token {self.token_id}"


@dataclass
class WrongLifetime(Exception):
    """Days outside what is allowed."""

    days: int
    most: int

    def __str__(self) -> str:
        return f"a token lives 1 to {self.most} days, not {self.days}"

"""What has been handed out: launches, codes, tokens and seen assertion ids, each with an end."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sandbox.practice_ehr.config import PracticeConfig

from .faults import OAuthFault
from .scopes import Grant, ResourceScope, parse_scope


@dataclass(frozen=True, slots=True)
class LaunchContext:
    """Who works with whom: ids of our own staff table and of resources."""

    user: str
    patient: str | None = None
    encounter: str | None = None
    intent: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What one person approved for one client; everything issued from it shares `family`."""

    client_id: str
    scopes: tuple[str, ...]
    context: LaunchContext | None  # None for a background service
    family: str
    nonce: str | None = None


@dataclass(slots=True)
class Code:
    approval: Approval
    redirect_uri: str
    challenge: str
    until: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    approval: Approval
    until: datetime
    issued: datetime
    kind: str  # "access" | "refresh"


@dataclass(slots=True)
class Grants:
    """All state of the authorization server; in memory, gone with the process."""

    config: PracticeConfig
    _launches: dict[str, tuple[LaunchContext, datetime]] = field(default_factory=dict)
    _codes: dict[str, Code] = field(default_factory=dict)
    _tokens: dict[str, Token] = field(default_factory=dict)
    _replaced: dict[str, str] = field(default_factory=dict)  # used refresh token -> family
    _seen: dict[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def now(self) -> Callable[[], datetime]:
        return self.config.now

    def add_launch(self, context: LaunchContext) -> str:
        launch = secrets.token_urlsafe(24)
        self._launches[launch] = (context, self.now() + timedelta(seconds=self.config.launch_lifetime_s))
        return launch

    def take_launch(self, launch: str) -> LaunchContext:
        """The context of a launch id, which works once.

        Raises:
            OAuthFault: it is unknown, used or too old.
        """
        context, until = self._launches.pop(launch, (None, self.now()))
        if context is None or until <= self.now():
            raise OAuthFault("invalid_request", "The launch id is unknown, used before or too old")
        return context

    def add_code(self, approval: Approval, redirect_uri: str, challenge: str) -> str:
        code = secrets.token_urlsafe(32)
        until = self.now() + timedelta(seconds=self.config.code_lifetime_s)
        self._codes[code] = Code(approval, redirect_uri, challenge, until)
        return code

    def find_code(self, code: str) -> Code:
        """The code's record; a second use revokes what the first one gave.

        Raises:
            OAuthFault: unknown, used or too old.
        """
        found = self._codes.get(code)
        if found is None:
            raise OAuthFault("invalid_grant", "The code is unknown")
        if found.used:
            self.revoke_family(found.approval.family)
            raise OAuthFault("invalid_grant", "The code was used before; its tokens are revoked")
        if found.until <= self.now():
            raise OAuthFault("invalid_grant", "The code is too old")
        return found

    def add_token(self, approval: Approval, kind: str, lifetime_s: int) -> str:
        token = secrets.token_urlsafe(32)
        now = self.now()
        self._tokens[token] = Token(approval, now + timedelta(seconds=lifetime_s), now, kind)
        return token

    def find_token(self, token: str, kind: str) -> Token | None:
        found = self._tokens.get(token)
        return found if found and found.kind == kind and found.until > self.now() else None

    def take_refresh(self, token: str, client_id: str) -> Token:
        """The refresh token's record; it works once, and a second use ends the whole family.

        Raises:
            OAuthFault: unknown, used, too old or another client's.
        """
        if token in self._replaced:
            self.revoke_family(self._replaced[token])
            raise OAuthFault("invalid_grant", "The refresh token was used before; its family is revoked")
        found = self.find_token(token, "refresh")
        if found is None or found.approval.client_id != client_id:
            raise OAuthFault("invalid_grant", "The refresh token is unknown, too old or not this client's")
        return found

    def replace_refresh(self, token: str, family: str) -> None:
        self._tokens.pop(token, None)
        self._replaced[token] = family

    def revoke(self, token: str, client_id: str) -> None:
        """End a token; a refresh token takes its whole family with it (RFC 7009)."""
        found = self._tokens.get(token)
        if found is None or found.approval.client_id != client_id:
            return
        if found.kind == "refresh":
            self.revoke_family(found.approval.family)
        self._tokens.pop(token, None)

    def replace_token(self, token: str, new: str, scopes: tuple[str, ...] | None = None) -> None:
        """Let `new` stand for an access token, with these scopes when they are given."""
        found = self._tokens.pop(token, None)
        if found is not None:
            approval = found.approval if scopes is None else replace(found.approval, scopes=scopes)
            self._tokens[new] = replace(found, approval=approval)

    def end_token(self, token: str) -> None:
        self._tokens.pop(token, None)

    def issued(self) -> tuple[str, ...]:
        """Every code and token that is kept, for a test that scans what others have logged."""
        return (*self._codes, *self._tokens, *self._replaced)

    def revoke_family(self, family: str) -> None:
        self._tokens = {text: one for text, one in self._tokens.items() if one.approval.family != family}

    def first_sight(self, client_id: str, jti: str, until: datetime) -> bool:
        """Whether this assertion id was not seen before; remembers it until the assertion ends."""
        now = self.now()
        self._seen = {key: end for key, end in self._seen.items() if end > now}
        if (client_id, jti) in self._seen:
            return False
        self._seen[client_id, jti] = until
        return True

    def grant_of(self, token: Token) -> Grant:
        parsed = (parse_scope(text) for text in token.approval.scopes)
        patient = token.approval.context.patient if token.approval.context else None
        resource_scopes = tuple(one for one in parsed if isinstance(one, ResourceScope))
        return Grant(resource_scopes, patient, self.config.fhir_url)


def new_family() -> str:
    return secrets.token_hex(8)


def subject_of(user: str) -> str:
    """A stable `sub` that tells nothing of the person."""
    return hashlib.sha256(f"practice-ehr/{user}".encode()).hexdigest()[:32]

"""Making, listing, revoking and checking tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from smart_app.api_tokens.errors import NoAccess, NoSuchToken, WrongLifetime
from smart_app.api_tokens.scopes import ApiScopes, parse_scopes
from smart_app.api_tokens.tables import ApiTokenRow
from smart_app.sealing import digest
from smart_app.store.owner import Owner

PREFIX = "slf_"
MOST_DAYS = 400
USE_STEP = timedelta(minutes=1)
"""The last use is noted at most this often, so that reading does not become writing."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at its birth: the only time its text is known."""

    id: str
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CheckedToken:
    """Whom a valid token speaks for."""

    id: str
    client: str
    owner: Owner
    scopes: ApiScopes


def create(session: Session, owner: Owner, *, client: str, scopes: str, days: int, now: datetime) -> NewToken:
    """Make a token for one client and one care unit.

    Args:
        client: name of the system that will use it; stands in the audit log.
        scopes: SMART v2 system scopes, e.g. "system/Task.rs".
        days: 1 to 400.

    Raises:
        WrongScopes, WrongLifetime: nothing was made.
    """
    parse_scopes(scopes)
    if not 1 <= days <= MOST_DAYS:
        raise WrongLifetime(days, MOST_DAYS)
    text = PREFIX + secrets.token_urlsafe(32)
    row = ApiTokenRow(
        issuer=owner.issuer,
        care_provider=owner.care_provider,
        care_unit=owner.care_unit,
        client=client,
        scopes=" ".join(scopes.split()),
        digest=digest(text),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return NewToken(row.id, text, row.expires_at)


def listed(session: Session, owner: Owner) -> tuple[ApiTokenRow, ...]:
    """The care provider's tokens, latest first; also expired and revoked ones."""
    query = select(ApiTokenRow).where(*owner.within_provider(ApiTokenRow))
    return tuple(session.exec(query.order_by(col(ApiTokenRow.created_at).desc(), col(ApiTokenRow.id))))


def revoke(session: Session, owner: Owner, token_id: str, *, now: datetime) -> ApiTokenRow:
    """End a token at once; again is no fault. Raises NoSuchToken, also for another care provider's."""
    query = select(ApiTokenRow).where(*owner.within_provider(ApiTokenRow), ApiTokenRow.id == token_id)
    row = session.exec(query).one_or_none()
    if row is None:
        raise NoSuchToken(token_id)
    row.revoked_at = row.revoked_at or now
    session.flush()
    return row


def check(session: Session, text: str, *, now: datetime) -> CheckedToken:
    """Whom the token speaks for.

    Raises:
        NoAccess: unknown, expired or revoked.
    """
    row = session.exec(select(ApiTokenRow).where(ApiTokenRow.digest == digest(text))).one_or_none()
    if row is None:
        raise NoAccess("unknown")
    if row.revoked_at is not None:
        raise NoAccess("revoked")
    if now >= row.expires_at:
        raise NoAccess("expired")
    return CheckedToken(
        row.id, row.client, Owner(row.issuer, row.care_provider, row.care_unit), parse_scopes(row.scopes)
    )


def used(session: Session, owner: Owner, token_id: str, *, now: datetime) -> None:
    """Note that the token was used, at most once a minute."""
    query = select(ApiTokenRow).where(*owner.within_unit(ApiTokenRow), ApiTokenRow.id == token_id)
    row = session.exec(query).one_or_none()
    if row is not None and (row.last_used_at is None or now - row.last_used_at >= USE_STEP):
        row.last_used_at = now
        session.flush()

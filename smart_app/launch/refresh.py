"""A new access token without the user, asked for by one process at a time; each refresh token is used once.

The lease is a row in `used_once`: two processes that meet an ended token at the same moment would otherwise both send
the same refresh token, and an EHR that rotates them ends the whole login at the second one.

Source: SMART App Launch 2.2, "Refresh access token"; RFC 6749 section 6.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool

from smart_app.ehr.errors import EhrUnreachable, NoToken
from smart_app.issuers import IssuerProfile
from smart_app.launch import scopes, sessions
from smart_app.launch.discovery import discover
from smart_app.launch.errors import DeniedByEhr, WrongDiscovery
from smart_app.launch.ground import Ground
from smart_app.launch.logout import revoke
from smart_app.launch.sealed import seal, unseal
from smart_app.launch.tables import OPEN, LaunchRow, UsedOnceRow
from smart_app.launch.token_answer import TokenAnswer, read_token
from smart_app.launch.token_request import request_token

LEASE = timedelta(seconds=30)
"""Longer than a discovery and two token requests may take; after it another process may try."""
WAIT_S, TURNS = 0.1, 400
PURPOSE = "refresh"
_log = structlog.get_logger()


async def refreshed(ground: Ground, profile: IssuerProfile, launch_id: str, ended: str) -> LaunchRow:
    """The launch's row with another access token than `ended`, got by us or by whoever holds the lease.

    Raises:
        NoToken: there is nothing to refresh with, or the EHR says no; the user launches again.
        EhrUnreachable: the EHR could not be asked.
    """
    for _ in range(TURNS):
        row = await run_in_threadpool(sessions.row_of, ground, launch_id)
        held = unseal(ground, row) if row is not None and row.stage == OPEN else {}
        if row is None or "access_token" not in held:
            raise NoToken(profile.id, "closed")
        if held["access_token"] != ended:
            return row
        if "refresh_token" not in held:
            raise NoToken(profile.id, "expired")
        until = await run_in_threadpool(_leased, ground, launch_id)
        if until is not None:
            try:
                return await _refresh(ground, profile, launch_id, ended)
            finally:
                await run_in_threadpool(_released, ground, launch_id, until)
        await asyncio.sleep(WAIT_S)
    raise EhrUnreachable(profile.id, "refresh-busy")


async def _refresh(ground: Ground, profile: IssuerProfile, launch_id: str, ended: str) -> LaunchRow:
    row = await run_in_threadpool(sessions.row_of, ground, launch_id)
    held = unseal(ground, row) if row is not None else {}
    if row is None or "refresh_token" not in held:
        raise NoToken(profile.id, "closed")
    if held["access_token"] != ended:  # somebody was quicker, between our look and our lease
        return row
    form = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"]}  # no scope: what was granted, again
    try:
        configuration = await discover(ground, profile)
        token = read_token(profile, await request_token(ground, profile, configuration, form), row.granted)
    except DeniedByEhr as denied:
        _log.info("refresh refused", issuer=profile.id, launch=launch_id, reason=denied.reason)
        if denied.reason == "invalid_grant":
            await run_in_threadpool(_give_up, ground, launch_id)
        raise NoToken(profile.id, "expired") from None
    except WrongDiscovery as wrong:
        raise EhrUnreachable(profile.id, wrong.reason) from None
    if token.patient not in (None, row.patient):
        await run_in_threadpool(_give_up, ground, launch_id)
        raise NoToken(profile.id, "another-patient")
    try:
        return await run_in_threadpool(_keep, ground, profile, launch_id, token)
    except NoToken:  # closed while we asked: signing out has revoked only what it found
        if token.refresh_token is not None:
            await revoke(ground, profile, "refresh_token", token.refresh_token)
        await revoke(ground, profile, "access_token", token.access_token)
        raise


def _keep(ground: Ground, profile: IssuerProfile, launch_id: str, token: TokenAnswer) -> LaunchRow:
    with ground.store.transaction() as session:
        row = session.get(LaunchRow, launch_id, with_for_update=True)
        if row is None or row.stage != OPEN:
            raise NoToken(profile.id, "closed")
        held = unseal(ground, row) | {"access_token": token.access_token}
        if token.refresh_token is not None:
            held["refresh_token"] = token.refresh_token
        row.sealed = seal(ground, launch_id, held)
        row.granted = _no_more_than(row.granted, token.scope)
        row.token_expires_at = ground.clock.now() + timedelta(seconds=token.life_s)
        session.add(row)
    return row


def _no_more_than(before: str, now: str) -> str:
    """What the new token grants; an EHR cannot widen a launch by a refresh."""
    return scopes.common(now, before)


def _give_up(ground: Ground, launch_id: str) -> None:
    """The refresh token is of no use any more; the launch stays open for what needs no token."""
    with ground.store.transaction() as session:
        row = session.get(LaunchRow, launch_id, with_for_update=True)
        if row is not None and row.sealed is not None:
            held = unseal(ground, row)
            held.pop("refresh_token", None)
            row.sealed = seal(ground, launch_id, held)
            session.add(row)


def _leased(ground: Ground, launch_id: str) -> datetime | None:
    """Until when we hold the lease; None while another holds it."""
    now = ground.clock.now()
    until = now + LEASE
    try:
        with ground.store.transaction() as session:
            row = session.get(UsedOnceRow, (PURPOSE, launch_id), with_for_update=True)
            if row is None:
                row = UsedOnceRow(purpose=PURPOSE, key=launch_id, expires_at=until)
            elif row.expires_at > now:
                return None
            row.expires_at = until
            session.add(row)
    except IntegrityError:  # two inserted at once
        return None
    return until


def _released(ground: Ground, launch_id: str, until: datetime) -> None:
    with ground.store.transaction() as session:
        row = session.get(UsedOnceRow, (PURPOSE, launch_id), with_for_update=True)
        if row is not None and row.expires_at == until:  # else our time ran out, and it is another's
            session.delete(row)

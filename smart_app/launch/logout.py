"""The end of a launch by the user: closed here, and its tokens revoked at the EHR where that can be done.

Source: RFC 7009 (token revocation).
"""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool

from smart_app.issuers import IssuerProfile
from smart_app.launch import sessions
from smart_app.launch.client_authentication import proof
from smart_app.launch.context import LaunchContext
from smart_app.launch.discovery import discover
from smart_app.launch.errors import LaunchClosed, LaunchRefused
from smart_app.launch.ground import Ground
from smart_app.launch.sealed import unseal
from smart_app.launch.token_answer import ask_token

KINDS = ("refresh_token", "access_token")
"""In this order: many EHRs end all that came of a refresh token together with it."""
_log = structlog.get_logger()


async def close(ground: Ground, launch: LaunchContext) -> None:
    """Close the launch; always works here, and tries to revoke its tokens there."""
    held = await run_in_threadpool(_taken, ground, launch.id)
    for kind in KINDS:
        if kind in held:
            await revoke(ground, launch.profile, kind, held[kind])


def _taken(ground: Ground, launch_id: str) -> dict[str, str]:
    """The launch's tokens, which from now on nobody finds any more."""
    try:
        held = unseal(ground, sessions.still_open(ground, launch_id))
    except LaunchClosed:
        held = {}
    sessions.fail(ground, launch_id)
    return held


async def revoke(ground: Ground, profile: IssuerProfile, kind: str, token: str) -> None:
    """Try to revoke one token at the EHR; where that cannot be done it is logged."""
    try:
        configuration = await discover(ground, profile)
        endpoint = configuration.revocation_endpoint
        if endpoint is not None:
            ours = await proof(ground, profile, configuration)
            form = {"token": token, "token_type_hint": kind}
            await ask_token(ground.http, profile, endpoint, form, ours)
    except LaunchRefused as refused:
        _log.warning("token not revoked", issuer=profile.id, kind=kind, reason=refused.reason)

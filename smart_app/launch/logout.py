"""The end of a launch by the user: closed here, and its token revoked at the EHR where that can be done.

Source: RFC 7009 (token revocation).
"""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool

from smart_app.ehr.errors import NoToken
from smart_app.launch import sessions
from smart_app.launch.client_authentication import proof
from smart_app.launch.context import LaunchContext
from smart_app.launch.discovery import discover
from smart_app.launch.errors import LaunchRefused
from smart_app.launch.ground import Ground
from smart_app.launch.token_answer import ask_token
from smart_app.launch.tokens import LaunchTokens

_log = structlog.get_logger()


async def close(ground: Ground, launch: LaunchContext) -> None:
    """Close the launch; always works here, and tries to revoke the token there."""
    try:
        token = (await LaunchTokens(ground, launch.id, launch.profile.id).token()).value
    except NoToken:
        token = None
    await run_in_threadpool(sessions.fail, ground, launch.id)
    if token is None:
        return
    try:
        configuration = await discover(ground, launch.profile)
        endpoint = configuration.revocation_endpoint
        if endpoint is not None:
            ours = await proof(ground, launch.profile, configuration.token_endpoint)  # aud: always the token endpoint
            form = {"token": token, "token_type_hint": "access_token"}
            await ask_token(ground.http, launch.profile, endpoint, form, ours)
    except LaunchRefused as refused:
        _log.warning("token not revoked", issuer=launch.profile.id, reason=refused.reason)

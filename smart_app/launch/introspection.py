"""Asking the EHR about a token of ours that it has refused.

Source: SMART App Launch 2.2, "Token introspection"; RFC 7662.
"""

from __future__ import annotations

from smart_app.issuers import IssuerProfile
from smart_app.launch.discovery import discover, json_object
from smart_app.launch.errors import LaunchRefused
from smart_app.launch.ground import Ground
from smart_app.launch.token_answer import ask_token
from smart_app.launch.token_request import MakeProof, own_proof


async def is_active(
    ground: Ground, profile: IssuerProfile, token: str, *, make_proof: MakeProof | None = None
) -> bool | None:
    """Whether the EHR says that the token still holds; None when it has no introspection or gives no usable answer.

    Args:
        make_proof: how we prove who we are; None = as in a launch.
    """
    try:
        configuration = await discover(ground, profile)
        endpoint = configuration.introspection_endpoint
        if endpoint is None:
            return None
        ours = await own_proof(ground, profile, configuration, make_proof)
        form = {"token": token, "token_type_hint": "access_token"}
        answer = await ask_token(ground.http, profile, endpoint, form, ours)
        said = json_object(profile, answer.body).get("active")
    except LaunchRefused:
        return None
    return said if isinstance(said, bool) else None

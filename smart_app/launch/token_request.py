"""A request to the token endpoint, at the address that the EHR names now when the one remembered is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from smart_app.http import Answer
from smart_app.issuers import IssuerProfile
from smart_app.launch.client_authentication import Proof, proof
from smart_app.launch.discovery import Configuration, discover
from smart_app.launch.errors import WrongDiscovery
from smart_app.launch.ground import Ground
from smart_app.launch.token_answer import ask_token

GONE = frozenset({"token-endpoint-unreachable", *(f"token-endpoint-status-{status}" for status in (404, 405, 410))})
MakeProof = Callable[[Configuration], Awaitable[Proof]]


async def own_proof(
    ground: Ground, profile: IssuerProfile, at: Configuration, make_proof: MakeProof | None = None
) -> Proof:
    """Our proof for one request: `make_proof`'s, else that of a launch."""
    return await (make_proof(at) if make_proof is not None else proof(ground, profile, at))


async def request_token(
    ground: Ground,
    profile: IssuerProfile,
    configuration: Configuration,
    form: dict[str, str],
    make_proof: MakeProof | None = None,
) -> Answer:
    """The token endpoint's answer; the configuration is fetched once more when there is nothing at its address.

    Only another address is asked then: at the same one a code or a refresh token may have been used already.

    Raises:
        DeniedByEhr: it said no.
        WrongDiscovery: no usable answer.
    """

    async def ask(at: Configuration) -> Answer:
        ours = await own_proof(ground, profile, at, make_proof)
        return await ask_token(ground.http, profile, at.token_endpoint, form, ours)

    try:
        return await ask(configuration)
    except WrongDiscovery as wrong:
        if wrong.reason not in GONE:
            raise
        now = await discover(ground, profile, anew=True)
        if now.token_endpoint == configuration.token_endpoint:
            raise wrong from None
        return await ask(now)

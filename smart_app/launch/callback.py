"""The end of a launch: the code becomes a token, the token a user at a care unit, and all of it a LaunchContext.

Source: SMART App Launch 2.2, "Obtain access token"; RFC 9207 (`iss` in the answer).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from starlette.concurrency import run_in_threadpool

from smart_app.ehr.client import EhrClient
from smart_app.ehr.tokens import AccessToken, FixedToken
from smart_app.issuers import IssuerProfile
from smart_app.launch import cookies, scopes, sessions
from smart_app.launch.authorize import LOOK_AGAIN, redirect_uri
from smart_app.launch.context import LaunchContext
from smart_app.launch.discovery import Configuration, discover
from smart_app.launch.errors import DeniedByEhr, UnknownIssuer, UnknownState, WrongDiscovery, WrongIdToken
from smart_app.launch.fhir_context import as_json
from smart_app.launch.ground import Ground
from smart_app.launch.id_token import verified_claims
from smart_app.launch.identity import User, identify
from smart_app.launch.sealed import seal, unseal
from smart_app.launch.style import style_of
from smart_app.launch.tables import LaunchRow
from smart_app.launch.token_answer import TokenAnswer, encounter_of, error_word, read_token
from smart_app.launch.token_request import request_token

_MAX_CHARS = 8_000
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """What the authorization server sent back through the browser; None = not there."""

    state: str | None = None
    code: str | None = None
    error: str | None = None
    iss: str | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """An open launch; `set_cookie` is the whole header with its fresh cookie."""

    context: LaunchContext
    set_cookie: str


async def complete(ground: Ground, said: CallbackAnswer, present: cookies.Present) -> Completed:
    """Finish the launch that waits for this answer.

    Args:
        present: the cookies that the browser brought.

    Raises:
        LaunchRefused: and its kinds; the launch is closed, and its state is used whatever comes.
        EhrFault: the EHR could not be asked who the user is.
    """
    if not said.state or len(said.state) > _MAX_CHARS:
        raise UnknownState("no-state")
    row = await run_in_threadpool(sessions.take, ground, said.state, present)
    try:
        try:
            profile = ground.profile(row.issuer)
        except KeyError:
            raise UnknownIssuer("unknown-issuer") from None
        return await _complete(ground, profile, row, said)
    except BaseException:
        await run_in_threadpool(sessions.fail, ground, row.id)
        raise


async def _complete(ground: Ground, profile: IssuerProfile, row: LaunchRow, said: CallbackAnswer) -> Completed:
    configuration = await discover(ground, profile)
    if said.iss is not None and said.iss != (configuration.issuer or profile.fhir_base):
        raise WrongDiscovery("answer-from-elsewhere", profile.id)
    if said.error is not None:
        if said.error != "access_denied":  # its addresses may have changed: the next launch looks
            await discover(ground, profile, at_most=LOOK_AGAIN)
        raise DeniedByEhr(error_word(said.error), profile.id)
    if not said.code or len(said.code) > _MAX_CHARS:
        raise DeniedByEhr("no-code", profile.id)
    secrets = unseal(ground, row)
    token = await _exchange(ground, profile, row, configuration, said.code, secrets["verifier"])
    claims = await _claims(ground, profile, configuration, token, secrets["nonce"])
    style = await style_of(ground, profile, token.style_url)
    granted = scopes.parse(token.scope)
    source = FixedToken(profile.id, AccessToken(token.access_token, granted))
    user = await identify(EhrClient(ground.http, profile, source, clock=ground.clock), claims, ground.clock.today())
    _fill(ground, row, token, user, style)
    cookie = cookies.new_secret()
    context = await run_in_threadpool(sessions.opened, ground, row, cookie)
    lasting = timedelta(hours=ground.settings.absolute_hours) + sessions.KEPT_FOR  # proves for so long whose it was
    return Completed(context, cookies.setting(row.id, cookie, int(lasting.total_seconds())))


async def _exchange(
    ground: Ground, profile: IssuerProfile, row: LaunchRow, configuration: Configuration, code: str, verifier: str
) -> TokenAnswer:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(ground),
        "code_verifier": verifier,
    }
    answer = await request_token(ground, profile, configuration, form)
    return read_token(profile, answer, row.asked)


async def _claims(
    ground: Ground, profile: IssuerProfile, configuration: Configuration, token: TokenAnswer, nonce: str
) -> dict[str, object]:
    if token.id_token is None:
        raise WrongIdToken("missing", profile.id)
    return await verified_claims(
        ground, profile, configuration, token.id_token, nonce=nonce, access_token=token.access_token
    )


def _fill(ground: Ground, row: LaunchRow, token: TokenAnswer, user: User, style: dict[str, str]) -> None:
    row.care_provider, row.care_unit, row.unit_name = user.care_provider, user.care_unit, user.unit_name
    row.user_reference, row.user_hsa_id, row.user_name = user.reference, user.hsa_id, user.name
    row.role = user.role.value
    row.patient, row.encounter, row.intent = token.patient, encounter_of(token), token.intent
    row.need_patient_banner, row.granted = token.need_patient_banner, token.scope
    row.token_expires_at = ground.clock.now() + timedelta(seconds=token.life_s)
    kept: dict[str, object] = {"access_token": token.access_token}
    if token.refresh_token is not None:
        kept["refresh_token"] = token.refresh_token
    if token.fhir_context:
        kept["fhir_context"] = as_json(token.fhir_context)
    if style:
        kept["style"] = style
    row.sealed = seal(ground, row.id, kept)

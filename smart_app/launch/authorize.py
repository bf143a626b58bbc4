"""The beginning: from `iss` and `launch` to the redirect that asks the EHR's authorization server.

Source: SMART App Launch 2.2, "Obtain authorization code"; RFC 7636 (PKCE).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from starlette.concurrency import run_in_threadpool

from smart_app.issuers import IssuerProfile
from smart_app.launch import cookies, scopes, sessions
from smart_app.launch.discovery import Configuration, discover
from smart_app.launch.errors import UnknownIssuer, WrongDiscovery
from smart_app.launch.ground import Ground
from smart_app.launch.sealed import seal
from smart_app.launch.tables import STARTED, LaunchRow
from smart_app.sealing import digest
from smart_app.store.columns import new_id

ANSWER_WITHIN = timedelta(minutes=10)
LOOK_AGAIN = timedelta(seconds=15)
"""A browser that did not come back from its last login may have been sent to an address that has moved."""
_MAX_LAUNCH_CHARS = 4_000
AUTHORIZE_POST = "authorize-post"
LONG_ADDRESS = 2_000
"""Longer addresses are cut or refused by some servers on the way."""
ROLES = ("physician", "coordinator")
AUTH_METHODS = {
    "private_key_jwt": "private_key_jwt",
    "client_secret_basic": "client_secret_basic",
    "public": "none",
}


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser goes, with which cookies; `set_cookies` are whole headers.

    Attributes:
        form: what it brings there in a form, and not in the address; None = all of it stands in the address.
        origins: where the EHR's own login may lead from there.
    """

    url: str
    launch_id: str
    cookie: str
    set_cookies: tuple[str, ...]
    form: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    origins: frozenset[str] = frozenset()


def redirect_uri(ground: Ground) -> str:
    """Our one redirect address, as registered."""
    return f"{ground.settings.base_url}/callback"


async def start(
    ground: Ground,
    iss: str,
    launch: str | None,
    *,
    role: str | None = None,
    language: str = "sv",
    present: cookies.Present | None = None,
) -> Redirect:
    """Begin a launch.

    Args:
        iss: FHIR base of the EHR; it must stand in a profile.
        launch: handle of an EHR launch; None = standalone.
        role: asks only for that role's scopes; None = those of both roles in an EHR launch (which of them the user has
            is not known yet, and the EHR grants what it finds right), the physician's in a standalone one.
        present: the cookies that the browser brought.

    Raises:
        UnknownIssuer: nothing was sent anywhere.
        WrongDiscovery: the EHR cannot do what we need.
    """
    profile = ground.settings.issuers.get(iss.removesuffix("/"))
    if profile is None:
        raise UnknownIssuer("unknown-issuer")
    if launch is not None and not 0 < len(launch) <= _MAX_LAUNCH_CHARS:
        raise UnknownIssuer("launch-parameter")
    lost = await run_in_threadpool(sessions.unfinished, ground, profile.id, present or {})
    configuration = await discover(ground, profile, at_most=LOOK_AGAIN if lost else None)
    endpoint = endpoint_for_launch(profile, configuration, standalone=launch is None)
    state, cookie, verifier, nonce = (cookies.new_secret() for _ in range(4))
    verifier += secrets.token_urlsafe(16)
    now = ground.clock.now()
    asked = asked_scopes(profile, role, configuration, standalone=launch is None)
    row = LaunchRow(
        id=new_id(),
        issuer=profile.id,
        stage=STARTED,
        state_digest=digest(state),
        cookie_digest=digest(cookie),
        asked=asked,
        created_at=now,
        last_used_at=now,
        expires_at=now + ANSWER_WITHIN,
        language="en" if language == "en" else "sv",
    )
    row.sealed = seal(ground, row.id, {"verifier": verifier, "nonce": nonce})
    gone = await run_in_threadpool(sessions.add, ground, row, present or {})
    url = prepare_grant_uri(
        endpoint,
        profile.client_id,
        "code",
        redirect_uri(ground),
        asked,
        state,
        aud=profile.fhir_base,
        launch=launch,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    made = cookies.setting(row.id, cookie, int(ANSWER_WITHIN.total_seconds()))
    set_cookies = (made, *(cookies.removal(each) for each in gone))
    if _by_form(profile, configuration, url):
        form = parse_qsl(urlsplit(url).query)[len(parse_qsl(urlsplit(endpoint).query)) :]
        return Redirect(endpoint, row.id, cookie, set_cookies, tuple(form), profile.origins)
    return Redirect(url, row.id, cookie, set_cookies)


def _by_form(profile: IssuerProfile, configuration: Configuration, url: str) -> bool:
    """Whether the request goes as a form: always or never by the profile's word, else where it would be long."""
    if profile.authorize == "post":
        return True
    return profile.authorize == "auto" and len(url) > LONG_ADDRESS and AUTHORIZE_POST in configuration.capabilities


def asked_scopes(
    profile: IssuerProfile, role: str | None, configuration: Configuration | None = None, *, standalone: bool
) -> str:
    """The scopes to ask for. A profile's "launch" template, when there is one, is asked in every EHR launch.

    Args:
        configuration: of the EHR; a refresh token is asked for only where it lists that permission.
    """
    template = _template(profile, role, standalone=standalone)
    able = configuration is not None and f"permission-{profile.refresh}" in configuration.capabilities
    return scopes.joined(template, extra=[f"{profile.refresh}_access"] if able else [])


def _template(profile: IssuerProfile, role: str | None, *, standalone: bool) -> str:
    if standalone:
        chosen = role if role in ROLES else "physician"
        context = ["launch/patient"] if chosen == "physician" else []
        return scopes.joined(profile.scopes[chosen], without=["launch"], extra=context)
    if role in ROLES:
        return profile.scopes[role]
    if "launch" in profile.scopes:
        return profile.scopes["launch"]
    return scopes.joined(profile.scopes["physician"], profile.scopes["coordinator"])


def endpoint_for_launch(profile: IssuerProfile, configuration: Configuration, *, standalone: bool) -> str:
    """The authorization endpoint of an EHR that can do what we need; else WrongDiscovery, which names what it lacks."""
    if configuration.authorization_endpoint is None:
        raise WrongDiscovery("authorization_endpoint", profile.id)
    if "S256" not in configuration.challenge_methods:
        raise WrongDiscovery("pkce-s256", profile.id)
    needed = "launch-standalone" if standalone else "launch-ehr"
    if configuration.capabilities and needed not in configuration.capabilities:
        raise WrongDiscovery(needed, profile.id)
    methods = configuration.token_auth_methods
    if methods and profile.auth != "public" and AUTH_METHODS[profile.auth] not in methods:
        raise WrongDiscovery(profile.auth, profile.id)
    return configuration.authorization_endpoint

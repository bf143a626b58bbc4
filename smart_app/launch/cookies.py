"""One cookie per launch: its name says which launch, its value proves that this browser made it.

Source: SMART App Launch 2.2 (state bound to the user's session); draft-ietf-httpbis-rfc6265bis (`__Host-`), CHIPS
(Partitioned). All tabs of one EHR share a cookie jar, so one name for all would let one tab sign out another.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from smart_app.sealing import digest

PREFIX = "__Host-sl-"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"


def new_secret() -> str:
    """256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def name(launch_id: str) -> str:
    """The cookie's name."""
    return PREFIX + launch_id


def setting(launch_id: str, value: str, max_age_s: int) -> str:
    """A Set-Cookie header. Written by hand: `Partitioned` is unknown to Python's http.cookies before 3.14."""
    return f"{name(launch_id)}={value}; Max-Age={max_age_s}; {_ATTRIBUTES}"


def removal(launch_id: str) -> str:
    """A Set-Cookie header that takes the cookie away."""
    return f"{name(launch_id)}=; Max-Age=0; {_ATTRIBUTES}"


def launches_in(cookies: Mapping[str, str]) -> dict[str, str]:
    """Digest of the cookie by launch id, for all launches of this browser."""
    return {key.removeprefix(PREFIX): digest(value) for key, value in cookies.items() if key.startswith(PREFIX)}

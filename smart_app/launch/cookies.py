"""One cookie per launch: its name says which launch, its value proves that this browser made it.

Source: SMART App Launch 2.2 (state bound to the user's session); draft-ietf-httpbis-rfc6265bis (`__Host-`), CHIPS
(Partitioned). All tabs of one EHR share a cookie jar, so one name for all would let one tab sign out another.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Mapping

from starlette.requests import HTTPConnection

from smart_app.sealing import digest

PREFIX = "__Host-sl-"
Present = Mapping[str, str | tuple[str, ...]]
"""What a browser brought. One name may come twice (partitioned and not): every value is tried, none is preferred."""
MAX_VALUES = 5
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


def brought(request: HTTPConnection) -> Present:
    """The launches' cookies of a request, with every value of each name, at most five."""
    found: dict[str, tuple[str, ...]] = {}
    for name_, value in _pairs(request):
        if name_.startswith(PREFIX):
            found[name_] = (*found.get(name_, ()), value)[:MAX_VALUES]
    return found


def values(present: Present, launch_id: str) -> tuple[str, ...]:
    """The cookies that the browser brought for one launch."""
    found = present.get(name(launch_id), ())
    return (found,) if isinstance(found, str) else found


def launches_in(present: Present) -> tuple[str, ...]:
    """Ids of all launches of this browser, as it says."""
    return tuple(key.removeprefix(PREFIX) for key in present if key.startswith(PREFIX))


def proves(present: Present, launch_id: str, cookie_digest: str) -> bool:
    """Whether the browser brought the cookie with that digest for that launch."""
    return any(hmac.compare_digest(digest(value), cookie_digest) for value in values(present, launch_id))


def _pairs(request: HTTPConnection) -> Iterator[tuple[str, str]]:
    for header in request.headers.getlist("cookie"):
        for part in header.split(";"):
            name_, _, value = part.strip().partition("=")
            yield name_, value

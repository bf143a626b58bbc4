"""Faults of the token endpoint when nobody is there: refresh tokens, and tokens of background services."""

from __future__ import annotations

from collections.abc import Callable

from .exchange import Asked, Does, Fault
from .manners import HTML, LOGIN_PAGE, at_path, changes, cut_after, cut_before, members, says
from .tokens import WRITTEN, ended, fewer_scopes

_AT = at_path("/auth/token", method="POST")


def _by(grant_type: str) -> Callable[[Asked], bool]:
    return lambda asked: _AT(asked) and f"grant_type={grant_type}".encode() in asked.body


def _refresh(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"refresh-{name}", "lifetime", imitates, _by("refresh_token"), does)


def _backend(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"backend-{name}", "token", imitates, _by("client_credentials"), does)


FAULTS = (
    _refresh("refused", "400: the refresh token is worth nothing any more.", says(400, b'{"error":"invalid_grant"}')),
    _refresh("away", "503 from a gateway.", says(503, b"", HTML)),
    _refresh(
        "used-then-reset",
        "The refresh token is used and the answer lost; whoever sends it again loses the login.",
        cut_after,
    ),
    _refresh("without-another", "No new refresh token comes, and the old one is used up.", members(refresh_token=None)),
    _refresh("no-writing", "The new token may only read.", fewer_scopes(types=WRITTEN, letters="cud")),
    _refresh("other-patient", "The new token is another patient's.", members(patient="p-anders-holmqvist")),
    _backend("unknown", "401: the background client is not registered.", says(401, b'{"error":"invalid_client"}')),
    _backend("scope-refused", "400: the scopes are not granted.", says(400, b'{"error":"invalid_scope"}')),
    _backend("away", "503 from a gateway.", says(503, b"", HTML)),
    _backend("reset", "The connection ends without an answer.", cut_before),
    _backend("login-page", "200 with the HTML of a login page.", says(200, LOGIN_PAGE, HTML)),
    _backend("no-writing", "Only reading is granted, without a word.", fewer_scopes(types=WRITTEN, letters="cud")),
    _backend("dead", "The EHR does not take the token that it has just given.", changes(ended)),
)

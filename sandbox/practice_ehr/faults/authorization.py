"""Faults of the authorization endpoint and of the answer that the browser brings back."""

from __future__ import annotations

from .exchange import Does, Fault
from .manners import HTML, at_path, says, sent_back_with

_AT = at_path("/auth/authorize")


def _fault(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"authorize-{name}", "authorize", imitates, _AT, does)


def _error(code: str, text: str) -> Does:
    return sent_back_with(
        lambda said, _: {
            "error": code,
            "error_description": text,
            **({"state": said["state"]} if "state" in said else {}),
        }
    )


FAULTS = (
    _fault("denied", "The user pressed No, or has no permission.", _error("access_denied", "Denied by the user")),
    _fault(
        "broken",
        "server_error, with HTML and a person's number in its description.",
        _error("server_error", "<b>NullPointer</b> for 198004119288"),
    ),
    _fault("no-code", "Back without a code and without an error.", sent_back_with(lambda s, _: {"state": s["state"]})),
    _fault("no-state", "Back without the state.", sent_back_with(lambda s, _: {"code": s["code"]})),
    _fault(
        "other-state", "Back with a state that nobody made.", sent_back_with(lambda s, _: {**s, "state": "made-up"})
    ),
    _fault(
        "other-issuer",
        "The answer says that another issuer made it (RFC 9207).",
        sent_back_with(lambda said, turn: {**said, "iss": turn.behind.elsewhere}),
    ),
    _fault(
        "names-issuer",
        "The answer names its issuer, as RFC 9207 asks.",
        sent_back_with(lambda said, turn: {**said, "iss": turn.behind.config.base_url}),
    ),
    _fault(
        "other-code", "The code was cut short on its way.", sent_back_with(lambda s, _: {**s, "code": s["code"][:9]})
    ),
    _fault("away", "503 and a page in the EHR's own words.", says(503, b"<p>Driftstopp</p>", HTML)),
)

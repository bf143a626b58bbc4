"""Faults of the token endpoint, and of what its tokens are worth."""

from __future__ import annotations

import secrets

from sandbox.practice_ehr.auth.scopes import parse_scope

from .exchange import Asked, Does, Fault, Json, Reply, Turn, Where
from .manners import (
    HTML,
    LOGIN_PAGE,
    at_path,
    changes,
    cut_after,
    cut_before,
    cut_half,
    members,
    says,
    slow_after,
    writes,
)

_AT = at_path("/auth/token", method="POST")
WRITTEN = ("RiskAssessment", "CarePlan", "Procedure", "Task", "Provenance")


def _fault(name: str, imitates: str, does: Does, where: Where = "token") -> Fault:
    return Fault(f"token-{name}", where, imitates, _AT, does)


def fewer_scopes(*, types: tuple[str, ...], letters: str) -> Does:
    """Scopes lose these letters on these types, in the answer and in what the token opens."""

    def change(said: Json, turn: Turn) -> Json:
        kept = []
        for text in str(said["scope"]).split():
            scope = parse_scope(text)
            if not isinstance(scope, str) and scope.type in types:
                left = "".join(letter for letter in scope.actions if letter not in letters)
                text = f"{scope.level}/{scope.type}.{left}" if left else ""
            kept += [text] if text else []
        turn.behind.grants.replace_token(said["access_token"], said["access_token"], tuple(kept))
        return {**said, "scope": " ".join(kept)}

    return changes(change)


def _in_version_1(said: Json, _: Turn) -> Json:
    words = []
    for text in str(said["scope"]).split():
        scope = parse_scope(text)
        if isinstance(scope, str):
            words.append(text)
        else:
            words += [f"{scope.level}/{scope.type}.read"] if set(scope.actions) & set("rs") else []
            words += [f"{scope.level}/{scope.type}.write"] if set(scope.actions) & set("cud") else []
    return {**said, "scope": " ".join(words)}


def _renamed(said: Json, turn: Turn) -> Json:
    long = f"eyJhbGciOiJSUzI1NiJ9.{secrets.token_urlsafe(3000)}.{secrets.token_urlsafe(256)}"
    turn.behind.grants.replace_token(said["access_token"], long)
    return {**said, "access_token": long}


def ended(said: Json, turn: Turn) -> Json:
    turn.behind.grants.end_token(said["access_token"])
    return said


def _bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").partition(" ")[2]


async def _ends_at_write(turn: Turn) -> Reply:
    turn.behind.grants.end_token(_bearer(turn.asked))
    return await turn.answer()


FAULTS = (
    _fault("lower-case", "token_type is `bearer`.", members(token_type="bearer")),  # noqa: S106
    _fault("other-type", "token_type is `DPoP`, which nobody asked for.", members(token_type="DPoP")),  # noqa: S106
    _fault("no-type", "token_type is missing.", members(token_type=None)),
    _fault("none", "200 without an access_token.", members(access_token=None)),
    _fault(
        "with-blank",
        "The access_token holds a line break, which would split a header.",
        members(access_token="a\nb"),  # noqa: S106
    ),
    _fault(
        "strange-members", "Members that nobody knows, some of them null.", members(**{"x": [None], "a b": {}, "é": 1})
    ),
    _fault("no-scope", "scope is missing: what was asked was granted.", members(scope=None)),
    _fault("scopes-in-version-1", "scope comes back as .read and .write.", changes(_in_version_1)),
    _fault("no-writing", "Only reading is granted, without a word.", fewer_scopes(types=WRITTEN, letters="cud")),
    _fault("no-tasks", "Scopes for Task are dropped without a word.", fewer_scopes(types=("Task",), letters="cruds")),
    _fault("no-provenance", "Scopes for Provenance are dropped.", fewer_scopes(types=("Provenance",), letters="cruds")),
    _fault("no-conditions", "Scopes for Condition are dropped.", fewer_scopes(types=("Condition",), letters="rs")),
    _fault("no-patient", "Not even the patient may be read.", fewer_scopes(types=("Patient",), letters="rs")),
    _fault("opaque-and-long", "The access token looks like a JWT, is 4 kB long, and is opaque.", changes(_renamed)),
    _fault("invalid-client", "401: the EHR has forgotten our key.", says(401, b'{"error":"invalid_client"}')),
    _fault("invalid-grant", "400: the code has aged in a queue.", says(400, b'{"error":"invalid_grant"}')),
    _fault(
        "error-in-words", "400 with a stack trace where a code should be.", says(400, b'{"error":"java.lang.Oops: 19"}')
    ),
    _fault("busy", "429 with Retry-After.", says(429, b"", retry_after="5")),
    _fault("away", "503 from a gateway.", says(503, b"", HTML)),
    _fault("login-page", "200 with the HTML of a login page.", says(200, LOGIN_PAGE, HTML)),
    _fault(
        "redirect", "307: the code would be sent on to another host.", says(307, location="https://elsewhere.example/")
    ),
    _fault("huge", "300 kB of it.", members(padding="x" * 300_000)),
    _fault("reset", "The connection ends before the code is used.", cut_before),
    _fault("reset-after", "The code is used and the answer lost.", cut_after),
    _fault("half", "The connection ends in the middle of the answer.", cut_half),
    _fault("slow", "The code is used, and the answer comes too late.", slow_after),
    _fault("no-expiry", "expires_in is missing.", members(expires_in=None), "lifetime"),
    _fault("expiry-as-text", "expires_in is text.", members(expires_in="3600"), "lifetime"),
    _fault("expiry-negative", "expires_in is -1, meaning never.", members(expires_in=-1), "lifetime"),
    _fault("short", "expires_in is 1: the token ends before the page is drawn.", members(expires_in=1), "lifetime"),
    _fault("dead", "The EHR does not take the token that it has just given.", changes(ended), "lifetime"),
    Fault(
        "token-ends-at-write",
        "lifetime",
        "The EHR ends the token just before something is written.",
        writes,
        _ends_at_write,
    ),
)

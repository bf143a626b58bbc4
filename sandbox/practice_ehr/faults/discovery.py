"""Faults of the discovery document."""

from __future__ import annotations

from .exchange import Does, Fault, Json, Reply, Turn
from .manners import HTML, LOGIN_PAGE, at_path, changes, cut_before, cut_half, headers, members, says, slow_before

_AT = at_path("/fhir/.well-known/smart-configuration")


def _fault(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"discovery-{name}", "discovery", imitates, _AT, does)


def _elsewhere(key: str) -> Does:
    def change(said: Json, turn: Turn) -> Json:
        return {**said, key: str(said[key]).replace(turn.behind.config.base_url, turn.behind.elsewhere)}

    return changes(change)


def _relative(said: Json, turn: Turn) -> Json:
    base = turn.behind.config.base_url
    found = {key: value.replace(base, "..") if isinstance(value, str) else value for key, value in said.items()}
    return {**found, "issuer": base}


def _without_capability(name: str) -> Does:
    return changes(lambda said, _: {**said, "capabilities": [each for each in said["capabilities"] if each != name]})


async def _outdated(turn: Turn) -> Reply:
    reply = await changes(lambda said, _: {**said, "token_endpoint": f"{said['token_endpoint']}-of-last-year"})(turn)
    reply.headers["cache-control"] = "max-age=1"
    return reply


FAULTS = (
    _fault("missing", "404: the EHR publishes no SMART configuration.", says(404)),
    _fault("away", "503 from a gateway while the EHR restarts.", says(503, b"", HTML)),
    _fault("slow", "No answer for longer than anybody waits.", slow_before),
    _fault("reset", "The connection ends without an answer.", cut_before),
    _fault("half", "The connection ends in the middle of the document.", cut_half),
    _fault("login-page", "200 with the HTML of a login page.", says(200, LOGIN_PAGE, HTML)),
    _fault("list", "200 with JSON that is no object.", says(200, b"[]")),
    _fault("redirect", "302 to another host.", says(302, b"", HTML, location="https://elsewhere.example/")),
    _fault("huge", "300 kB of it.", members(padding="x" * 300_000)),
    Fault(
        "discovery-never-kept",
        "discovery",
        "Cache-Control: no-store on discovery and keys, so that every launch asks anew.",
        at_path("/fhir/.well-known/smart-configuration", "/auth/jwks"),
        headers(cache_control="no-store"),
    ),
    _fault("relative-endpoints", "Endpoints relative to the FHIR base, as the guide permits.", changes(_relative)),
    _fault("token-elsewhere", "The token endpoint is on an origin nobody approved.", _elsewhere("token_endpoint")),
    _fault("authorize-elsewhere", "The same for the login page.", _elsewhere("authorization_endpoint")),
    _fault("keys-elsewhere", "The same for the key set.", _elsewhere("jwks_uri")),
    _fault("no-token-endpoint", "token_endpoint is missing.", members(token_endpoint=None)),
    _fault("no-authorize-endpoint", "authorization_endpoint is missing.", members(authorization_endpoint=None)),
    _fault("no-issuer", "No issuer, which older servers leave out.", members(issuer=None)),
    _fault("only-plain", "PKCE is offered as plain only.", members(code_challenge_methods_supported=["plain"])),
    _fault("no-ehr-launch", "The capability launch-ehr is missing.", _without_capability("launch-ehr")),
    _fault(
        "only-secrets",
        "Clients authenticate with a secret only.",
        members(token_endpoint_auth_methods_supported=["client_secret_basic"]),
    ),
    _fault("outdated", "A copy that may be kept names a token endpoint that has moved.", _outdated),
)

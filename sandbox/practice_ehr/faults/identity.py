"""Faults of the id_token and of the keys that prove it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from joserfc import jwk, jwt

from .exchange import Does, Fault, Json, Reply, Turn
from .manners import HTML, LOGIN_PAGE, at_path, changes, members, says

_TOKEN = at_path("/auth/token", method="POST")
_KEYS = at_path("/auth/jwks")
_STRANGER = jwk.RSAKey.generate_key(2048, parameters={"alg": "RS256", "use": "sig"}, auto_kid=True)
Change = Callable[[Json, Turn], Json]


def _fault(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"id-token-{name}", "identity", imitates, _TOKEN, does)


def _keys(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"keys-{name}", "identity", imitates, _KEYS, does)


def _signed(claims: Change | None = None, header: Change | None = None, *, key: jwk.RSAKey | None = None) -> Does:
    """The id_token signed anew with other claims, another header or another key."""

    def change(said: Json, turn: Turn) -> Json:
        if "id_token" not in said:
            return said
        head, told = (_part(said["id_token"], number) for number in (0, 1))
        told = claims(told, turn) if claims else told
        head = header(head, turn) if header else head
        signer = key or turn.behind.keys.key
        bare = jwk.RSAKey.import_key({k: v for k, v in signer.as_dict(private=True).items() if k not in ("alg", "kid")})
        return {**said, "id_token": jwt.encode(head, told, bare, algorithms=["RS256"])}

    return changes(change)


def _part(token: str, number: int) -> Json:
    part = token.split(".")[number]
    found: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _claims(**values: Any) -> Does:
    return _signed(lambda told, _: {k: v for k, v in {**told, **values}.items() if v is not None})


def _later(seconds: int) -> Does:
    return _signed(lambda told, _: {**told, "iat": told["iat"] + seconds, "exp": told["exp"] + seconds})


def _without_kid(head: Json, _: Turn) -> Json:
    return {key: value for key, value in head.items() if key != "kid"}


def _unsigned(said: Json, _: Turn) -> Json:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return {**said, "id_token": f"{head}.{said['id_token'].split('.')[1]}."}


def _with_shared_secret(said: Json, turn: Turn) -> Json:
    public = turn.behind.keys.key.as_pem(private=False)
    secret = jwk.OctKey.import_key(base64.urlsafe_b64encode(public).decode())
    token = jwt.encode({"alg": "HS256", "typ": "JWT"}, _part(said["id_token"], 1), secret, algorithms=["HS256"])
    return {**said, "id_token": token}


def _relative_user(told: Json, turn: Turn) -> Json:
    return {**told, "fhirUser": str(told["fhirUser"]).removeprefix(f"{turn.behind.config.fhir_url}/")}


def _user_elsewhere(told: Json, turn: Turn) -> Json:
    return {**told, "fhirUser": str(told["fhirUser"]).replace(turn.behind.config.base_url, turn.behind.elsewhere)}


async def _of_last_week(turn: Turn) -> Reply:
    """The key set before the key was changed."""
    reply = await turn.answer()
    return reply.with_json({"keys": [_STRANGER.as_dict(private=False)]})


def _without_names(said: Json, _: Turn) -> Json:
    return {"keys": [{k: v for k, v in key.items() if k not in ("kid", "alg", "use")} for key in said["keys"]]}


def _beside_others(said: Json, _: Turn) -> Json:
    stranger = _STRANGER.as_dict(private=False)
    return {"keys": [{"kty": "quantum"}, stranger, *said["keys"], {"kty": "oct", "k": "AAAA"}]}


FAULTS = (
    _fault("no-kid", "The header does not name the key.", _signed(header=_without_kid)),
    _fault(
        "other-kid", "The header names a key that is not published.", _signed(header=lambda h, _: {**h, "kid": "gone"})
    ),
    _fault("not-signed", "alg is none.", changes(_unsigned)),
    _fault("shared-secret", "HS256 with the public key as its secret.", changes(_with_shared_secret)),
    _fault("foreign-key", "Signed by somebody else under our server's key id.", _signed(key=_STRANGER)),
    _fault("other-issuer", "iss is another server.", _claims(iss="https://elsewhere.example")),
    _fault("other-audience", "It was made for another client.", _claims(aud="another-client")),
    _fault("expired", "It ended ten minutes ago.", _later(-900)),
    _fault("clock-ahead", "The EHR's clock is 30 seconds ahead.", _later(30)),
    _fault("clock-far-ahead", "The EHR's clock is ten minutes ahead.", _later(600)),
    _fault("other-nonce", "Made for another login.", _claims(nonce="another")),
    _fault("no-nonce", "The nonce is left out.", _claims(nonce=None)),
    _fault("no-subject", "sub is left out.", _claims(sub=None)),
    _fault("missing", "No id_token though openid was granted.", members(id_token=None)),
    _fault("rubbish", "The id_token is no JWT.", members(id_token="x.y")),  # noqa: S106
    _fault("relative-user", "fhirUser is relative.", _signed(_relative_user)),
    _fault("user-elsewhere", "fhirUser is at another server.", _signed(_user_elsewhere)),
    _fault("user-is-patient", "fhirUser is a Patient.", _claims(fhirUser="Patient/p-eva-sandstrom")),
    _fault("user-unknown", "fhirUser leads to nobody.", _claims(fhirUser="Practitioner/nobody")),
    _keys("missing", "404 where the keys should be.", says(404)),
    _keys("empty", "A key set without keys.", says(200, b'{"keys":[]}', cache_control="no-store")),
    _keys("login-page", "200 with the HTML of a login page.", says(200, LOGIN_PAGE, HTML)),
    _keys("outdated", "A cached copy from before the key was changed.", _of_last_week),
    _keys("without-names", "Keys without kid, alg and use.", changes(_without_names)),
    _keys("beside-others", "Keys of kinds that nobody knows stand beside ours.", changes(_beside_others)),
)

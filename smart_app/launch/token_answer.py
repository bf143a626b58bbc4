"""The token endpoint's answer, checked: everything in it comes from outside.

Source: RFC 6749 section 5; SMART App Launch 2.2, "Launch context arrives with your access token".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from smart_app.ehr.addresses import is_reference
from smart_app.http import Answer, AnswerTooLarge, AsyncClient, OriginRefused, TransportError, send
from smart_app.issuers import IssuerProfile
from smart_app.launch.client_authentication import Proof
from smart_app.launch.discovery import json_object
from smart_app.launch.errors import DeniedByEhr, WrongDiscovery
from smart_app.launch.fhir_context import ContextItem, in_launch, read_fhir_context

_LIMIT_BYTES = 200_000
_OK = 200
_NOT_THERE = (404, 405, 410)
_LATER = (408, 425, 429)
DEFAULT_LIFE_S = 3600
MAX_LIFE_S = 86_400
_TOKEN = re.compile(r"[\x21-\x7e]{1,16000}")
_ERROR = re.compile(r"[a-z][a-z_]{0,60}")


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What the token endpoint gave.

    Attributes:
        refresh_token: for another access token without the user; a new one replaces the one before.
        fhir_context: what else the launch is about.
        style_url: the style sheet that the EHR named, as it said it; not to be fetched but by `style`.
        scope: what was granted; the asked scopes when the answer is silent (RFC 6749 section 5.1).
        patient, encounter: "Patient/12"; not yet read.
    """

    access_token: str = field(repr=False)
    life_s: int
    scope: str
    id_token: str | None = field(default=None, repr=False)
    patient: str | None = field(default=None, repr=False)
    encounter: str | None = field(default=None, repr=False)
    intent: str | None = None
    need_patient_banner: bool = True
    refresh_token: str | None = field(default=None, repr=False)
    fhir_context: tuple[ContextItem, ...] = field(default=(), repr=False)
    style_url: object = None


async def ask_token(
    http: AsyncClient, profile: IssuerProfile, endpoint: str, form: dict[str, str], proof: Proof
) -> Answer:
    """One request to the token endpoint; it is never repeated, since a code may be used once.

    Raises:
        DeniedByEhr: it said no.
        WrongDiscovery: no usable answer.
    """
    headers = {"Accept": "application/json", **proof.headers}
    try:
        answer = await send(
            http, profile, "POST", endpoint, headers=headers, form=form | proof.form, limit_bytes=_LIMIT_BYTES
        )
    except OriginRefused:
        raise WrongDiscovery("token_endpoint-elsewhere", profile.id) from None
    except AnswerTooLarge:
        raise WrongDiscovery("token-answer-too-large", profile.id) from None
    except TransportError:
        raise WrongDiscovery("token-endpoint-unreachable", profile.id) from None
    if 400 <= answer.status < 500 and answer.status not in _LATER:
        said = _said(profile, answer).get("error")
        if said is None and answer.status in _NOT_THERE:
            raise WrongDiscovery(f"token-endpoint-status-{answer.status}", profile.id)
        raise DeniedByEhr(error_word(said), profile.id)
    if answer.status != _OK:
        raise WrongDiscovery(f"token-endpoint-status-{answer.status}", profile.id)
    return answer


def read_token(profile: IssuerProfile, answer: Answer, asked: str) -> TokenAnswer:
    """The answer as values. Raises WrongDiscovery, naming the member that is wrong."""
    said = json_object(profile, answer.body)
    token, kind = said.get("access_token"), said.get("token_type")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise WrongDiscovery("access_token", profile.id)
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise WrongDiscovery("token_type", profile.id)
    id_token, scope = said.get("id_token"), said.get("scope")
    patient, items = _context(profile, said, "patient", "Patient"), read_fhir_context(profile, said.get("fhirContext"))
    if patient is not None and any(one.startswith("Patient/") and one != patient for one in in_launch(items)):
        raise WrongDiscovery("context-fhirContext-patient", profile.id)
    return TokenAnswer(
        access_token=token,
        life_s=_life_s(said.get("expires_in")),
        scope=scope if isinstance(scope, str) else asked,
        id_token=id_token if isinstance(id_token, str) else None,
        patient=patient,
        encounter=_context(profile, said, "encounter", "Encounter"),
        intent=_short(said.get("intent")),
        need_patient_banner=said.get("need_patient_banner") is not False,
        refresh_token=_refresh_token(profile, said),
        fhir_context=items,
        style_url=said.get("smart_style_url"),
    )


def encounter_of(token: TokenAnswer) -> str | None:
    """The visit that the launch is about: its own member, else the only one in fhirContext. Not yet read."""
    found = [one for one in in_launch(token.fhir_context) if one.startswith("Encounter/")]
    return token.encounter or (found[0] if len(found) == 1 else None)


def _refresh_token(profile: IssuerProfile, said: dict[str, Any]) -> str | None:
    value = said.get("refresh_token")
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise WrongDiscovery("refresh_token", profile.id)
    return value


def error_word(said: object) -> str:
    """An OAuth error code, when it looks like one; free text is never repeated."""
    return said if isinstance(said, str) and _ERROR.fullmatch(said) else "refused"


def _said(profile: IssuerProfile, answer: Answer) -> dict[str, Any]:
    try:
        return json_object(profile, answer.body)
    except WrongDiscovery:
        return {}


def _life_s(said: object) -> int:
    if isinstance(said, str) and said.isdecimal() and len(said) < 10:
        said = int(said)
    if isinstance(said, bool) or not isinstance(said, int) or said <= 0:
        return DEFAULT_LIFE_S
    return min(said, MAX_LIFE_S)


def _context(profile: IssuerProfile, said: dict[str, Any], key: str, kind: str) -> str | None:
    value = said.get(key)
    if value is None or value == "":
        return None
    reference = f"{kind}/{value.removeprefix(kind + '/')}" if isinstance(value, str) else ""
    if not is_reference(reference):
        raise WrongDiscovery(f"context-{key}", profile.id)
    return reference


def _short(said: object) -> str | None:
    return said if isinstance(said, str) and 0 < len(said) <= 200 and said.isprintable() else None

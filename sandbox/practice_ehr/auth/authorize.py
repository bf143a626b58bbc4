"""The authorization endpoint: approves at once, but refuses every request that is not by the book."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from sandbox.practice_ehr.config import PracticeConfig, Registration
from sandbox.practice_ehr.samples.staff import staff

from . import scopes
from .faults import NoRedirect, OAuthFault
from .grants import Approval, Grants, LaunchContext, new_family

_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")
PICK_USER, PICK_PATIENT = "practice_user", "practice_patient"


class KnowsPatients(Protocol):
    async def __call__(self, patient: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the browser here."""

    url: str


@dataclass(frozen=True, slots=True)
class PickContext:
    """A standalone launch: somebody must say who works, and with which patient if one is asked for."""

    needs_patient: bool


class AuthorizeEndpoint:
    def __init__(self, config: PracticeConfig, grants: Grants, knows_patient: KnowsPatients) -> None:
        self._config = config
        self._grants = grants
        self._knows_patient = knows_patient
        self._clients = config.clients()

    async def answer(self, asked: Mapping[str, str]) -> Redirect | PickContext:
        """Where the browser goes next.

        Raises:
            NoRedirect: client or redirect_uri are not registered, so nothing may be sent there.
        """
        client, redirect_uri = self._trusted(asked)
        try:
            chosen = await self._approve(client, redirect_uri, asked)
        except OAuthFault as fault:
            chosen = {"error": fault.error, "error_description": fault.text}
        except scopes.BadScope as bad:
            chosen = {"error": "invalid_scope", "error_description": str(bad)}
        if isinstance(chosen, PickContext):
            return chosen
        if asked.get("state"):
            chosen["state"] = asked["state"]
        mark = "&" if "?" in redirect_uri else "?"
        return Redirect(f"{redirect_uri}{mark}{urlencode(chosen)}")

    def _trusted(self, asked: Mapping[str, str]) -> tuple[Registration, str]:
        client = self._clients.get(asked.get("client_id", ""))
        if client is None or "authorization_code" not in client.grants:
            raise NoRedirect("Klienten är inte registrerad här. / The client is not registered here.")
        redirect_uri = asked.get("redirect_uri", "")
        if redirect_uri not in client.redirect_uris:
            raise NoRedirect(
                "redirect_uri är inte registrerad. / redirect_uri is not registered, character by character."
            )
        return client, redirect_uri

    async def _approve(
        self, client: Registration, redirect_uri: str, asked: Mapping[str, str]
    ) -> dict[str, str] | PickContext:
        self._check(asked)
        wanted = asked.get("scope", "").split()
        for text in wanted:
            scopes.parse_scope(text)
        if not wanted:
            raise OAuthFault("invalid_scope", "No scope was asked for")
        context = await self._context(asked, wanted)
        if isinstance(context, PickContext):
            return context
        got = scopes.granted(wanted, client.scopes, patient=context.patient, refuse=self._config.quirks.refuse_scopes)
        approval = Approval(client.client_id, tuple(got), context, new_family(), asked.get("nonce"))
        return {"code": self._grants.add_code(approval, redirect_uri, asked["code_challenge"])}

    def _check(self, asked: Mapping[str, str]) -> None:
        if asked.get("response_type") != "code":
            raise OAuthFault("unsupported_response_type", "response_type must be code")
        if not asked.get("state"):
            raise OAuthFault("invalid_request", "state is required")
        if asked.get("aud", "").rstrip("/") != self._config.fhir_url:
            raise OAuthFault("invalid_request", f"aud must be {self._config.fhir_url}")
        if asked.get("code_challenge_method") != "S256":
            raise OAuthFault("invalid_request", "PKCE with code_challenge_method S256 is required")
        if not _CHALLENGE.fullmatch(asked.get("code_challenge", "")):
            raise OAuthFault("invalid_request", "code_challenge is no S256 challenge")

    async def _context(self, asked: Mapping[str, str], wanted: list[str]) -> LaunchContext | PickContext:
        if ("launch" in asked) != ("launch" in wanted):
            raise OAuthFault("invalid_request", "The launch parameter and the launch scope belong together")
        if "launch" in asked:
            return self._grants.take_launch(asked["launch"])
        needs_patient = "launch/patient" in wanted or any(text.startswith("patient/") for text in wanted)
        user, patient = asked.get(PICK_USER), asked.get(PICK_PATIENT) or None
        if user is None or (needs_patient and patient is None):
            return PickContext(needs_patient)
        if user not in staff():
            raise OAuthFault("access_denied", "Nobody by that name works here")
        if patient is not None and not await self._knows_patient(patient):
            raise OAuthFault("access_denied", "There is no such patient")
        return LaunchContext(user, patient if needs_patient else None)

"""The token endpoint: codes, refresh tokens and background services."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from joserfc import jwt

from sandbox.practice_ehr.config import PracticeConfig, Registration
from sandbox.practice_ehr.samples.staff import staff

from . import scopes
from .client_auth import ClientAuthentication
from .faults import OAuthFault
from .grants import Approval, Grants, LaunchContext, new_family, subject_of
from .keys import ServerKeys

_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_REFRESH_LIFETIME_S = 8 * 3600
TENANT = "ovning"


class TokenEndpoint:
    """Turns a proven grant into a token response."""

    def __init__(
        self, config: PracticeConfig, grants: Grants, authentication: ClientAuthentication, keys: ServerKeys
    ) -> None:
        self._config = config
        self._grants = grants
        self._authentication = authentication
        self._keys = keys

    async def answer(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """The token response.

        Raises:
            OAuthFault: the request is refused; nothing was handed out.
        """
        client = await self._authentication.client(form, authorization)
        match form.get("grant_type"):
            case "authorization_code" if "authorization_code" in client.grants:
                return self._by_code(client, form)
            case "refresh_token" if "authorization_code" in client.grants:
                return self._by_refresh(client, form)
            case "client_credentials" if "client_credentials" in client.grants:
                return self._by_credentials(client, form)
            case "authorization_code" | "refresh_token" | "client_credentials":
                raise OAuthFault("unauthorized_client", "This client did not register for that grant")
        raise OAuthFault("unsupported_grant_type", "grant_type is missing or unknown")

    def _by_code(self, client: Registration, form: Mapping[str, str]) -> dict[str, Any]:
        found = self._grants.find_code(form.get("code", ""))
        if found.approval.client_id != client.client_id:
            raise OAuthFault("invalid_grant", "The code was given to another client")
        found.used = True  # a failed attempt uses it up as well
        if form.get("redirect_uri") != found.redirect_uri:
            raise OAuthFault("invalid_grant", "redirect_uri is not the one of the authorization request")
        verifier = form.get("code_verifier", "")
        if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(challenge_of(verifier), found.challenge):
            raise OAuthFault("invalid_grant", "code_verifier does not match the code_challenge")
        return self._response(found.approval, with_identity=True)

    def _by_refresh(self, client: Registration, form: Mapping[str, str]) -> dict[str, Any]:
        text = form.get("refresh_token", "")
        found = self._grants.take_refresh(text, client.client_id)
        approval = found.approval
        asked = tuple(form.get("scope", "").split()) or approval.scopes
        try:
            if not scopes.covers(approval.scopes, asked):
                raise OAuthFault("invalid_scope", "A refresh cannot ask for more than was granted")
        except scopes.BadScope as fault:
            raise OAuthFault("invalid_scope", str(fault)) from None
        self._grants.replace_refresh(text, approval.family)
        narrowed = Approval(approval.client_id, asked, approval.context, approval.family)
        return self._response(narrowed, refresh_from=approval)

    def _by_credentials(self, client: Registration, form: Mapping[str, str]) -> dict[str, Any]:
        asked = form.get("scope", "").split()
        try:
            parsed = [scopes.parse_scope(text) for text in asked]
        except scopes.BadScope as fault:
            raise OAuthFault("invalid_scope", str(fault)) from None
        if not asked or any(isinstance(one, str) or one.level != "system" for one in parsed):
            raise OAuthFault("invalid_scope", "A background service asks for system/ scopes and nothing else")
        got = scopes.granted(asked, client.scopes, patient=None, refuse=self._config.quirks.refuse_scopes)
        if not got:
            raise OAuthFault("invalid_scope", "None of these scopes is open to this client")
        approval = Approval(client.client_id, tuple(got), None, new_family())
        lifetime = min(300, self._config.token_lifetime_s)
        return self._bare(approval, lifetime)

    def _bare(self, approval: Approval, lifetime_s: int) -> dict[str, Any]:
        return {
            "access_token": self._grants.add_token(approval, "access", lifetime_s),
            "token_type": self._config.quirks.token_type,
            "expires_in": lifetime_s,
            "scope": " ".join(approval.scopes),
        }

    def _response(
        self, approval: Approval, *, with_identity: bool = False, refresh_from: Approval | None = None
    ) -> dict[str, Any]:
        answer = self._bare(approval, self._config.token_lifetime_s)
        context = approval.context
        assert context is not None
        answer |= launch_members(context)
        if {"offline_access", "online_access"} & set((refresh_from or approval).scopes):
            answer["refresh_token"] = self._grants.add_token(refresh_from or approval, "refresh", _REFRESH_LIFETIME_S)
        if with_identity and "openid" in approval.scopes:
            answer["id_token"] = self._id_token(approval, context)
        return answer

    def _id_token(self, approval: Approval, context: LaunchContext) -> str:
        now = int(self._config.now().timestamp())
        person = staff()[context.user]
        claims: dict[str, Any] = {
            "iss": self._config.base_url,
            "sub": subject_of(context.user),
            "aud": approval.client_id,
            "iat": now,
            "exp": now + 300,
            "acr": "http://id.sambi.se/loa/loa3",
            **person.claims(),
        }
        if approval.nonce is not None:
            claims["nonce"] = approval.nonce
        if "fhirUser" in approval.scopes:
            claims["fhirUser"] = f"{self._config.fhir_url}/{person.fhir_user_reference}"
        header = {"alg": "RS256", "typ": "JWT"}
        if self._config.quirks.id_token_kid:
            header["kid"] = str(self._keys.key.kid)
        return jwt.encode(header, claims, self._keys.key, algorithms=["RS256"])


def launch_members(context: LaunchContext) -> dict[str, Any]:
    """Launch context as members of a token or introspection response; what is not in context is left out."""
    members = {"patient": context.patient, "encounter": context.encounter, "intent": context.intent}
    found: dict[str, Any] = {key: value for key, value in members.items() if value is not None}
    return {**found, "need_patient_banner": context.patient is not None, "tenant": TENANT}


def challenge_of(verifier: str) -> str:
    """The S256 code challenge.

    Source: RFC 7636 4.2.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

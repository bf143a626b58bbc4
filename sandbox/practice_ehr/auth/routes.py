"""HTTP doors of the authorization server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from sandbox.practice_ehr.config import PracticeConfig
from sandbox.practice_ehr.samples.staff import staff

from .authorize import AuthorizeEndpoint, PickContext
from .client_auth import ClientAuthentication
from .discovery import openid_configuration, smart_configuration
from .faults import NoRedirect, OAuthFault
from .grants import Grants, subject_of
from .keys import ServerKeys
from .token import TokenEndpoint, launch_members

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_FRESH = {"Cache-Control": "max-age=300"}
PickPage = Callable[[Mapping[str, str], bool], Awaitable[Response]]
RefusedPage = Callable[[str], Response]


def auth_routes(
    config: PracticeConfig,
    grants: Grants,
    keys: ServerKeys,
    authentication: ClientAuthentication,
    authorize: AuthorizeEndpoint,
    pick_page: PickPage,
    refused_page: RefusedPage,
) -> APIRouter:
    """All addresses below /auth and the discovery documents."""
    router = APIRouter()
    tokens = TokenEndpoint(config, grants, authentication, keys)

    @router.get("/fhir/.well-known/smart-configuration")
    async def smart() -> JSONResponse:
        return JSONResponse(smart_configuration(config), headers=_FRESH)

    @router.get("/.well-known/openid-configuration")
    @router.get("/fhir/.well-known/openid-configuration")
    async def openid() -> JSONResponse:
        return JSONResponse(openid_configuration(config), headers=_FRESH)

    @router.get("/auth/jwks")
    async def jwks() -> JSONResponse:
        return JSONResponse(keys.published(), headers=_FRESH)

    @router.api_route("/auth/authorize", methods=["GET", "POST"])
    async def authorization(request: Request) -> Response:
        try:
            if request.method == "POST":
                asked = await _form(request)
            else:
                asked = _once(parse_qsl(request.url.query, keep_blank_values=True))
            answer = await authorize.answer(asked)
        except NoRedirect as fault:
            return refused_page(fault.text)
        except OAuthFault as fault:
            return refused_page(fault.text)
        if isinstance(answer, PickContext):
            return await pick_page(asked, answer.needs_patient)
        return RedirectResponse(answer.url, 303 if request.method == "POST" else 302, headers=_NO_STORE)

    @router.post("/auth/token")
    async def token(request: Request) -> JSONResponse:
        async def work() -> dict[str, Any]:
            return await tokens.answer(await _form(request), request.headers.get("authorization"))

        return await _answered(work)

    @router.post("/auth/introspect")
    async def introspect(request: Request) -> JSONResponse:
        async def work() -> dict[str, Any]:
            form = await _form(request)
            text = form.pop("token", "")
            await authentication.client(form, request.headers.get("authorization"))
            return _introspection(config, grants, text)

        return await _answered(work)

    @router.post("/auth/revoke")
    async def revoke(request: Request) -> JSONResponse:
        async def work() -> dict[str, Any]:
            form = await _form(request)
            text = form.pop("token", "")
            client = await authentication.client(form, request.headers.get("authorization"))
            grants.revoke(text, client.client_id)
            return {}

        return await _answered(work)

    return router


async def _answered(work: Callable[[], Awaitable[dict[str, Any]]]) -> JSONResponse:
    try:
        return JSONResponse(await work(), headers=_NO_STORE)
    except OAuthFault as fault:
        headers = {**_NO_STORE, "WWW-Authenticate": "Basic"} if fault.status == 401 else _NO_STORE
        body = {"error": fault.error, "error_description": fault.text}
        return JSONResponse(body, fault.status, headers=headers)


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise OAuthFault("invalid_request", "The body must be application/x-www-form-urlencoded")
    raw = (await request.body()).decode("utf-8", "replace")
    return _once(parse_qsl(raw, keep_blank_values=True))


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise OAuthFault("invalid_request", "A parameter stands there twice")
    return found


def _introspection(config: PracticeConfig, grants: Grants, text: str) -> dict[str, Any]:
    found = grants.find_token(text, "access") or grants.find_token(text, "refresh")
    if found is None:
        return {"active": False}
    approval = found.approval
    answer: dict[str, Any] = {
        "active": True,
        "scope": " ".join(approval.scopes),
        "client_id": approval.client_id,
        "exp": int(found.until.timestamp()),
        "iat": int(found.issued.timestamp()),
        "iss": config.base_url,
        "sub": approval.client_id,
    }
    if approval.context is not None:
        answer |= launch_members(approval.context)
        answer["sub"] = subject_of(approval.context.user)
        answer["fhirUser"] = f"{config.fhir_url}/{staff()[approval.context.user].fhir_user_reference}"
    return answer

"""HTTP door of the FHIR server: token, scopes, then the record."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sandbox.practice_ehr.auth.grants import Grants
from sandbox.practice_ehr.auth.scopes import Grant

from .access import guarded
from .messages import FHIR_JSON, Backend, FhirFault, FhirRequest, FhirResponse, Resource

_PASSED = ("if-match", "if-none-match", "if-none-exist", "prefer")
_MOST_BYTES = 10_000_000
_FORM = "application/x-www-form-urlencoded"
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]


def fhir_routes(backend: Backend, grants: Grants) -> APIRouter:
    """Everything below /fhir but the discovery documents, which must be routed before."""
    router = APIRouter()

    @router.api_route("/fhir", methods=_METHODS)
    @router.api_route("/fhir/{path:path}", methods=_METHODS)
    async def fhir(request: Request, path: str = "") -> Response:
        try:
            asked = await _request(request, path.strip("/"))
            if asked.method == "GET" and asked.path == "metadata":
                return _response(await backend.handle(asked))
            return _response(await guarded(backend, asked, _grant(request, grants)))
        except FhirFault as fault:
            return _response(fault.response())

    return router


def _grant(request: Request, grants: Grants) -> Grant:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = grants.find_token(text.strip(), "access") if scheme.lower() == "bearer" else None
    if token is None:
        raise FhirFault(401, "login", "A valid access token is needed")
    return grants.grant_of(token)


async def _request(request: Request, path: str) -> FhirRequest:
    query = parse_qsl(request.url.query, keep_blank_values=True)
    headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
    body: Resource | None = None
    if request.method in ("POST", "PUT"):
        raw = await request.body()
        if len(raw) > _MOST_BYTES:
            raise FhirFault(413, "too-long", "The body is too large")
        if path.endswith("_search"):
            query += _search_form(request, raw)
        else:
            body = _json(request, raw)
    return FhirRequest(request.method, path, tuple(query), headers, body)


def _search_form(request: Request, raw: bytes) -> list[tuple[str, str]]:
    if raw and not request.headers.get("content-type", "").startswith(_FORM):
        raise FhirFault(415, "not-supported", f"POST _search takes {_FORM}")
    return parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)


def _json(request: Request, raw: bytes) -> Resource:
    if "json" not in request.headers.get("content-type", ""):
        raise FhirFault(415, "not-supported", f"The body must be {FHIR_JSON}")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise FhirFault(400, "structure", "The body is no JSON") from None
    if not isinstance(body, dict):
        raise FhirFault(400, "structure", "The body is no JSON object")
    return body


def _response(answer: FhirResponse) -> Response:
    content = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    headers = {"Cache-Control": "no-store", **answer.headers}
    return Response(content, answer.status, headers, media_type=f"{FHIR_JSON}; charset=utf-8")

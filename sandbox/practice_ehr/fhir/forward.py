"""A real FHIR server behind our authorization: requests go there, its addresses become ours on the way back."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from .messages import FHIR_JSON, FhirRequest, FhirResponse, outcome

_BACK = ("ETag", "Last-Modified", "Location", "Content-Location")


class ForwardingBackend:
    """A Backend that passes interactions on to `upstream` and hides that address."""

    def __init__(self, upstream: str, own_base: str, http: httpx2.AsyncClient) -> None:
        self._upstream = upstream.rstrip("/")
        self._own = own_base
        self._http = http

    async def handle(self, request: FhirRequest) -> FhirResponse:
        method, url, content = request.method, f"{self._upstream}/{request.path}".rstrip("/"), None
        headers = {"Accept": FHIR_JSON, **request.headers}
        query: list[tuple[str, str | int | float | bool | None]] = [
            (name, value.replace(self._own, self._upstream)) for name, value in request.query
        ]
        if request.body is not None:
            text = json.dumps(request.body, ensure_ascii=False).replace(self._own + "/", self._upstream + "/")
            content, headers["Content-Type"] = text.encode(), FHIR_JSON
        try:
            answer = await self._http.request(method, url, params=query, content=content, headers=headers, timeout=60)
        except httpx2.HTTPError as fault:
            body = outcome("transient", f"The record behind does not answer: {type(fault).__name__}")
            return FhirResponse(503, body, {"Retry-After": "5"})
        back = {name: self._ours(answer.headers[name]) for name in _BACK if name in answer.headers}
        return FhirResponse(answer.status_code, self._body(answer), back)

    def _ours(self, text: str) -> str:
        return text.replace(self._upstream, self._own)

    def _body(self, answer: httpx2.Response) -> dict[str, Any] | None:
        if not answer.content:
            return None
        try:
            found = json.loads(self._ours(answer.text))
        except ValueError:
            return outcome("exception", "The record behind answered something that is no JSON")
        return found if isinstance(found, dict) else None

"""How our FHIR API answers: FHIR JSON only, every fault an OperationOutcome, refusals of rows logged."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import orjson
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from smart_app.api_tokens.errors import NoAccess
from smart_app.audit import log as audit
from smart_app.errors import fault_text, operation_outcome, preferred_language, retry_after
from smart_app.fhir_records.errors import NoSuchRecord
from smart_app.launch.errors import CrossSiteRequest
from smart_app.routes.fhir_caller import Caller
from smart_app.routes.fhir_faults import (
    NotAcceptable,
    NotAllowed,
    NotThere,
    OutsideScope,
    StoreUnavailable,
    WrongRequest,
)
from smart_app.wiring import Services
from smart_app.worklist.errors import NoSuchTask

FHIR_JSON = "application/fhir+json"
_JSON = frozenset({"json", "application/json", FHIR_JSON, "text/json", "application/json+fhir"})
_LOGGED = (NoSuchTask, NoSuchRecord, NotThere, OutsideScope, CrossSiteRequest)
_log = structlog.get_logger()


def fhir(resource: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """One resource as FHIR JSON."""
    return Response(
        orjson.dumps(resource), status, media_type=f"{FHIR_JSON}; charset=utf-8", headers=dict(headers or {})
    )


def versioned(resource: Mapping[str, Any], version: int, updated_at: datetime, *, status: int = 200) -> Response:
    """One resource that has versions, with ETag and Last-Modified."""
    return fhir(
        resource,
        status=status,
        headers={"ETag": etag(version), "Last-Modified": format_datetime(updated_at, usegmt=True)},
    )


def etag(version: int) -> str:
    """The weak ETag of a version."""
    return f'W/"{version}"'


class FhirRoute(APIRoute):
    """A route of which every fault becomes an OperationOutcome."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                refuse_other_formats(request, request.query_params.get("_format"))
                return await answer(request)
            except Exception as fault:
                return await refusal(request, fault)

        return handler


async def refusal(request: Request, fault: Exception) -> Response:
    """The fault as an OperationOutcome; what was refused to somebody known is written into the audit log."""
    known = _as_ours(fault)
    text = fault_text(known)
    if text.status in (500, 503):
        _log.error("fhir-api-fault", fault=type(fault).__name__, place=_place(fault), route=_kind(request))
    if isinstance(known, _LOGGED):
        await run_in_threadpool(_note_denial, request, known)
    language = preferred_language(request.headers.get("accept-language"))
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    if isinstance(known, NoAccess):
        headers["WWW-Authenticate"] = 'Bearer realm="sickleave-on-fhir"'
    if isinstance(known, NotAllowed):
        headers["Allow"] = known.allow
    headers |= retry_after(known)
    return fhir(operation_outcome(known, language), status=text.status, headers=headers)


def _place(fault: Exception) -> str:
    """Where it was raised: module and line, never its text, which may hold a patient's data."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "-"


def _as_ours(fault: Exception) -> Exception:
    """Faults of the frameworks as faults of ours; others as they are."""
    if isinstance(fault, DBAPIError):
        return StoreUnavailable()
    if isinstance(fault, RequestValidationError):
        return WrongRequest("not-understood")
    if isinstance(fault, HTTPException):
        return WrongRequest("not-understood") if fault.status_code < 500 else fault
    return fault


def _note_denial(request: Request, fault: Exception) -> None:
    """A refusal to someone known, in a transaction of its own; whether the row exists elsewhere is not looked up."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        return
    services: Services = request.app.state.services
    with services.store.transaction() as session:
        audit.write(
            session,
            owner=caller.owner,
            actor=caller.actor.reference,
            role=caller.actor.role,
            action=audit.Action.DENIED,
            purpose=caller.purpose,
            detail=f"{request.method} {_kind(request)} {type(fault).__name__}",
            now=services.clock.now(),
        )


def _kind(request: Request) -> str:
    """The route's own words for what was asked, never the address."""
    return str(getattr(request.scope.get("route"), "path", "-"))


def refuse_other_formats(request: Request, asked: str | None) -> None:
    """JSON is all there is; a browser's Accept gets JSON too, XML or Turtle alone is refused.

    Args:
        asked: the parameter _format, which counts before Accept.
    """
    if asked is not None:
        if asked.split(";")[0].strip().replace(" ", "+").lower() not in _JSON:
            raise NotAcceptable
        return
    accept = request.headers.get("accept")
    if accept is None:
        return
    accepted = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    kinds = [part for part in accepted if part]
    if kinds and not any(part in _JSON or part in ("*/*", "application/*", "text/html") for part in kinds):
        raise NotAcceptable

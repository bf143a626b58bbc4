"""Faults as answers: OperationOutcome under /fhir, a page that says what to do next everywhere else."""

from __future__ import annotations

from urllib.parse import urlencode

import orjson
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from smart_app.ehr.errors import NoToken
from smart_app.errors import FaultText, fault_text, in_words, operation_outcome, preferred_language, retry_after
from smart_app.launch import cookies
from smart_app.launch.errors import LaunchClosed
from smart_app.launch.sessions import way_back
from smart_app.web.render import page
from smart_app.wiring import Services

FHIR_JSON = "application/fhir+json"
_log = structlog.get_logger()
_PASSING = frozenset({429, 502, 503, 504})  # asking again later may help
_PAGES = ("/assessment/", "/worklist/")  # launch addresses hold for one time only
_BY_STATUS = {
    404: FaultText(
        404,
        "not-found",
        "Sidan finns inte. Öppna från journalen igen.",
        "There is no such page. Open it from the record system again.",
    ),
    405: FaultText(405, "not-supported", "Så kan sidan inte användas.", "The page cannot be used like that."),
}


class _Status(Exception):  # a fault like the others, with a status instead of a class of its own
    """An HTTP status that the framework itself answered."""


def answer_fault(request: Request, fault: Exception) -> Response:
    """A fault of the table."""
    return _answer(request, fault, fault_text(fault))


async def answer_http(request: Request, exc: Exception) -> Response:
    """What the framework refused: no such page, wrong method."""
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    entry = _BY_STATUS.get(status, FaultText(status, "processing", "Begäran gick inte att utföra.", "Not possible."))
    answer = _answer(request, _Status(), entry)
    answer.headers.update((exc.headers or {}) if isinstance(exc, HTTPException) else {})
    return answer


async def answer_validation(request: Request, exc: Exception) -> Response:
    """A parameter that the framework could not read; names it, never its value."""
    names = sorted({str(error["loc"][-1]) for error in exc.errors()}) if isinstance(exc, RequestValidationError) else []
    said = ", ".join(names) or "?"
    entry = FaultText(
        422,
        "value",
        f"Uppgiften {said} saknas eller har fel form. Inget har sparats.",
        f"{said} is missing or has the wrong form. Nothing was saved.",
    )
    return _answer(request, _Status(), entry)


async def answer_unexpected(request: Request, exc: Exception) -> Response:
    """A fault that nobody foresaw: its class and place are logged, never its text, which may hold a patient's data."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "-"
    _log.error("unexpected", fault=type(exc).__name__, place=place)
    return _answer(request, exc, fault_text(exc))


def _answer(request: Request, fault: Exception, entry: FaultText) -> Response:
    language = preferred_language(request.headers.get("accept-language"))
    known = not isinstance(fault, _Status)
    said = in_words(fault, language) if known else (entry.en if language == "en" else entry.sv)
    headers = retry_after(fault)
    if request.url.path.startswith(("/fhir", "/cds-services")):
        outcome = operation_outcome(fault, language)
        outcome["issue"][0] |= {"code": entry.issue, "details": {"text": said}}
        return Response(orjson.dumps(outcome), status_code=entry.status, headers=headers, media_type=FHIR_JSON)
    again = _again(request, entry)
    answer = page(
        "error.html",
        "en" if language == "en" else "sv",
        status=entry.status,
        said=said,
        again=again,
        sign_in=_sign_in(request, fault),
        fate=fault.fate if isinstance(fault, LaunchClosed) else "",
    )
    answer.headers.update(headers)
    return answer


def _sign_in(request: Request, fault: Exception) -> str | None:
    """Where to sign in again to the same record system in the same role, when this browser's launch has ended."""
    launch = request.path_params.get("launch")
    if not isinstance(fault, LaunchClosed | NoToken) or not isinstance(launch, str):
        return None
    given: Services = request.app.state.services
    found = way_back(given, launch, cookies.brought(request))
    if found is None:
        return None
    try:
        profile = given.profile(found[0])
    except KeyError:
        return None
    return "/standalone?" + urlencode({"iss": profile.fhir_base, "role": found[1]})


def _again(request: Request, entry: FaultText) -> str | None:
    """The page's own address, when only looking was asked for and the fault may pass by itself."""
    passing = request.method == "GET" and entry.status in _PASSING and request.url.path.startswith(_PAGES)
    return request.url.path if passing else None

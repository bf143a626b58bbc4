"""Our FHIR API: every door below /fhir, and an OperationOutcome for every address that has none."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from smart_app.routes.fhir_answers import FhirRoute
from smart_app.routes.fhir_caller import permitted
from smart_app.routes.fhir_copies import copy_doors
from smart_app.routes.fhir_definitions import definition_doors
from smart_app.routes.fhir_faults import NotAllowed, NotBuilt, NotThere, OutsideScope
from smart_app.routes.fhir_metadata import metadata_doors
from smart_app.routes.fhir_patient import patient_doors
from smart_app.routes.fhir_task import task_doors
from smart_app.routes.fhir_terminology import METHODS as OPERATION_METHODS
from smart_app.routes.fhir_terminology import OPERATIONS, terminology_doors
from smart_app.routes.fhir_types import NOT_BUILT, SERVED
from smart_app.wiring import Services

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_DOORS = (task_doors, patient_doors, *copy_doors, *terminology_doors, *definition_doors)


def elsewhere(request: Request, rest: str = "") -> Response:
    """What has no door: not built, not with this method, or not there; to strangers always 401."""
    given: Services = request.app.state.services
    kind, *more = rest.split("/")
    if kind not in SERVED or not SERVED[kind].public:
        _refuse_strangers(request, given, kind if kind in SERVED else "*")
    if request.url.path in OPERATIONS:
        raise NotAllowed(", ".join(OPERATION_METHODS))
    if (
        kind in NOT_BUILT
        or kind.startswith(("$", "_history"))
        or (kind in SERVED and more and (more[-1].startswith("$") or "_history" in more))
    ):
        raise NotBuilt(kind if kind in NOT_BUILT else "operation")
    if kind in SERVED and len(more) <= 1:
        raise NotAllowed(_allowed(kind, bool(more)))
    raise NotThere("resource")


def history(request: Request, kind: str) -> Response:
    """All versions of a type; one level deeper `elsewhere` answers the same."""
    return elsewhere(request, f"{kind}/_history")


def _refuse_strangers(request: Request, given: Services, kind: str) -> None:
    try:
        permitted(request, given, kind, "r")
    except OutsideScope:
        return  # known, and there is nothing to be seen here anyway


def _allowed(kind: str, one: bool) -> str:
    allowed = ["GET"]
    if one and kind == "Task":
        allowed.append("PUT")
    return ", ".join(allowed)


def _router() -> APIRouter:
    router = APIRouter(route_class=FhirRoute)
    router.add_api_route("/fhir/{kind}/_history", history, methods=["GET"])  # else it would be read as an id
    for doors in (metadata_doors(_DOORS), *_DOORS):
        router.include_router(doors)
    for path in ("/fhir", "/fhir/{rest:path}"):
        router.add_api_route(path, elsewhere, methods=METHODS)
    return router


routers = (_router(),)

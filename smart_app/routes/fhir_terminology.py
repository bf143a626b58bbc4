"""The doors of the terminology operations; they hold no patient and need no token, like our published definitions.

Point queries take microseconds and are answered on the event loop; expansions may take milliseconds and are not.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from smart_app.routes import fhir_terminology_code_system as code_system
from smart_app.routes import fhir_terminology_concept_map as concept_map
from smart_app.routes import fhir_terminology_value_set as value_set
from smart_app.routes.fhir_answers import FhirRoute
from smart_app.routes.fhir_terminology_here import Terminology, terminology
from smart_app.wiring import Services

Operation = Callable[[Request, Services, Terminology, bytes], Response]


def _add(doors: APIRouter, path: str, operation: Operation, *, quick: bool) -> None:
    """The door of one operation, for GET and POST."""

    async def door(request: Request) -> Response:
        body = await request.body()
        here: Terminology | None = getattr(request.app.state, "terminology", None)
        if here is None:
            here = await run_in_threadpool(terminology, request)
        given: Services = request.app.state.services
        if quick:
            return operation(request, given, here, body)
        return await run_in_threadpool(operation, request, given, here, body)

    doors.add_api_route(path, door, methods=["GET", "POST"], response_model=None, description=operation.__doc__)


def _doors() -> APIRouter:
    doors = APIRouter(prefix="/fhir", route_class=FhirRoute)
    _add(doors, "/CodeSystem/$lookup", code_system.lookup, quick=True)
    _add(doors, "/CodeSystem/$validate-code", code_system.validate, quick=True)
    _add(doors, "/CodeSystem/$subsumes", code_system.subsumption, quick=True)
    _add(doors, "/ValueSet/$expand", value_set.expansion, quick=False)
    _add(doors, "/ValueSet/$validate-code", value_set.validate, quick=True)
    _add(doors, "/ConceptMap/$translate", concept_map.translate, quick=True)
    return doors


terminology_doors = (_doors(),)

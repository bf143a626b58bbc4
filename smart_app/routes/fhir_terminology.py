"""The doors of the terminology operations; they hold no patient and need no token, like our published definitions.

Point queries take microseconds, less than the framework takes to find and call a route: so `TerminologyFirst` stands
before it, inside what counts, limits and logs. They are answered on the event loop; what may take milliseconds is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from smart_app.routes import fhir_terminology_code_system as code_system
from smart_app.routes import fhir_terminology_concept_map as concept_map
from smart_app.routes import fhir_terminology_value_set as value_set
from smart_app.routes.fhir_answers import FhirRoute, refusal, refuse_other_formats
from smart_app.routes.fhir_terminology_here import Terminology, terminology
from smart_app.wiring import Services

Operation = Callable[[Request, Services, Terminology, bytes], Response]
METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Door:
    """One operation. `quick`: it never takes long enough to keep others waiting."""

    path: str
    operation: Operation
    quick: bool

    async def answer(self, request: Request) -> Response:
        """The answer, or the refusal as an OperationOutcome."""
        try:
            refuse_other_formats(request)
            body = await request.body()
            here: Terminology | None = getattr(request.app.state, "terminology", None)
            if here is None:
                here = await run_in_threadpool(terminology, request)
            given: Services = request.app.state.services
            if self.quick:
                return self.operation(request, given, here, body)
            return await run_in_threadpool(self.operation, request, given, here, body)
        except Exception as fault:
            return await refusal(request, fault)


_DOORS = {
    door.path: door
    for door in (
        Door("/fhir/CodeSystem/$lookup", code_system.lookup, quick=True),
        Door("/fhir/CodeSystem/$validate-code", code_system.validate, quick=True),
        Door("/fhir/CodeSystem/$subsumes", code_system.subsumption, quick=True),
        Door("/fhir/ValueSet/$expand", value_set.expansion, quick=False),
        Door("/fhir/ValueSet/$validate-code", value_set.validate, quick=True),
        Door("/fhir/ConceptMap/$translate", concept_map.translate, quick=True),
    )
}


class TerminologyFirst:
    """Answers the operations itself and leaves everything else to the framework."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = _DOORS.get(scope.get("path", ""))
        if door is None or scope["type"] != "http" or scope["method"] not in METHODS:
            await self._app(scope, receive, send)
            return
        scope["route"] = door  # counted and logged by its path
        answer = await door.answer(Request(scope, receive))
        await answer(scope, receive, send)


def _doors() -> APIRouter:
    """The same doors as routes: the CapabilityStatement is made from them."""
    doors = APIRouter(prefix="/fhir", route_class=FhirRoute)
    for door in _DOORS.values():
        doors.add_api_route(
            door.path.removeprefix("/fhir"),
            door.answer,
            methods=list(METHODS),
            response_model=None,
            description=door.operation.__doc__,
        )
    return doors


terminology_doors = (_doors(),)

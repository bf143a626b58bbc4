"""The doors of the terminology operations; they hold no patient and need no token, like our published definitions.

Point queries take microseconds, less than the framework takes to find and call a route: so `TerminologyFirst` stands
before it, inside what counts, limits and logs. They are answered on the event loop; what may take milliseconds is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from smart_app.routes import fhir_terminology_code_system as code_system
from smart_app.routes import fhir_terminology_concept_map as concept_map
from smart_app.routes import fhir_terminology_value_set as value_set
from smart_app.routes.fhir_answers import FhirRoute, refusal, refuse_other_formats
from smart_app.routes.fhir_terminology_answers import Answered
from smart_app.routes.fhir_terminology_call import Call, pairs_of
from smart_app.routes.fhir_terminology_here import Terminology, present, terminology
from smart_app.wiring import Services
from terminology.expand import TakesLong

Operation = Callable[[Call, Terminology], bytes]
"""The answer as JSON."""
METHODS = ("GET", "POST")
LONGEST_KEPT, LARGEST_KEPT = 500, 5_000
"""Characters of a query, bytes of an answer: a page of an expansion is asked for by everybody who types a word."""
_HEADERS = frozenset({b"accept", b"accept-language", b"prefer"})
"""Those that an answer depends on."""


@dataclass(frozen=True, slots=True)
class Door:
    """One operation.

    Attributes:
        at_once: answers on the event loop; may raise TakesLong.
        in_thread: answers what takes long; None when nothing does.
    """

    path: str
    at_once: Operation
    in_thread: Operation | None = None

    async def answer(self, request: Request) -> Response:
        """The answer, or the refusal as an OperationOutcome."""
        try:
            state: State = request.app.state
            here = present(state)
            if here is None:
                here = await run_in_threadpool(terminology, state)
            key = self._key(request.scope, state.services)
            kept = here.kept.get(key)
            if kept is not None:
                return Answered(kept)
            found = await self._answer(request, here)
            if key is not None and len(found) <= LARGEST_KEPT:
                here.kept.keep(key, found)
            return Answered(found)
        except Exception as fault:
            return await refusal(request, fault)

    async def _answer(self, request: Request, here: Terminology) -> bytes:
        pairs = pairs_of(request.scope["query_string"])
        refuse_other_formats(request, next((value for name, value in reversed(pairs) if name == "_format"), None))
        given: Services = request.app.state.services
        call = Call(request, pairs, await request.body() if request.method == "POST" else b"", given.clock)
        try:
            return self.at_once(call, here)
        except TakesLong:
            return await run_in_threadpool(self.in_thread or self.at_once, call, here)

    def _key(self, scope: Scope, given: Services) -> object:
        """All that an answer depends on; None when it is not kept: what was sent may be large."""
        if scope["method"] != "GET" or len(scope["query_string"]) > LONGEST_KEPT:
            return None
        said = [each for each in scope["headers"] if each[0] in _HEADERS]
        return self.path, scope["query_string"], given.clock.today(), *said


_DOORS = {
    door.path: door
    for door in (
        Door("/fhir/CodeSystem/$lookup", code_system.lookup),
        Door("/fhir/CodeSystem/$validate-code", code_system.validate),
        Door("/fhir/CodeSystem/$subsumes", code_system.subsumption),
        Door("/fhir/ValueSet/$expand", value_set.expansion_at_once, value_set.expansion),
        Door("/fhir/ValueSet/$validate-code", value_set.validate),
        Door("/fhir/ConceptMap/$translate", concept_map.translate),
    )
}


OPERATIONS = frozenset(_DOORS)
"""Their paths."""


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
            description=(door.in_thread or door.at_once).__doc__,
        )
    return doors


terminology_doors = (_doors(),)

"""RiskAssessment, CarePlan, Procedure and Provenance in our FHIR API: copies of what was written to the EHR."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from smart_app.audit.log import Action
from smart_app.fhir_records.errors import NoSuchRecord
from smart_app.fhir_records.find import find, search
from smart_app.routes.fhir_answers import FhirRoute, etag, versioned
from smart_app.routes.fhir_bodies import record_body
from smart_app.routes.fhir_caller import permitted
from smart_app.routes.fhir_paging import question, searchset
from smart_app.routes.fhir_parameters import Pairs
from smart_app.routes.fhir_request import Body, address_pairs, form_pairs, is_lenient
from smart_app.routes.fhir_simple_search import understood
from smart_app.routes.fhir_task import ehr_base
from smart_app.routes.fhir_types import COPIES, Served
from smart_app.wiring import Services, services

Given = Annotated[Services, Depends(services)]
_KINDS = {
    "RiskAssessment": "assessment",
    "CarePlan": "plan",
    "Procedure": "procedure",
}
"""The last part of our identifier system by type; Provenance has no identifier."""


def _doors(served: Served) -> APIRouter:
    kind = served.type
    doors = APIRouter(prefix="/fhir", route_class=FhirRoute)

    @doors.get(f"/{kind}", name=f"{kind}-search")
    def copies_search(request: Request, given: Given) -> Response:
        """Search with the parameters in the address."""
        return _search(request, given, served, address_pairs(request))

    @doors.post(f"/{kind}/_search", name=f"{kind}-search-by-form")
    def copies_search_by_form(request: Request, given: Given, body: Body) -> Response:
        """Search with the parameters in a form."""
        return _search(request, given, served, form_pairs(request, body))

    @doors.get(f"/{kind}/{{resource_id}}", name=f"{kind}-read")
    def copies_read(request: Request, given: Given, resource_id: str) -> Response:
        """One copy of the caller's unit."""
        return _read(request, given, kind, resource_id)

    return doors


def _read(request: Request, given: Services, kind: str, resource_id: str) -> Response:
    caller = permitted(request, given, kind, "r")
    with given.store.transaction() as session:
        record = find(session, given.sealer, caller.owner, kind, resource_id)
        if not caller.sees(record.patient_reference):
            raise NoSuchRecord(kind, resource_id)
        caller.note(session, given, Action.READ, patient=record.patient_reference, detail=kind)
    if request.headers.get("if-none-match") == etag(record.version):
        return Response(status_code=304, headers={"ETag": etag(record.version)})
    return versioned(record_body(record, ehr_base(given, caller)), record.version, record.updated_at)


def _search(request: Request, given: Services, served: Served, pairs: Pairs) -> Response:
    caller = permitted(request, given, served.type, "s")
    asked = question(given.sealer, caller.owner, served, pairs, lenient=is_lenient(request))
    base = ehr_base(given, caller)
    wanted = understood(
        asked,
        served,
        bases=(base, f"{given.settings.base_url}/fhir"),
        system=given.urls.identifier_system(_KINDS[served.type]) if served.type in _KINDS else None,
    )
    both = [each for each in (wanted.ids, wanted.identifiers) if each is not None]
    with given.store.reading() as session:
        found, total, closed = search(
            session,
            given.sealer,
            caller.owner,
            served.type,
            ids=frozenset.intersection(*both) if both else None,
            patients=caller.narrowed(wanted.patients),
            offset=asked.offset,
            count=wanted.count,
        )
    with given.store.transaction() as session:
        caller.note(
            session, given, Action.LIST, patient=caller.patient, detail=f"{served.type} {len(found)} of {total}"
        )
    after = asked.offset + wanted.count
    return searchset(
        given.sealer,
        caller.owner,
        f"{given.settings.base_url}/fhir",
        served.type,
        asked,
        matches=[record_body(each, base) for each in found],
        total=total,
        closed=closed,
        next_offset=after if wanted.count and after < total else None,
    )


copy_doors = tuple(_doors(served) for served in COPIES)

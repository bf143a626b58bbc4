"""Patient in our FHIR API: the little that the worklist knows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from smart_app.audit.log import Action
from smart_app.routes.fhir_answers import FhirRoute, fhir
from smart_app.routes.fhir_bodies import patient_body
from smart_app.routes.fhir_caller import permitted
from smart_app.routes.fhir_faults import NotThere, SearchRefused
from smart_app.routes.fhir_paging import question, searchset
from smart_app.routes.fhir_parameters import Pairs
from smart_app.routes.fhir_request import Body, address_pairs, form_pairs, is_lenient
from smart_app.routes.fhir_simple_search import understood
from smart_app.routes.fhir_task import ehr_base
from smart_app.routes.fhir_types import PATIENT
from smart_app.wiring import Services, services
from smart_app.worklist.persons import persons
from terminology.errors import NotAPersonalNumber
from terminology.personal_number import PersonalNumber

patient_doors = APIRouter(prefix="/fhir", route_class=FhirRoute)
Given = Annotated[Services, Depends(services)]


@patient_doors.get("/Patient")
def patient_search(request: Request, given: Given) -> Response:
    """Search by id; a personal number is refused here, because addresses are logged on the way."""
    pairs = address_pairs(request)
    if any(name.partition(":")[0] == "identifier" for name, _ in pairs):
        raise SearchRefused("identifier", "only-by-post")
    return _search(request, given, pairs)


@patient_doors.post("/Patient/_search")
def patient_search_by_form(request: Request, given: Given, body: Body) -> Response:
    """Search with the parameters in a form, also by personal number."""
    return _search(request, given, form_pairs(request, body))


@patient_doors.get("/Patient/{patient_id}")
def patient_read(request: Request, given: Given, patient_id: str) -> Response:
    """One patient of the caller's unit."""
    caller = permitted(request, given, "Patient", "r")
    reference = f"Patient/{patient_id}"
    with given.store.transaction() as session:
        found = persons(session, given.sealer, caller.owner, references={reference})
        if not found or not caller.sees(reference):
            raise NotThere("Patient")
        caller.note(session, given, Action.READ, patient=reference, detail="Patient")
    return fhir(patient_body(found[0], ehr_base(given, caller)))


def _search(request: Request, given: Services, pairs: Pairs) -> Response:
    caller = permitted(request, given, "Patient", "s")
    asked = question(given.sealer, caller.owner, PATIENT, pairs, lenient=is_lenient(request))
    base = ehr_base(given, caller)
    wanted = understood(asked, PATIENT, bases=(), system=None)
    references = None if wanted.ids is None else frozenset(f"Patient/{each}" for each in wanted.ids)
    today = given.clock.today()
    with given.store.reading() as session:
        found = persons(
            session,
            given.sealer,
            caller.owner,
            references=caller.narrowed(references),
            identifiers=None if wanted.identifiers is None else {_normal(each, today) for each in wanted.identifiers},
        )
    shown = found[asked.offset : asked.offset + wanted.count]
    only = shown[0].reference if len(shown) == 1 else caller.patient
    with given.store.transaction() as session:
        caller.note(session, given, Action.LIST, patient=only, detail=f"Patient {len(shown)} of {len(found)}")
    after = asked.offset + wanted.count
    return searchset(
        given.sealer,
        caller.owner,
        f"{given.settings.base_url}/fhir",
        "Patient",
        asked,
        matches=[patient_body(each, base) for each in shown],
        total=len(found),
        next_offset=after if wanted.count and after < len(found) else None,
    )


def _normal(number: str, today: date) -> str:
    """Twelve digits, as rows have it; what is no personal number is compared as it stands."""
    try:
        return PersonalNumber.parse(number, on=today).value
    except NotAPersonalNumber:
        return number

"""Task in our FHIR API: search, read, and update by the coordinator's moves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from smart_app.audit.log import Action
from smart_app.fhir_records import find as records
from smart_app.routes.fhir_answers import FhirRoute, etag, versioned
from smart_app.routes.fhir_bodies import patient_body, record_body, task_body
from smart_app.routes.fhir_caller import Caller, permitted
from smart_app.routes.fhir_paging import Question, question, searchset
from smart_app.routes.fhir_parameters import Pairs
from smart_app.routes.fhir_request import (
    Body,
    address_pairs,
    form_pairs,
    if_match,
    is_lenient,
    json_object,
    wants_no_body,
)
from smart_app.routes.fhir_task_change import wanted_change
from smart_app.routes.fhir_task_search import Places, TaskSearch, understood
from smart_app.routes.fhir_types import TASK
from smart_app.wiring import Services, services
from smart_app.worklist.change import change
from smart_app.worklist.errors import NoSuchTask
from smart_app.worklist.find import find
from smart_app.worklist.persons import persons
from smart_app.worklist.query import Page
from smart_app.worklist.search import search

task_doors = APIRouter(prefix="/fhir", route_class=FhirRoute)
Given = Annotated[Services, Depends(services)]


@task_doors.get("/Task")
def task_search(request: Request, given: Given) -> Response:
    """Search with the parameters in the address."""
    return _search(request, given, address_pairs(request))


@task_doors.post("/Task/_search")
def task_search_by_form(request: Request, given: Given, body: Body) -> Response:
    """Search with the parameters in a form, so that they stand in no address."""
    return _search(request, given, form_pairs(request, body))


@task_doors.get("/Task/{task_id}")
def task_read(request: Request, given: Given, task_id: str) -> Response:
    """One task of the caller's unit."""
    caller = permitted(request, given, "Task", "r")
    with given.store.transaction() as session:
        row = find(session, caller.owner, task_id)
        if not caller.sees(row.patient_reference):
            raise NoSuchTask(task_id)
        caller.note(session, given, Action.READ, patient=row.patient_reference, detail="Task")
        body = task_body(row, given.sealer, given.urls, ehr_base(given, caller))
        version, updated_at = row.version, row.updated_at
    if request.headers.get("if-none-match") == etag(version):
        return Response(status_code=304, headers={"ETag": etag(version)})
    return versioned(body, version, updated_at)


@task_doors.put("/Task/{task_id}")
def task_update(request: Request, given: Given, task_id: str, body: Body) -> Response:
    """Move a task or give it to someone; If-Match says which version the caller saw."""
    caller = permitted(request, given, "Task", "u")
    version = if_match(request)
    sent = json_object(request, body)
    with given.store.transaction() as session:
        row = find(session, caller.owner, task_id, lock=True)
        if not caller.sees(row.patient_reference):
            raise NoSuchTask(task_id)
        base = ehr_base(given, caller)
        wanted = wanted_change(sent, task_body(row, given.sealer, given.urls, base), given.urls, base)
        row = change(
            session,
            given.sealer,
            given.urls,
            caller.owner,
            task_id,
            if_version=version,
            by=caller.actor,
            now=given.clock.now(),
            business_status=wanted.business_status,
            assignee=wanted.assignee,
        )
        caller.note(session, given, Action.WRITE, patient=row.patient_reference, detail="Task")
        answer = task_body(row, given.sealer, given.urls, base)
        version, updated_at = row.version, row.updated_at
    if wants_no_body(request):
        return Response(status_code=200, headers={"ETag": etag(version)})
    return versioned(answer, version, updated_at)


def ehr_base(given: Services, caller: Caller) -> str:
    """The FHIR base of the EHR that the caller's rows come from."""
    return given.profile(caller.owner.issuer).fhir_base


def _search(request: Request, given: Services, pairs: Pairs) -> Response:
    caller = permitted(request, given, "Task", "s")
    asked = question(given.sealer, caller.owner, TASK, pairs, lenient=is_lenient(request))
    base = ehr_base(given, caller)
    places = Places(given.urls, caller.owner, (base, f"{given.settings.base_url}/fhir"))
    wanted = understood(asked, places, only=caller.patient)
    with given.store.reading() as session:
        page = search(session, given.sealer, caller.owner, wanted.query)
        included = _included(session, given, caller, wanted, page)
    with given.store.transaction() as session:
        caller.note(
            session, given, Action.LIST, patient=caller.patient, detail=f"Task {len(page.rows)} of {page.total}"
        )
    matches = [task_body(entry.task, given.sealer, given.urls, base) for entry in page.rows]
    return _answer(given, caller, asked, wanted, page, matches, included)


def _answer(
    given: Services,
    caller: Caller,
    asked: Question,
    wanted: TaskSearch,
    page: Page,
    matches: list[dict[str, Any]],
    included: list[dict[str, Any]],
) -> Response:
    return searchset(
        given.sealer,
        caller.owner,
        f"{given.settings.base_url}/fhir",
        "Task",
        asked,
        matches=[] if wanted.count_only else matches,
        included=[] if wanted.count_only else included,
        total=page.total if wanted.with_total or wanted.count_only else None,
        next_offset=None if wanted.count_only else page.next_offset,
    )


def _included(
    session: Session, given: Services, caller: Caller, wanted: TaskSearch, page: Page
) -> list[dict[str, Any]]:
    """What `_include` adds, as far as the caller's scopes reach."""
    base = ehr_base(given, caller)
    found: list[dict[str, Any]] = []
    if "Task:focus" in wanted.includes and caller.scopes.allows("CarePlan", "r"):
        plans = {entry.task.plan_id for entry in page.rows if entry.task.plan_id}
        kept = records.search(session, given.sealer, caller.owner, "CarePlan", ids=plans, count=len(plans))
        found += [record_body(each, base) for each in kept.records]
    if "Task:patient" in wanted.includes and caller.scopes.allows("Patient", "r"):
        references = {entry.task.patient_reference for entry in page.rows}
        found += [
            patient_body(person, base) for person in persons(session, given.sealer, caller.owner, references=references)
        ]
    return found

"""The physician's page: look at a patient, save a plan, follow what became of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Form, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from fhir_mapping.fhir_json import Json
from smart_app.assessment.answer import answer_shown
from smart_app.assessment.errors import LookExpired
from smart_app.assessment.look import look, look_again
from smart_app.assessment.looked import Looked
from smart_app.assessment.save import save_shown
from smart_app.assessment.visit import Visit, visit_of
from smart_app.assessment.written_soon import written_soon
from smart_app.audit.log import Action, in_care
from smart_app.ehr.errors import EhrBusy, EhrUnreachable
from smart_app.launch.context import LaunchContext
from smart_app.launch.guard import GuardedLaunch, OpenLaunch, permit
from smart_app.launch.kept_forms import waiting
from smart_app.outbox.errors import NoSuchDelivery, NotParked, PayloadErased
from smart_app.outbox.retry import refused_bundle, retry
from smart_app.routes.kept import carried_out
from smart_app.store.owner import Owner
from smart_app.web.assessment_view import TYPE_WORDS, Visitor, assessment_view
from smart_app.web.kept_card import kept_on_assessment, kept_plan
from smart_app.web.news import news
from smart_app.web.page_links import chosen_language, page_links
from smart_app.web.plan_card import OPINIONS
from smart_app.web.render import page
from smart_app.web.words import words
from smart_app.wiring import Services, services

router = APIRouter()
Given = Annotated[Services, Depends(services)]
Entry = Annotated[int, Path(ge=1, le=2**31 - 1)]  # what the column holds


@router.get("/assessment/{launch}")
async def show(given: Given, launch: OpenLaunch, lang: str = "", done: str = "", shown: str = "") -> Response:
    """The page; `shown` shows what was read last with its state now, without reading the record again."""
    if launch.patient is None:
        return RedirectResponse(f"/worklist/{launch.id}", status_code=303)
    visit = visit_of(launch)
    looked, done = await _looked(given, launch, visit, again=shown == "1", done=done)
    said = words(chosen_language(launch, lang))
    kept = await run_in_threadpool(waiting, given, launch)
    plan = kept_plan(kept)
    chosen = plan.chosen if plan else None
    view = assessment_view(said, looked, _visitor(launch, visit), news=news(said, done), kept=chosen)
    links = page_links(said, launch, here=f"/assessment/{launch.id}")
    cards = kept_on_assessment(said, kept, launch.id, given.clock.today(), view)
    kept_plan_id = plan.id if plan else ""
    return page(
        "assessment.html",
        said.language,
        view=view,
        links=links,
        model_kind=view.model_kind,
        kept=cards,
        kept_plan=kept_plan_id,
    )


@router.post("/assessment/{launch}/plan")
async def save(
    given: Given,
    launch: GuardedLaunch,
    accept: Annotated[list[str] | None, Form()] = None,
    opinion: Annotated[str, Form()] = "",
    kept: Annotated[str, Form()] = "",
    lang: str = "",
) -> Response:
    """Save what was shown, with the interventions that were ticked."""
    permit(launch, "physician", "coordinator")
    own = opinion if opinion in OPINIONS else None
    visit = visit_of(launch)
    try:
        saved = await run_in_threadpool(save_shown, given, visit, accepted=frozenset(accept or ()), opinion=own)
    except LookExpired:
        return _back(launch, lang, "expired", again=False)
    await carried_out(given, launch, kept)
    given.outbox.wake()
    written = await written_soon(given, visit.owner, saved.case_id)
    return _back(launch, lang, "written" if written else "saved")


@router.post("/assessment/{launch}/answer")
async def answer(
    given: Given,
    launch: GuardedLaunch,
    question: Annotated[str, Form()],
    answer: Annotated[str, Form()],
    kept: Annotated[str, Form()] = "",
    lang: str = "",
) -> Response:
    """Keep the answer to one question; the figure follows."""
    permit(launch, "physician", "coordinator")
    try:
        counted = await run_in_threadpool(answer_shown, given, visit_of(launch), {question: answer})
    except LookExpired:
        return _back(launch, lang, "expired", again=False)
    await carried_out(given, launch, kept)
    return _back(launch, lang, "answered" if counted else "not_answered", at="#h-ask")


@router.post("/assessment/{launch}/retry/{entry}")
async def try_again(given: Given, launch: GuardedLaunch, entry: Entry, lang: str = "") -> Response:
    """Send again what was refused."""
    permit(launch, "physician", "coordinator")
    try:
        await run_in_threadpool(_retry, given, launch, entry)
    except (NotParked, PayloadErased, LookExpired):
        return _back(launch, lang, "not_retried")
    given.outbox.wake()
    return _back(launch, lang, "retried")


@router.get("/assessment/{launch}/download/{entry}")
def download(given: Given, launch: OpenLaunch, entry: Entry) -> Response:
    """What was refused, as a FHIR Bundle to hand over."""
    permit(launch, "physician", "coordinator")
    visit = visit_of(launch)
    owner = _owner_of(launch, look_again(given, visit), entry)
    with given.store.transaction() as session:
        bundle = refused_bundle(session, given.sealer, owner, entry)
        in_care(
            session, owner, visit.by, Action.EXPORT, f"outbox {entry}", now=given.clock.now(), patient=visit.patient
        )
    return as_file(bundle, entry)


def as_file(bundle: Json, entry: int) -> Response:
    """A Bundle as a download; its name tells nothing of the patient."""
    headers = {"Content-Disposition": f'attachment; filename="bundle-{entry}.json"'}
    return Response(orjson.dumps(bundle), media_type="application/fhir+json", headers=headers)


async def _looked(
    given: Services, launch: LaunchContext, visit: Visit, *, again: bool, done: str
) -> tuple[Looked, str]:
    """What the page shows, and its notice: the record as it is now, or what was read last when it does not answer."""
    if again:
        with suppress(LookExpired):  # nothing is kept: read the record
            return await run_in_threadpool(look_again, given, visit), done
    try:
        return await look(given, visit, given.clients.for_launch(launch)), done
    except (EhrUnreachable, EhrBusy) as fault:
        try:
            return await run_in_threadpool(look_again, given, visit), "not_reread"
        except LookExpired:
            raise fault from None


def _visitor(launch: LaunchContext, visit: Visit) -> Visitor:
    withheld = tuple(kind for kind in TYPE_WORDS if not launch.granted.allows_somehow(kind, "c"))
    fixed = launch.profile.write_mode in ("transaction", "put")
    return Visitor(
        launch.user_name,
        launch.role,
        launch.unit_name,
        launch.profile.name,
        visit.scope,
        not_granted=withheld,
        no_other_way=fixed,
        banner=launch.need_patient_banner,
    )


def _retry(given: Services, launch: LaunchContext, entry: int) -> None:
    owner = _owner_of(launch, look_again(given, visit_of(launch)), entry)
    with given.store.transaction() as session:
        retry(session, owner, entry, launch_id=launch.id, now=given.clock.now())


def _owner_of(launch: LaunchContext, looked: Looked, entry: int) -> Owner:
    """Whose entry it is, when it belongs to the patient's case. Raises NoSuchDelivery."""
    if all(state.outbox_id != entry for state in looked.states):
        raise NoSuchDelivery(entry)
    unit = looked.task.care_unit if looked.task is not None else launch.owner.care_unit
    return replace(launch.owner, care_unit=unit)


def _back(launch: LaunchContext, lang: str, done: str, *, again: bool = True, at: str = "") -> Response:
    kept = f"&lang={lang}" if lang in ("sv", "en") else ""
    shown = "&shown=1" if again else ""
    return RedirectResponse(f"/assessment/{launch.id}?done={done}{shown}{kept}{at}", status_code=303)

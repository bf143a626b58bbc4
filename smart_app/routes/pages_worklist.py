"""The coordinator's page: the unit's cases in order, and what is done with one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Form, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from risk.bands import capacity, most_urgent
from smart_app.audit.log import Action, By, in_care
from smart_app.launch.context import LaunchContext
from smart_app.launch.guard import GuardedLaunch, OpenLaunch, permit
from smart_app.launch.kept_forms import KeptForm, waiting
from smart_app.outbox.errors import NotParked, PayloadErased
from smart_app.outbox.retry import refused_bundle, retry
from smart_app.outbox.states import states
from smart_app.routes.kept import carried_out
from smart_app.routes.pages_assessment import Entry, as_file
from smart_app.store.columns import new_id
from smart_app.web.kept_card import kept_on_worklist, tasks_in
from smart_app.web.list_choice import GROUPS, ROWS, VIEWS, ListChoice, worklist_query
from smart_app.web.naming import kind_in_force
from smart_app.web.news import news
from smart_app.web.page_links import chosen_language, page_links
from smart_app.web.render import page
from smart_app.web.views import Text as Word
from smart_app.web.words import Words, words
from smart_app.web.worklist_row import Opened, Reader, name_in_list
from smart_app.web.worklist_view import Listing, worklist_view
from smart_app.wiring import Services, services
from smart_app.worklist.actor import Actor, Assignee
from smart_app.worklist.change import change
from smart_app.worklist.contact import Contact, register_contact
from smart_app.worklist.errors import ContactRefused, IllegalMove, NoSuchTask, StaleVersion, UnknownStatus
from smart_app.worklist.find import contacts_of
from smart_app.worklist.query import Page, Sort, WorklistQuery
from smart_app.worklist.search import search
from smart_app.worklist.unit_reading import last_reading

router = APIRouter()
Given = Annotated[Services, Depends(services)]
Text = Annotated[str, Form()]
ACTING = frozenset({"physician", "coordinator"})
SEARCH_ROWS = 200


@router.get("/worklist/{launch}")
def show(request: Request, given: Given, launch: OpenLaunch, done: str = "") -> Response:
    """The list as chosen in the address."""
    permit(launch, "physician", "coordinator", "head-of-unit")
    return _listed(given, launch, ListChoice.read(request.query_params), done=done)


@router.post("/worklist/{launch}/search")
def find(given: Given, launch: GuardedLaunch, text: Text, back: Text = "") -> Response:
    """Search by name or personal number: a form post, so that neither stands in an address or log."""
    permit(launch, "physician", "coordinator", "head-of-unit")
    return _listed(given, launch, ListChoice(lang=ListChoice.back(back).lang), text=text.strip()[:100])


@router.post("/worklist/{launch}/{task}/status")
async def move(
    given: Given,
    launch: GuardedLaunch,
    task: str,
    business_status: Text,
    version: Annotated[int, Form()],
    back: Text = "",
    kept: Text = "",
) -> Response:
    """Change the REKO status."""
    permit(launch, "physician", "coordinator")

    def moving(session: Session) -> None:
        change(
            session, given.sealer, given.urls, launch.owner, task,
            if_version=version, by=_actor(launch), now=given.clock.now(), business_status=business_status,
        )  # fmt: skip

    return await _act(given, launch, moving, back, "moved", kept)


@router.post("/worklist/{launch}/{task}/owner")
async def take_over(
    given: Given,
    launch: GuardedLaunch,
    task: str,
    take: Text,
    version: Annotated[int, Form()],
    back: Text = "",
    kept: Text = "",
) -> Response:
    """Take a case over, or give it back to the unit."""
    permit(launch, "physician", "coordinator")
    if launch.user_reference is None:
        return _back(launch, back, "no_self")
    assignee = Assignee(launch.user_reference, launch.user_name) if take == "1" else None

    def taking(session: Session) -> None:
        change(
            session, given.sealer, given.urls, launch.owner, task,
            if_version=version, by=_actor(launch), now=given.clock.now(), assignee=assignee,
        )  # fmt: skip

    return await _act(given, launch, taking, back, "taken" if assignee else "released", kept)


@router.post("/worklist/{launch}/{task}/contact")
async def register(
    given: Given,
    launch: GuardedLaunch,
    task: str,
    event: Text,
    quick: Text = "",
    mode: Text = "",
    counterparty: Text = "patient",
    with_patient: Text = "",
    performed_on: Text = "",
    back: Text = "",
    kept: Text = "",
) -> Response:
    """Register a contact: with one click (patient, today), or with everything said."""
    permit(launch, "physician", "coordinator")

    def registering(session: Session) -> None:
        contact = Contact(
            mode=cast("Any", quick or mode),
            counterparty=cast("Any", counterparty),
            with_patient=bool(quick) or counterparty == "patient" or with_patient == "1",
            performed_on=_day(performed_on),
            event_id=event,
        )
        register_contact(
            session, given.sealer, given.urls.with_kva(launch.profile.kva_system), launch.owner, task, contact,
            by=_actor(launch), now=given.clock.now(),
        )  # fmt: skip

    return await _act(given, launch, registering, back, "contact", kept)


@router.post("/worklist/{launch}/retry/{entry}")
async def try_again(given: Given, launch: GuardedLaunch, entry: Entry, back: Text = "") -> Response:
    """Send again what was refused."""
    permit(launch, "physician", "coordinator")

    def retrying(session: Session) -> None:
        retry(session, launch.owner, entry, launch_id=launch.id, now=given.clock.now())

    return await _act(given, launch, retrying, back, "retried")


@router.get("/worklist/{launch}/download/{entry}")
def download(given: Given, launch: OpenLaunch, entry: Entry) -> Response:
    """What was refused, as a FHIR Bundle to hand over."""
    permit(launch, "physician", "coordinator")
    with given.store.transaction() as session:
        bundle = refused_bundle(session, given.sealer, launch.owner, entry)
        _audit(given, session, launch, Action.EXPORT, f"outbox {entry}")
    return as_file(bundle, entry)


def _listed(
    given: Services, launch: LaunchContext, choice: ListChoice, *, text: str | None = None, done: str = ""
) -> Response:
    listing = _listing(given, launch, choice, text)
    said = words(chosen_language(launch, choice.lang))
    view = worklist_view(said, listing, news=news(said, done))
    links = page_links(said, launch, here=listing.path, query=replace(choice, lang="").query())
    kept = waiting(given, launch)
    cards = kept_on_worklist(said, kept, launch.id, listing.on, _names(given, launch, said, kept))
    kind = kind_in_force(given)
    return page("worklist.html", said.language, view=view, links=links, kept=cards, model_kind=kind)


def _names(given: Services, launch: LaunchContext, said: Words, kept: tuple[KeptForm, ...]) -> dict[str, Word]:
    """Names of the patients whose rows the kept forms are about, as far as they stand in the unit's list."""
    ids = frozenset(tasks_in(kept))
    if not ids:
        return {}
    with given.store.reading() as session:
        rows = search(session, given.sealer, launch.owner, WorklistQuery(ids=ids)).rows
    return {one.task.id: name_in_list(said, one) for one in rows}


def _listing(given: Services, launch: LaunchContext, choice: ListChoice, text: str | None) -> Listing:
    me, today = launch.user_reference, given.clock.today()
    with given.store.reading() as session:
        urgent = _most_urgent(session, given, launch, today)

        def count(changed: ListChoice) -> int:
            query = replace(worklist_query(changed, me=me, today=today, urgent=urgent), offset=0, count=0)
            return search(session, given.sealer, launch.owner, query).total

        query = worklist_query(choice, me=me, today=today, text=text, urgent=urgent)
        found = search(session, given.sealer, launch.owner, replace(query, count=SEARCH_ROWS) if text else query)
        if not found.rows and 0 < found.total <= choice.start:  # the list has become shorter: its last page
            choice = replace(choice, start=(found.total - 1) // ROWS * ROWS)
            found = search(session, given.sealer, launch.owner, replace(query, offset=choice.start))
        listing = Listing(
            path=f"/worklist/{launch.id}",
            page=found,
            choice=choice,
            view_counts={view: count(ListChoice(view=view)) for view in VIEWS},
            group_counts={group: count(replace(choice, group=group)) for group in GROUPS} if text is None else {},
            reading=last_reading(session, given.sealer, launch.owner),
            opened=_opened(session, launch, choice, found),
            reader=Reader(me, launch.role in ACTING, launch.profile.name),
            user_name=launch.user_name,
            role=launch.role,
            unit=launch.unit_name or launch.owner.care_unit,
            on=today,
            searched=text,
        )
    with given.store.transaction() as session:  # written before anything is shown, and without holding up other writers
        _audit(given, session, launch, Action.LIST, f"worklist, {len(found.rows)} rows")
    return listing


def _most_urgent(session: Session, given: Services, launch: LaunchContext, today: date) -> frozenset[str]:
    """Tasks of the unit's ongoing cases with the highest share, as many as the rule by capacity says."""
    highest = replace(
        worklist_query(ListChoice(), me=None, today=today),
        sort=(Sort("risk", descending=True),),
        count=capacity().cases,
    )
    found = search(session, given.sealer, launch.owner, highest).rows
    return most_urgent({one.task.id: one.task.share for one in found}, capacity().cases)


def _opened(session: Session, launch: LaunchContext, choice: ListChoice, found: Page) -> Opened | None:
    task = next((entry.task for entry in found.rows if entry.task.id == choice.open), None)
    if task is None:
        return None
    return Opened(
        task.id,
        contacts_of(session, launch.owner, task.id),
        states(session, launch.owner, task.case_id),
        event=new_id(),
    )


async def _act(
    given: Services, launch: LaunchContext, work: Callable[[Session], None], back: str, done: str, kept: str = ""
) -> Response:
    """Do it in one transaction, then lead back to the row with what happened."""

    def working() -> None:
        with given.store.transaction() as session:
            work(session)

    try:
        await run_in_threadpool(working)
    except (StaleVersion, IllegalMove, UnknownStatus, NoSuchTask, ContactRefused, NotParked, PayloadErased) as refused:
        return _back(launch, back, _told(refused))
    await carried_out(given, launch, kept)
    given.outbox.wake()
    return _back(launch, back, done)


def _told(refused: Exception) -> str:
    match refused:
        case StaleVersion():
            return "stale"
        case IllegalMove() | UnknownStatus():
            return "illegal"
        case ContactRefused(field="performed_on"):
            return "contact_date"
        case ContactRefused():
            return "contact_other"
        case NoSuchTask():
            return "gone"
        case _:
            return "not_retried"


def _actor(launch: LaunchContext) -> Actor:
    return Actor(
        reference=launch.user_reference or launch.user_hsa_id or "unknown",
        name=launch.user_name,
        role=launch.role,
        hsa_id=launch.user_hsa_id,
        launch_id=launch.id,
    )


def _audit(given: Services, session: Session, launch: LaunchContext, action: Action, detail: str) -> None:
    by = By(launch.user_hsa_id or launch.user_reference or "unknown", launch.role)
    in_care(session, launch.owner, by, action, detail, now=given.clock.now())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ContactRefused("performed_on", "unreadable") from None


def _back(launch: LaunchContext, back: str, done: str) -> Response:
    choice = ListChoice.back(back)
    query = "&".join(part for part in (choice.query(), f"done={done}") if part)
    anchor = f"#row-{choice.open}" if choice.open else ""
    return RedirectResponse(f"/worklist/{launch.id}?{query}{anchor}", status_code=303)

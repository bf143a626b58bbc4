"""The doors of a launch: in from the EHR, back from its authorization server, and out."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from smart_app.errors import preferred_language
from smart_app.headers import content_security_policy
from smart_app.launch import authorize, callback, cookies, logout
from smart_app.launch.callback import CallbackAnswer
from smart_app.launch.context import LaunchContext
from smart_app.launch.errors import LaunchRefused, NoCookieAtCallback, UnknownIssuer
from smart_app.launch.guard import GuardedLaunch, OpenLaunch
from smart_app.launch.kept_forms import drop, waiting
from smart_app.launch.style import as_css
from smart_app.limits.address import caller_address
from smart_app.routes import launch_pages
from smart_app.web.list_choice import ListChoice
from smart_app.web.words import Language
from smart_app.wiring import Services, services

router = APIRouter()
_log = structlog.get_logger()
Given = Annotated[Services, Depends(services)]


@router.get("/launch")
async def ehr_launch(
    request: Request, given: Given, iss: str = "", launch: str = "", role: str | None = None
) -> Response:
    """Begin an EHR launch."""
    if not launch:
        raise UnknownIssuer("launch-parameter")
    return await _begin(request, given, iss, launch, role)


@router.get("/standalone")
async def standalone_launch(
    request: Request, given: Given, iss: str | None = None, role: str | None = None
) -> Response:
    """Begin a standalone launch, or choose the EHR first."""
    if iss is None:
        profiles = given.settings.issuers.values()
        return HTMLResponse(launch_pages.choose_issuer(profiles, _language(request)))
    return await _begin(request, given, iss, None, role)


@router.get("/callback")
async def callback_by_address(
    request: Request,
    given: Given,
    state: str | None = None,
    code: str | None = None,
    error: str | None = None,
    iss: str | None = None,
) -> Response:
    """The authorization server's answer as a query."""
    return await _finish(request, given, CallbackAnswer(state, code, error, iss))


@router.post("/callback")
async def callback_by_form(
    request: Request,
    given: Given,
    state: Annotated[str | None, Form()] = None,
    code: Annotated[str | None, Form()] = None,
    error: Annotated[str | None, Form()] = None,
    iss: Annotated[str | None, Form()] = None,
) -> Response:
    """The authorization server's answer as a form (response_mode=form_post)."""
    return await _finish(request, given, CallbackAnswer(state, code, error, iss))


@router.post("/logout/{launch}")
async def log_out(given: Given, launch: GuardedLaunch) -> Response:
    """Close this launch; other tabs stay as they are."""
    await logout.close(given, launch)
    _log.info("launch closed", issuer=launch.profile.id, launch=launch.id)
    answer = HTMLResponse(launch_pages.logged_out(launch.language))
    answer.headers.append("set-cookie", cookies.removal(launch.id))
    return answer


@router.get("/style/{launch}.css")
def style(launch: OpenLaunch) -> Response:
    """What of the EHR's own colours our pages take, in this launch."""
    return Response(as_css(launch.style), media_type="text/css")


async def _begin(request: Request, given: Services, iss: str, launch: str | None, role: str | None) -> Response:
    await run_in_threadpool(given.limits.count, "sign-in", caller_address(request, given.settings.proxies))
    try:
        begun = await authorize.start(
            given, iss, launch, role=role, language=_language(request), present=cookies.brought(request)
        )
    except LaunchRefused as refused:
        _note(refused)
        raise
    if begun.form is not None:
        return _form_answer(given, begun, _language(request))
    return _redirect(begun.url, *begun.set_cookies)


def _form_answer(given: Services, begun: authorize.Redirect, language: Language) -> Response:
    """A page whose one button posts the authorization request; it needs no script, and may post to this EHR only."""
    answer = HTMLResponse(launch_pages.continue_at_ehr(begun.url, begun.form or (), language))
    for header in begun.set_cookies:
        answer.headers.append("set-cookie", header)
    policy = content_security_policy(given.settings.issuers.values())
    places = " ".join(("form-action", *sorted(begun.origins)))
    answer.headers["content-security-policy"] = policy.replace("form-action 'self'", f"{places} 'self'")
    return answer


async def _finish(request: Request, given: Services, said: CallbackAnswer) -> Response:
    await run_in_threadpool(given.limits.count, "sign-in", caller_address(request, given.settings.proxies))
    try:
        done = await callback.complete(given, said, cookies.brought(request))
    except NoCookieAtCallback as refused:
        _note(refused)
        try:
            profile = given.profile(refused.issuer)
        except KeyError:  # taken out of the issuers file while somebody was signing in
            raise UnknownIssuer("unknown-issuer") from None
        return HTMLResponse(launch_pages.no_cookie(profile, _language(request)), status_code=403)
    except LaunchRefused as refused:
        _note(refused)
        raise
    context = done.context
    _log.info("launch open", issuer=context.profile.id, launch=context.id, role=context.role or "-")
    return _redirect(await run_in_threadpool(_landing, given, context), done.set_cookie)


def _landing(given: Services, context: LaunchContext) -> str:
    """Where a completed launch leads: to what was filled in when the last one ended, else to the usual page."""
    kept = waiting(given, context)
    typed = next((one for one in kept if one.kind), None)
    page = typed.page if typed is not None else usual_page(context)
    if page == "assessment":
        return f"/assessment/{context.id}"
    place = typed or next((one for one in kept if one.page == "worklist"), None)
    if place is None:
        return f"/worklist/{context.id}"
    if place.kind:
        choice = ListChoice.back(place.value("back"))
    else:
        choice = ListChoice.read(dict(place.fields))
        drop(given, context, place.id)
    return f"/worklist/{context.id}?{choice.query()}".rstrip("?")


def usual_page(context: LaunchContext) -> str:
    """The physician's page about the patient, for everybody else the unit's list."""
    physician = context.role == "physician" and context.patient is not None and context.intent != "worklist"
    return "assessment" if physician else "worklist"


def _redirect(url: str, *set_cookies: str) -> Response:
    answer = RedirectResponse(url, status_code=303)
    for header in set_cookies:
        answer.headers.append("set-cookie", header)
    return answer


def _note(refused: LaunchRefused) -> None:
    _log.warning(
        "launch refused",
        kind=type(refused).__name__,
        reason=refused.reason,
        issuer=getattr(refused, "issuer", "-"),
    )


def _language(request: Request) -> Language:
    return "en" if preferred_language(request.headers.get("accept-language")) == "en" else "sv"

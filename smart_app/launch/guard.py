"""What stands before every page of a launch: is it open, does the request come from our own page, may this role?"""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from smart_app.launch import cookies, kept_forms, sessions
from smart_app.launch.context import LaunchContext, RoleName
from smart_app.launch.errors import CrossSiteRequest, Fate, LaunchClosed, RoleNotPermitted
from smart_app.launch.ground import Ground

FORM_FIELD = "form_token"
FORM_HEADER = "x-form-token"
_ELSEWHERE = ("cross-site", "same-site")
"""Sec-Fetch-Site of what another page asked for."""


def ground(request: Request) -> Ground:
    """The services of this application."""
    return cast("Ground", request.app.state.services)


def open_launch(request: Request, launch: str) -> LaunchContext:
    """FastAPI dependency: the open launch named in the path, for the browser that made it.

    Raises:
        LaunchClosed, TooManyRequests: nothing was done.
    """
    given, present = ground(request), cookies.brought(request)
    try:
        found = sessions.find_open(given, launch, present)
    except LaunchClosed:
        if sessions.held(given, launch, present) is not None:
            given.limits.count("launch", launch)
        if request.method == "GET" and request.headers.get("sec-fetch-site") not in _ELSEWHERE:
            kept_forms.keep_place(given, launch, present, request.url.path, request.query_params.multi_items())
        raise
    given.limits.count("launch", found.id)
    return found


OpenLaunch = Annotated[LaunchContext, Depends(open_launch)]


async def form_guard(request: Request, launch: str) -> LaunchContext:
    """FastAPI dependency for whatever changes something: the open launch, for a request from our own page.

    Raises:
        LaunchClosed: there is none; what was filled in on our own page is kept for the same user's next launch.
        CrossSiteRequest: Origin is missing or another's, or the form token is missing or wrong; nothing was changed.
    """
    try:
        found = await run_in_threadpool(open_launch, request, launch)
    except LaunchClosed as closed:
        raise LaunchClosed(closed.reason, await _kept(request, launch)) from None
    check_origin(request)
    token: object = request.headers.get(FORM_HEADER)
    if token is None:
        token = (await request.form()).get(FORM_FIELD)
    check_form_token(request, found, token if isinstance(token, str) else None)
    return found


async def _kept(request: Request, launch: str) -> Fate:
    """Keep what was filled in, when it comes from a page of ours."""
    try:
        check_origin(request)
    except CrossSiteRequest:
        return ""
    fields = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    present = cookies.brought(request)
    return await run_in_threadpool(kept_forms.keep, ground(request), launch, present, request.url.path, fields)


GuardedLaunch = Annotated[LaunchContext, Depends(form_guard)]


def check_origin(request: Request) -> None:
    """See that the request comes from a page of ours. Raises CrossSiteRequest."""
    if request.headers.getlist("origin") != [ground(request).settings.origin]:
        raise CrossSiteRequest("origin")


def check_form_token(request: Request, launch: LaunchContext, token: str | None) -> None:
    """See that `token` is the launch's form token. Raises CrossSiteRequest."""
    if not token or not sessions.form_token_matches(ground(request), launch.id, cookies.brought(request), token):
        raise CrossSiteRequest("form-token")


def permit(launch: LaunchContext, *roles: RoleName) -> LaunchContext:
    """The launch itself, when its user has one of these roles. Raises RoleNotPermitted."""
    if launch.role not in roles:
        raise RoleNotPermitted(launch.role or "-")
    return launch

"""What stands before every page of a launch: is it open, does the request come from our own page, may this role?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Request

from smart_app.launch import cookies, sessions
from smart_app.launch.context import LaunchContext, RoleName
from smart_app.launch.errors import CrossSiteRequest, RoleNotPermitted
from smart_app.launch.ground import Ground

FORM_FIELD = "form_token"
FORM_HEADER = "x-form-token"


def ground(request: Request) -> Ground:
    """The services of this application."""
    return cast("Ground", request.app.state.services)


def open_launch(request: Request, launch: str) -> LaunchContext:
    """FastAPI dependency: the open launch named in the path, for the browser that made it.

    Raises:
        LaunchClosed, TooManyRequests: nothing was done.
    """
    found = sessions.find_open(ground(request), launch, request.cookies)
    ground(request).limits.count("launch", found.id)
    return found


OpenLaunch = Annotated[LaunchContext, Depends(open_launch)]


async def form_guard(request: Request, launch: OpenLaunch) -> LaunchContext:
    """FastAPI dependency for whatever changes something: the open launch, for a request from our own page.

    Raises:
        CrossSiteRequest: Origin is missing or another's, or the form token is missing or wrong; nothing was changed.
    """
    check_origin(request)
    token: object = request.headers.get(FORM_HEADER)
    if token is None:
        token = (await request.form()).get(FORM_FIELD)
    check_form_token(request, launch, token if isinstance(token, str) else None)
    return launch


GuardedLaunch = Annotated[LaunchContext, Depends(form_guard)]


def check_origin(request: Request) -> None:
    """See that the request comes from a page of ours. Raises CrossSiteRequest."""
    if request.headers.getlist("origin") != [ground(request).settings.origin]:
        raise CrossSiteRequest("origin")


def check_form_token(request: Request, launch: LaunchContext, token: str | None) -> None:
    """See that `token` is the launch's form token. Raises CrossSiteRequest."""
    cookie = request.cookies.get(cookies.name(launch.id))
    if not token or cookie is None or not sessions.form_token_matches(ground(request), launch.id, cookie, token):
        raise CrossSiteRequest("form-token")


def only_for(*roles: RoleName) -> Callable[[LaunchContext], LaunchContext]:
    """FastAPI dependency: the open launch, when its user has one of these roles. Raises RoleNotPermitted."""

    def check(launch: OpenLaunch) -> LaunchContext:
        return permit(launch, *roles)

    return check


def permit(launch: LaunchContext, *roles: RoleName) -> LaunchContext:
    """The launch itself, when its user has one of these roles. Raises RoleNotPermitted."""
    if launch.role not in roles:
        raise RoleNotPermitted(launch.role or "-")
    return launch

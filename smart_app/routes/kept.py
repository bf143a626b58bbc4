"""What was filled in when a launch ended: not wanted any more, or carried out in the next one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from smart_app.launch.context import LaunchContext
from smart_app.launch.guard import GuardedLaunch
from smart_app.launch.kept_forms import drop
from smart_app.wiring import Services, services

router = APIRouter()
Given = Annotated[Services, Depends(services)]
Kept = Annotated[str, Form()]


@router.post("/assessment/{launch}/kept")
async def drop_on_assessment(given: Given, launch: GuardedLaunch, kept: Kept, lang: str = "") -> Response:
    """Forget a plan or an answer that was sent too late."""
    await run_in_threadpool(drop, given, launch, kept)
    return RedirectResponse(f"/assessment/{launch.id}?shown=1{_language(lang)}", status_code=303)


@router.post("/worklist/{launch}/kept")
async def drop_on_worklist(given: Given, launch: GuardedLaunch, kept: Kept, lang: str = "") -> Response:
    """Forget something about a row that was sent too late."""
    await run_in_threadpool(drop, given, launch, kept)
    return RedirectResponse(f"/worklist/{launch.id}?{_language(lang)}".rstrip("?"), status_code=303)


async def carried_out(given: Services, launch: LaunchContext, kept: str) -> None:
    """What a form that was sent too late asked for is done now; "" = it was not about one."""
    if kept:
        await run_in_threadpool(drop, given, launch, kept)


def _language(lang: str) -> str:
    return f"&lang={lang}" if lang in ("sv", "en") else ""

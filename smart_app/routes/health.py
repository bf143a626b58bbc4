"""Whether the service lives, and whether it can do its work."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from smart_app import VERSION
from smart_app.model_choice import ModelsDamaged
from smart_app.outbox.listing import Backlog, backlog
from smart_app.wiring import Services, services

router = APIRouter()
_SOON = {"Retry-After": "10"}
OLD = timedelta(hours=1)
"""An outbox whose oldest entry waits longer than this is reported; the service itself is still ready."""


@router.get("/health/live")
async def live() -> Response:
    """The process answers; nothing else is asked."""
    return JSONResponse({"status": "live", "version": VERSION})


@router.get("/health/ready")
def ready(given: Annotated[Services, Depends(services)]) -> Response:
    """Database and models answer; 503 when one does not. What waits is told in seconds, never whose it is."""
    try:
        with given.store.reading() as session:
            found = backlog(session)
    except SQLAlchemyError:
        return JSONResponse({"status": "unavailable", "database": "down"}, 503, headers=_SOON)
    try:
        model = given.models_on(given.clock.today())[0]
    except ModelsDamaged as wrong:
        return JSONResponse({"status": "unavailable", "database": "up", "models": str(wrong)}, 503, headers=_SOON)
    age_s = waiting_s(given, found)
    return JSONResponse(
        {
            "status": "ready",
            "database": "up",
            "models": f"{model.id} {model.version}",
            "models_reviewed": model.reviewed,
            "outbox": {
                "waiting": found.waiting,
                "parked": found.parked,
                "oldest_s": age_s,
                "late": age_s is not None and age_s > OLD.total_seconds(),
            },
        }
    )


def waiting_s(given: Services, found: Backlog) -> int | None:
    """How long the oldest open entry has waited; None when nothing waits."""
    if found.oldest_waiting is None:
        return None
    return max(0, round((given.clock.now() - found.oldest_waiting).total_seconds()))

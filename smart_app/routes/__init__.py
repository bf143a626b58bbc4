"""HTTP doors: parse, call, wrap; one file per door."""

from __future__ import annotations

from fastapi import APIRouter


def all_routers() -> tuple[APIRouter, ...]:
    """Every door, in the order in which they are tried."""
    from smart_app.routes import (
        fhir,
        health,
        kept,
        keys,
        launch,
        metrics,
        not_built,
        pages_assessment,
        pages_home,
        pages_worklist,
    )

    return (
        launch.router,
        keys.router,
        health.router,
        metrics.router,
        pages_home.router,
        pages_assessment.router,
        pages_worklist.router,
        kept.router,
        *fhir.routers,
        not_built.router,
    )

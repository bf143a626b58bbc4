"""Doors that the contract names and that are not built yet: they say so, instead of looking like a wrong address."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from smart_app.routes.fhir_faults import NotBuilt

router = APIRouter()


@router.api_route("/cds-services", methods=["GET", "POST"])
@router.api_route("/cds-services/{rest:path}", methods=["GET", "POST"])
def cds_hooks(rest: str = "") -> Response:
    """CDS Hooks."""
    del rest
    raise NotBuilt("CDS Hooks")


@router.get("/indicators/{launch}")
def indicators(launch: str) -> Response:
    """Figures for heads of unit and regions."""
    del launch
    raise NotBuilt("indicators")

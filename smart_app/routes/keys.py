"""Our public keys, for EHRs that verify our assertions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from smart_app.launch.signing_keys import CACHE_S, public_key_set
from smart_app.wiring import Services, services

router = APIRouter()


@router.get("/.well-known/jwks.json")
def key_set(given: Annotated[Services, Depends(services)]) -> Response:
    """The JWK Set."""
    return JSONResponse(public_key_set(given), headers={"Cache-Control": f"public, max-age={CACHE_S}"})

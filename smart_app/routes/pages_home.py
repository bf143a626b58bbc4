"""The doors that show no patient: who we are and how to open, and what the figures can and cannot say."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from risk import versions
from risk.guideline import EDITION
from risk.statistics import YEAR
from smart_app.errors import preferred_language
from smart_app.web.naming import kind_in_force, model_kind
from smart_app.web.render import page
from smart_app.web.words import Language
from smart_app.wiring import Services, services
from terminology.release import RELEASE

router = APIRouter()
Given = Annotated[Services, Depends(services)]
Lang = Annotated[str, Query()]


@router.get("/")
def home(request: Request, given: Given, lang: Lang = "") -> Response:
    """Who we are and how to open it."""
    names = sorted(profile.name for profile in given.settings.issuers.values())
    return page("home.html", _language(request, lang), names=names, model_kind=kind_in_force(given))


@router.get("/limits")
def limits(request: Request, given: Given, lang: Lang = "") -> Response:
    """Intended use, what the figures are, limits and versions."""
    used = given.models_on(given.clock.today())[0]
    return page(
        "limits.html",
        _language(request, lang),
        year=YEAR,
        model=used.id,
        model_version=used.version,
        model_kind=model_kind(used),
        catalogue=given.own.catalogue.version,
        rules=versions.RULES,
        edition=EDITION,
        release=RELEASE,
    )


def _language(request: Request, lang: str) -> Language:
    wanted = lang or preferred_language(request.headers.get("accept-language"))
    return "en" if wanted == "en" else "sv"

"""Our published definitions; they hold no patient and need no token, so that EHRs can resolve the canonicals."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fhir_mapping.definitions import load
from smart_app.routes.fhir_answers import FhirRoute, fhir
from smart_app.routes.fhir_faults import NotThere
from smart_app.routes.fhir_paging import question, searchset
from smart_app.routes.fhir_parameters import Pairs
from smart_app.routes.fhir_request import Body, address_pairs, form_pairs, is_lenient
from smart_app.routes.fhir_simple_search import understood
from smart_app.routes.fhir_terminology_published import WRITTEN, published
from smart_app.routes.fhir_types import DEFINITIONS, Served
from smart_app.settings import Settings
from smart_app.store.owner import Owner
from smart_app.wiring import Services, services

Given = Annotated[Services, Depends(services)]
_NOBODY = Owner("-", "-", "-")
"""Cursors of public searches belong to no unit."""
_CACHED = {"Cache-Control": "public, max-age=3600"}


def _definitions(settings: Settings) -> dict[tuple[str, str], dict[str, Any]]:
    return _made(settings.canonical, tuple(sorted({**WRITTEN, **settings.code_systems}.items())))


@cache
def _made(canonical: str, written: tuple[tuple[str, str], ...]) -> dict[tuple[str, str], dict[str, Any]]:
    more = {(each["resourceType"], each["id"]): each for each in published(canonical, dict(written))}
    return load(canonical) | more


def _doors(served: Served) -> APIRouter:
    kind = served.type
    doors = APIRouter(prefix="/fhir", route_class=FhirRoute)

    @doors.get(f"/{kind}", name=f"{kind}-search")
    def definitions_search(request: Request, given: Given) -> Response:
        """Search with the parameters in the address."""
        return _search(request, given, served, address_pairs(request))

    @doors.post(f"/{kind}/_search", name=f"{kind}-search-by-form")
    def definitions_search_by_form(request: Request, given: Given, body: Body) -> Response:
        """Search with the parameters in a form."""
        return _search(request, given, served, form_pairs(request, body))

    @doors.get(f"/{kind}/{{resource_id}}", name=f"{kind}-read")
    def definitions_read(given: Given, resource_id: str) -> Response:
        """One definition."""
        found = _definitions(given.settings).get((kind, resource_id))
        if found is None:
            raise NotThere(kind)
        return fhir(found, headers=_CACHED)

    return doors


def _search(request: Request, given: Services, served: Served, pairs: Pairs) -> Response:
    asked = question(given.sealer, _NOBODY, served, pairs, lenient=is_lenient(request))
    wanted = understood(asked, served, bases=(), system=None)
    found = [
        resource
        for (kind, id_), resource in sorted(_definitions(given.settings).items(), key=lambda each: each[0])
        if kind == served.type
        and (wanted.ids is None or id_ in wanted.ids)
        and (wanted.urls is None or resource["url"] in wanted.urls)
    ]
    after = asked.offset + wanted.count
    return searchset(
        given.sealer,
        _NOBODY,
        f"{given.settings.base_url}/fhir",
        served.type,
        asked,
        matches=found[asked.offset : after],
        total=len(found),
        next_offset=after if wanted.count and after < len(found) else None,
    )


definition_doors = tuple(_doors(served) for served in DEFINITIONS)

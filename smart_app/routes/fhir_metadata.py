"""The CapabilityStatement, made from the doors that exist, and what SMART clients may know of this resource server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from starlette.responses import Response

from smart_app import VERSION
from smart_app.routes.fhir_answers import FhirRoute, fhir
from smart_app.routes.fhir_types import SERVED, Served
from smart_app.wiring import Services, services

RELEASED = "2026-11-22"
_INTERACTIONS = (
    ("read", "GET", "/fhir/{}/{{id}}"),
    ("update", "PUT", "/fhir/{}/{{id}}"),
    ("search-type", "GET", "/fhir/{}"),
)
Given = Annotated[Services, Depends(services)]


def metadata_doors(doors: Iterable[APIRouter]) -> APIRouter:
    """The doors that describe `doors`."""
    described = APIRouter(prefix="/fhir", route_class=FhirRoute)
    open_doors = {
        (method, _shape(route.path))
        for each in doors
        for route in each.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    @described.get("/metadata")
    def metadata(given: Given) -> Response:
        """The CapabilityStatement; needs no token."""
        return fhir(_statement(given, open_doors), headers={"Cache-Control": "public, max-age=300"})

    @described.get("/.well-known/smart-configuration")
    def smart_configuration(given: Given) -> Response:
        """Which scopes there are; tokens are given out by the operator, so there is no token endpoint yet."""
        return Response(
            fhir(_smart(given, open_doors)).body,
            media_type="application/json",
            headers={"Cache-Control": "public, max-age=300"},
        )

    return described


def _shape(path: str) -> str:
    """The path with every placeholder called id."""
    return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))


def _interactions(kind: str, open_doors: set[tuple[str, str]]) -> list[str]:
    return [code for code, method, shape in _INTERACTIONS if (method, shape.format(kind)) in open_doors]


def _statement(given: Services, open_doors: set[tuple[str, str]]) -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "id": "sickleave-on-fhir",
        "url": f"{given.settings.base_url}/fhir/metadata",
        "version": VERSION,
        "name": "SickleaveOnFhir",
        "title": "sickleave-on-fhir",
        "status": "active",
        "date": RELEASED,
        "publisher": "sickleave-on-fhir",
        "kind": "instance",
        "software": {"name": "sickleave-on-fhir", "version": VERSION},
        "implementation": {
            "description": "Worklist and written assessments of a care unit",
            "url": f"{given.settings.base_url}/fhir",
        },
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                    "description": (
                        "Bearer token from the operator (SMART v2 system scopes), or the cookie of an open launch; "
                        "changes in a launch also need its form token and our Origin."
                    ),
                },
                "resource": [_resource(given, served, open_doors) for served in SERVED.values()],
            }
        ],
    }


def _resource(given: Services, served: Served, open_doors: set[tuple[str, str]]) -> dict[str, Any]:
    with_versions = not served.public and served.type != "Patient"
    described: dict[str, Any] = {
        "type": served.type,
        "documentation": served.documentation,
        "interaction": [{"code": code} for code in _interactions(served.type, open_doors)],
        "versioning": "versioned-update" if ("PUT", f"/fhir/{served.type}/{{id}}") in open_doors else "no-version",
        "readHistory": False,
        "updateCreate": False,
    }
    if with_versions:
        described["conditionalRead"] = "not-match"
        if described["versioning"] == "no-version":
            described["versioning"] = "versioned"
    operations = _operations(served.type, open_doors)
    if operations:
        described["operation"] = operations
    if served.includes:
        described["searchInclude"] = list(served.includes)
    described["searchParam"] = [
        {
            "name": each.name,
            **({"definition": f"{given.urls.canonical}/SearchParameter/task-{each.name}"} if each.own else {}),
            "type": each.type,
            "documentation": each.documentation,
        }
        for each in served.parameters
    ]
    return described


def _operations(kind: str, open_doors: set[tuple[str, str]]) -> list[dict[str, str]]:
    """The operations on a type, as FHIR defines them."""
    beginning = f"/fhir/{kind}/$"
    names = sorted({path.removeprefix(beginning) for _, path in open_doors if path.startswith(beginning)})
    return [{"name": each, "definition": f"http://hl7.org/fhir/OperationDefinition/{kind}-{each}"} for each in names]


def _smart(given: Services, open_doors: set[tuple[str, str]]) -> dict[str, Any]:
    letters = {"read": "r", "update": "u", "search-type": "s"}
    scopes = [
        f"system/{served.type}." + "".join(sorted(letters[code] for code in _interactions(served.type, open_doors)))
        for served in SERVED.values()
        if not served.public
    ]
    return {
        "jwks_uri": f"{given.settings.base_url}/.well-known/jwks.json",
        "grant_types_supported": [],
        "scopes_supported": [each.replace(".rsu", ".rus") for each in scopes],
        "capabilities": ["permission-v2"],
        "code_challenge_methods_supported": ["S256"],
    }

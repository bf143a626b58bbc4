"""`sickleave check-ehr`: what this service needs of an EHR, tried one by one; it reads, and writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import typer

from smart_app.cli.background import background_services, profile_or_exit
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.ehr.case_query import CONTEXT_TYPES
from smart_app.ehr.errors import EhrFault
from smart_app.errors import in_words
from smart_app.issuers import IssuerProfile
from smart_app.launch.discovery import discover
from smart_app.launch.errors import LaunchRefused, WrongDiscovery
from smart_app.launch.scopes import parse
from smart_app.wiring import Services

WRITES = ("RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance")


def run(ehr: str, *, as_json: bool) -> int:
    """Try each point and print what was found; exit 1 when one fails."""
    return asyncio.run(_run(ehr, as_json))


async def _run(ehr: str, as_json: bool) -> int:
    async with background_services() as services:
        profile = profile_or_exit(services, ehr)
        points: list[dict[str, Any]] = []
        for name, ask in _points(services, profile):
            try:
                points.append({"point": name, "ok": True, "found": await ask()})
            except (EhrFault, LaunchRefused) as fault:
                points.append({"point": name, "ok": False, "found": in_words(fault, "en")})
    if as_json:
        print_json({"issuer": profile.id, "fhir_base": profile.fhir_base, "points": points})
    for point in () if as_json else points:
        typer.echo(f"{'ok  ' if point['ok'] else 'FAIL'} {point['point']}: {point['found']}")
    return DONE if all(point["ok"] for point in points) else REFUSED


def _points(services: Services, profile: IssuerProfile) -> tuple[tuple[str, Callable[[], Awaitable[str]]], ...]:
    async def discovery() -> str:
        found = await discover(services, profile)
        return f"authorize at {found.authorization_endpoint}, token at {found.token_endpoint}"

    async def software() -> str:
        said = (await services.clients.backend(profile).metadata()).get("software") or {}
        return f"{said.get('name', 'unnamed')} {said.get('version', '')}".strip()

    async def written() -> str:
        stated = await services.clients.backend(profile).metadata()
        rest = (stated.get("rest") or [{}])[0]
        kinds = {
            one.get("type"): {each.get("code") for each in one.get("interaction", [])}
            for one in rest.get("resource", [])
        }
        lacking = [kind for kind in WRITES if "create" not in kinds.get(kind, set())]
        whole = "transaction" in {one.get("code") for one in rest.get("interaction", [])}
        return (
            f"transaction: {'yes' if whole else 'no'}; no create for: {', '.join(lacking)}"
            if lacking
            else (f"transaction: {'yes' if whole else 'no'}; all five types can be created")
        )

    async def backend() -> str:
        granted = await services.clients.backend(profile).granted()
        missing = granted.missing(parse(profile.scopes["backend"]))
        return f"not granted: {', '.join(missing)}" if missing else "all asked scopes granted"

    async def context() -> str:
        said = sorted(one for one in (await discover(services, profile)).capabilities if one.startswith("context-"))
        used = ", ".join(CONTEXT_TYPES)
        return (
            f"stated: {', '.join(said) or 'nothing'}; of fhirContext are read, and checked to be the patient's: {used} "
            "in the role launch; nothing else of it is used"
        )

    async def introspection() -> str:
        if (await discover(services, profile)).introspection_endpoint is None:
            return "not listed: a refused token means a new sign-in"
        active = await services.clients.backend_tokens(profile).is_active()
        if active is not True:
            raise WrongDiscovery("introspection-no-answer" if active is None else "introspection-denies", profile.id)
        return "listed, and knows the token that it just gave"

    return (
        ("discovery (.well-known/smart-configuration)", discovery),
        ("software (CapabilityStatement)", software),
        ("writing (CapabilityStatement)", written),
        ("Backend Services token", backend),
        ("launch context", context),
        ("token introspection", introspection),
    )

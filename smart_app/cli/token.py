"""`sickleave token create`."""

from __future__ import annotations

import asyncio

import typer
from sqlmodel import select

from smart_app.api_tokens import tokens
from smart_app.api_tokens.errors import WrongLifetime, WrongScopes
from smart_app.audit.log import Action
from smart_app.audit.log import write as audit
from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, WRONG_USE, print_json
from smart_app.routes.fhir_types import SERVED
from smart_app.store.owner import Owner
from smart_app.wiring import Services
from smart_app.worklist.tables import TaskRow


def create(
    client: str, unit: str, scope: str, days: int, *, provider: str | None, issuer: str | None, as_json: bool
) -> int:
    """Make a token and print it, once."""
    return asyncio.run(_create(client, unit, scope, days, provider, issuer, as_json))


async def _create(
    client: str, unit: str, scope: str, days: int, provider: str | None, issuer: str | None, as_json: bool
) -> int:
    async with background_services() as services:
        profiles = {profile.id: profile for profile in services.settings.issuers.values()}
        if issuer is None and len(profiles) == 1:
            issuer = next(iter(profiles))
        if issuer not in profiles:
            typer.echo(f"--issuer must be one of {', '.join(profiles)}", err=True)
            return WRONG_USE
        if unserved := sorted(_types(scope) - set(SERVED) - {"*"}):
            typer.echo(f"--scope: {unserved[0]} is not served here. There is: {', '.join(SERVED)}", err=True)
            return WRONG_USE
        provider = provider or profiles[issuer].backend_care_provider or _known_provider(services, issuer, unit)
        if provider is None:
            typer.echo(
                f"--provider is missing: the HSA-id of the care provider that {unit} belongs to. "
                f"It is known without saying once `sickleave assess --unit {unit}` has run.",
                err=True,
            )
            return WRONG_USE
        owner = Owner(issuer, provider, unit)
        now = services.clock.now()
        try:
            with services.store.transaction() as session:
                made = tokens.create(session, owner, client=client, scopes=scope, days=days, now=now)
                audit(
                    session,
                    owner=owner,
                    actor="operations",
                    role=None,
                    action=Action.TOKEN,
                    purpose="administration",
                    detail=f"token for {client}: {scope}",
                    now=now,
                )
        except (WrongScopes, WrongLifetime) as wrong:
            typer.echo(str(wrong), err=True)
            return WRONG_USE
    document = {"token": made.text, "id": made.id, "client": client, "unit": unit, "scope": scope}
    document["expires_at"] = made.expires_at.isoformat()
    print_json(document) if as_json else typer.echo(
        f"{made.text}\n\nShown once. For {client} at {unit}, {scope}, until {made.expires_at:%Y-%m-%d}."
    )
    return DONE


def _types(scope: str) -> set[str]:
    return {one.partition("/")[2].partition(".")[0] for one in scope.split() if "/" in one}


def _known_provider(services: Services, issuer: str, unit: str) -> str | None:
    """The care provider of the unit's worklist; None when there is no row, or rows of several."""
    wanted = select(TaskRow.care_provider).where(TaskRow.issuer == issuer, TaskRow.care_unit == unit).distinct()
    with services.store.reading() as session:
        found = session.exec(wanted).all()
    return found[0] if len(found) == 1 else None

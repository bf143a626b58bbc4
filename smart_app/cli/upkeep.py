"""`sickleave audit` and `sickleave purge`: what operations run regularly."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from smart_app.audit.verify import verify
from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.retention import purge


def verify_audit(*, as_json: bool) -> int:
    """Exit 1 when the audit trail is not whole."""
    return asyncio.run(_verify(as_json))


async def _verify(as_json: bool) -> int:
    async with background_services() as services:
        with services.store.reading() as session:
            found = verify(session)
    document = asdict(found) | {"whole": found.whole}
    said = "whole" if found.whole else f"broken at row {found.broken_at}: {found.reason}"
    print_json(document) if as_json else typer.echo(f"{found.rows} rows, {said}")
    return DONE if found.whole else REFUSED


def purge_old(*, as_json: bool) -> int:
    """Delete what has been kept long enough, table by table."""
    return asyncio.run(_purge(as_json))


async def _purge(as_json: bool) -> int:
    async with background_services() as services:
        gone = purge(services.store, services.clock.now())
    print_json(gone) if as_json else typer.echo(
        "\n".join(f"{count:>8} {table}" for table, count in gone.items()) or "Nothing is old enough."
    )
    return DONE

"""`sickleave audit` and `sickleave purge`: what operations run regularly."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from smart_app.audit.verify import Verified, verify
from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.retention import purge


def verify_audit(*, known: str | None, as_json: bool) -> int:
    """Exit 1 when the audit trail is not whole, or does not hold the row `known` any more."""
    return asyncio.run(_verify(known, as_json))


async def _verify(known: str | None, as_json: bool) -> int:
    async with background_services() as services:
        with services.store.reading() as session:
            found = verify(session, known=known)
    document = asdict(found) | {"whole": found.whole}
    print_json(document) if as_json else typer.echo(f"{found.rows} rows, {_in_words(found)}")
    return DONE if found.whole else REFUSED


def _in_words(found: Verified) -> str:
    if found.broken_at is not None:
        return f"broken at row {found.broken_at}: {found.reason}"
    if not found.whole:
        return "none of them is the one you know: the end was cut off, or all of it was made anew"
    return f"whole. The last is {found.head}" if found.head else "whole"


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

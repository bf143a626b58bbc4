"""`sickleave outbox run | list | retry`."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import asdict

import typer
from sqlmodel import select

from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.outbox import listing as lines
from smart_app.outbox.errors import NotParked, PayloadErased
from smart_app.outbox.retry import retry as put_back
from smart_app.outbox.tables import OutboxRow
from smart_app.store.owner import Owner


def run(*, once: bool, as_json: bool) -> int:
    """Deliver what waits: everything that is due, or until SIGTERM or Ctrl-C."""
    return asyncio.run(_run(once=once, as_json=as_json))


async def _run(*, once: bool, as_json: bool) -> int:
    async with background_services() as services:
        if not once:
            loop = asyncio.get_running_loop()
            stopped = asyncio.Event()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, stopped.set)
            services.outbox.start()
            await stopped.wait()
            await services.outbox.stop()
            return DONE
        done = await services.outbox.drain()
        if done is None:
            typer.echo("The database could not be worked with.", err=True)
            return REFUSED
        print_json(asdict(done)) if as_json else typer.echo(
            f"{done.delivered} delivered, {done.waiting} waiting, {done.parked} refused, {done.kept} kept for download"
        )
        return REFUSED if done.parked else DONE


def listing(*, as_json: bool) -> int:
    """Print the newest entries."""
    return asyncio.run(_listing(as_json=as_json))


async def _listing(*, as_json: bool) -> int:
    async with background_services() as services:
        with services.store.reading() as session:
            found = lines.listing(session)
    if as_json:
        print_json([asdict(line) for line in found])
    for line in () if as_json else found:
        typer.echo(
            f"{line.id:>6} {line.state:<9} {line.issuer} {line.care_unit} {line.cause} {','.join(line.kinds)} "
            f"attempts={line.attempts} {line.step or ''} {line.fault or ''} {line.fault_status or ''}".rstrip()
        )
    return DONE


def retry(number: int, *, as_json: bool) -> int:
    """Put one parked entry back."""
    return asyncio.run(_retry(number, as_json=as_json))


async def _retry(number: int, *, as_json: bool) -> int:
    async with background_services() as services:
        now = services.clock.now()
        with services.store.transaction() as session:
            row = session.exec(select(OutboxRow).where(OutboxRow.id == number)).one_or_none()
            if row is None:
                typer.echo(f"There is no outbox entry {number}.", err=True)
                return REFUSED
            owner = Owner(row.issuer, row.care_provider, row.care_unit)
            try:
                back = put_back(session, owner, number, launch_id=None, now=now)
            except (NotParked, PayloadErased) as fault:
                typer.echo(f"Entry {number}: {fault}", err=True)
                return REFUSED
    print_json({"put_back": list(back)}) if as_json else typer.echo(f"Put back: {', '.join(map(str, back))}")
    return DONE

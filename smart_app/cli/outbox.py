"""`sickleave outbox run | list | retry`."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import asdict
from datetime import datetime

import typer
from sqlmodel import select

from smart_app.cli.background import background_services
from smart_app.cli.output import DONE, REFUSED, print_json, wrong_use
from smart_app.clock import STOCKHOLM
from smart_app.outbox import listing as lines
from smart_app.outbox.errors import NotParked, PayloadErased
from smart_app.outbox.faults import Fault, in_words
from smart_app.outbox.retry import retry as put_back
from smart_app.outbox.retry import retry_for_issuer
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


MOST_LISTED = 100


def listing(*, every: bool, issuer: str | None, as_json: bool) -> int:
    """Print the newest entries that are not written; `every` = the written ones too."""
    return asyncio.run(_listing(every=every, issuer=issuer, as_json=as_json))


async def _listing(*, every: bool, issuer: str | None, as_json: bool) -> int:
    async with background_services() as services:
        with services.store.reading() as session:
            found = lines.listing(session, issuer=issuer, written=every, limit=MOST_LISTED)
    if as_json:
        print_json([asdict(line) for line in found])
        return DONE
    for line in found:
        typer.echo(_in_a_line(line))
        if line.fault:
            typer.echo(f"{'':>7}{line.fault}: {in_words(line.fault, 'en')}")
        if line.stands:
            typer.echo(f"{'':>7}stands at the EHR already: {', '.join(line.stands)}; the rest does not")
    if not found:
        typer.echo("There is none." if every else "Nothing waits and nothing is refused; --all lists what was written.")
    elif len(found) == MOST_LISTED:
        typer.echo(f"Only the newest {MOST_LISTED} are listed.", err=True)
    return DONE


def _in_a_line(line: lines.OutboxLine) -> str:
    words = [f"{line.id:>6} {line.state:<9} {line.issuer} {line.care_unit} {line.cause} {','.join(line.kinds)}"]
    words.append(f"since={_minute(line.created_at)} attempts={line.attempts}")
    if line.next_try is not None:
        words.append(f"next={_minute(line.next_try)}")
    if line.step is not None:
        words.append(f"step={line.step}({line.step_why})")
    if line.fault_status is not None:
        words.append(f"status={line.fault_status}")
    return " ".join(words)


def _minute(instant: datetime) -> str:
    return instant.astimezone(STOCKHOLM).strftime("%Y-%m-%dT%H:%M")


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


def retry_all(issuer: str, code: str, *, as_json: bool) -> int:
    """Put back every parked entry of one EHR that one fault stopped."""
    if code not in {fault.value for fault in Fault}:
        wrong_use(f"There is no fault {code}. Known: {', '.join(fault.value for fault in Fault)}")
    return asyncio.run(_retry_all(issuer, Fault(code), as_json=as_json))


async def _retry_all(issuer: str, fault: Fault, *, as_json: bool) -> int:
    async with background_services() as services:
        known = [profile.id for profile in services.settings.issuers.values()]
        if issuer not in known:
            wrong_use(f"{issuer} is not the id of an EHR in the issuers file. Known: {', '.join(known)}")
        with services.store.transaction() as session:
            count = retry_for_issuer(session, issuer, fault, services.clock.now())
    print_json({"put_back": count}) if as_json else typer.echo(f"Put back: {count}")
    return DONE

"""`sickleave outbox run|list|retry`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from smart_app.cli.output import wrong_use
from smart_app.cli.verbs.options import Json

outbox = typer.Typer(help="What waits to be written to the EHRs.", no_args_is_help=True)


@outbox.command("run", epilog="Example: sickleave outbox run --once")
def outbox_run(
    once: Annotated[bool, typer.Option("--once", help="Deliver what is due, then stop.")] = False,
    json: Json = False,
) -> None:
    """Deliver what waits, until stopped."""
    from smart_app.cli.outbox import run

    sys.exit(run(once=once, as_json=json))


@outbox.command("list", epilog="Example: sickleave outbox list --json")
def outbox_list(
    every: Annotated[bool, typer.Option("--all", help="Also what is written already.")] = False,
    issuer: Annotated[str | None, typer.Option(help="Only this EHR (id in the issuers file).")] = None,
    json: Json = False,
) -> None:
    """What waits, what was refused and why; newest first (no patient data)."""
    from smart_app.cli.outbox import listing

    sys.exit(listing(every=every, issuer=issuer, as_json=json))


@outbox.command("retry", epilog="Example: sickleave outbox retry 17")
def outbox_retry(
    number: Annotated[int | None, typer.Argument(help="Number from `outbox list`.")] = None,
    issuer: Annotated[str | None, typer.Option(help="With --fault: every entry of this EHR that it stopped.")] = None,
    fault: Annotated[str | None, typer.Option(help="Code from `outbox list`, such as ehr-refused.")] = None,
    json: Json = False,
) -> None:
    """Send what was refused again: one entry, or all that one fault stopped at one EHR."""
    from smart_app.cli.outbox import retry, retry_all

    if number is not None and issuer is None and fault is None:
        sys.exit(retry(number, as_json=json))
    if number is None and issuer is not None and fault is not None:
        sys.exit(retry_all(issuer, fault, as_json=json))
    wrong_use("Give a number, or --issuer and --fault.")

"""`sickleave outbox run|list|retry`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

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
def outbox_list(json: Json = False) -> None:
    """What waits, what is parked and why (no patient data)."""
    from smart_app.cli.outbox import listing

    sys.exit(listing(as_json=json))


@outbox.command("retry", epilog="Example: sickleave outbox retry 17")
def outbox_retry(number: Annotated[int, typer.Argument(help="Number from `outbox list`.")], json: Json = False) -> None:
    """Send a parked entry again."""
    from smart_app.cli.outbox import retry

    sys.exit(retry(number, as_json=json))

"""`sickleave terminology lookup|history|search|import`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from smart_app.cli.verbs.options import Day, Json, SystemName

terminology = typer.Typer(help="KVÅ and ICD-10-SE over the years.", no_args_is_help=True)


@terminology.command("lookup", epilog="Example: sickleave terminology lookup --system kva DV077 --on 2021-06-01 --json")
def terminology_lookup(
    code: Annotated[str, typer.Argument(help="Code, in any spelling.")],
    system: SystemName,
    on: Day = None,
    json: Json = False,
) -> None:
    """Text of a code on a day; exit 1 with the reason when it did not exist that day. A text not verified is null."""
    from smart_app.cli.terminology import lookup

    sys.exit(lookup(code, system, on=on.date() if on else None, as_json=json))


@terminology.command(
    "history", epilog="Example: sickleave terminology history plan-made --since 2020-01-01 --until 2024-12-31"
)
def terminology_history(
    subject: Annotated[str, typer.Argument(help="A code, or a code family such as plan-made or coordination.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day.")],
    system: SystemName = "kva",
    accept_inferred: Annotated[
        bool, typer.Option("--accept-inferred", help="Join also over changes that are only concluded.")
    ] = False,
    json: Json = False,
) -> None:
    """Texts and validity over the years, and which days may be counted together, or why not."""
    from smart_app.cli.terminology import tell

    sys.exit(
        tell(
            subject,
            system,
            since=since.date(),
            until=until.date(),
            accept_inferred=accept_inferred,
            as_json=json,
        )
    )


@terminology.command("search", epilog="Example: sickleave terminology search --system kva rehab plan")
def terminology_search(
    words: Annotated[
        list[str], typer.Argument(help="Words in Swedish, with or without accents, or a code's beginning.")
    ],
    system: SystemName,
    on: Day = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    json: Json = False,
) -> None:
    """Codes whose text has all the words, closest first."""
    from smart_app.cli.terminology import find

    sys.exit(find(" ".join(words), system, on=on.date() if on else None, count=count, as_json=json))


@terminology.command(
    "import", epilog="Example: sickleave terminology import --system icd-10-se --release 2024 icd-10-se-2024.txt"
)
def terminology_import(
    file: Annotated[Path, typer.Argument(help="Official file: text, .xlsx or ClaML.", exists=True, dir_okay=False)],
    system: SystemName,
    release: Annotated[str, typer.Option(help="The edition, usually its year.")],
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day it holds; else the first of January."),
    ] = None,
    unjudged: Annotated[
        str, typer.Option(help="When nobody has judged a change: stop, or mark it and cut trends there.")
    ] = "stop",
    sheet: Annotated[list[str] | None, typer.Option(help="Read only this sheet; may be repeated.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of the release imported before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Read an official file as one release: whole or not at all, with what changed since the release before."""
    from smart_app.cli.terminology_import import run

    sys.exit(
        run(
            file,
            system,
            release,
            first_day=begins.date() if begins else None,
            unjudged=unjudged,
            sheets=sheet or (),
            replace=replace,
            dry_run=dry_run,
            as_json=json,
        )
    )

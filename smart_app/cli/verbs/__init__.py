"""Every verb of `sickleave`: its words and options; the work stands in the modules that are imported when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from smart_app import VERSION
from smart_app.cli.verbs.keys import keys, token
from smart_app.cli.verbs.line import line
from smart_app.cli.verbs.making_models import making
from smart_app.cli.verbs.models import models
from smart_app.cli.verbs.outbox import outbox
from smart_app.cli.verbs.terminology import terminology

app = typer.Typer(
    name="sickleave",
    help="Finds the sick leaves at risk of becoming long, and plans the way back. It advises; the physician decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(line)
app.add_typer(making)
for name, verbs in (
    ("outbox", outbox),
    ("token", token),
    ("terminology", terminology),
    ("models", models),
    ("keys", keys),
):
    app.add_typer(verbs, name=name)


def _version(value: bool) -> None:
    if value:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    del version

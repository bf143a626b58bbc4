"""What every verb prints: one JSON document on stdout, or words; exit 0 done, 1 refused, 2 wrong use."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import orjson
import typer

DONE, REFUSED, WRONG_USE = 0, 1, 2


def print_json(document: Any) -> None:
    """One JSON document on stdout; dates as ISO text."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


def in_one_line(text: str) -> str:
    """What somebody else said, as a terminal may show it: line breaks and control characters cannot play a part.

    >>> in_one_line("EHR\\x1b[2J 1.0\\nok")
    'EHR�[2J 1.0�ok'
    """
    return "".join(each if each.isprintable() else "�" for each in text)


def refuse(message: str) -> NoReturn:
    """Say on stderr what was refused or found wanting, and end with 1."""
    typer.echo(message, err=True)
    raise typer.Exit(REFUSED)


def wrong_use(message: str) -> NoReturn:
    """Say on stderr how the call was wrong, and end with 2."""
    typer.echo(message, err=True)
    raise typer.Exit(WRONG_USE)

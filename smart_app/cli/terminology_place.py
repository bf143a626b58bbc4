"""Where the code lists of this installation are, for the verbs that need nothing else of the settings."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from smart_app.cli.output import refuse
from terminology.errors import TerminologyFault
from terminology.folder import Codes, open_codes

SYSTEMS = {"kva": "kva", "icd-10-se": "icd10se"}
VARIABLE = "SICKLEAVE_TERMINOLOGY"
DEFAULT = "var/terminology"


def folder_here() -> Path:
    """The folder of imported releases: the setting, else ./var/terminology."""
    return Path(os.environ.get(VARIABLE, "").strip() or DEFAULT)


def codes_here() -> Codes:
    """Shipped and imported codes; exit 1 naming the file that cannot be used."""
    try:
        return open_codes(folder_here())
    except TerminologyFault as fault:
        refuse(f"{folder_here()}: {fault}")


def system_here(name: str) -> str | None:
    """Our name of a system given on the command line; None, and said, when it is none."""
    if name not in SYSTEMS:
        typer.echo(f"--system must be one of {', '.join(SYSTEMS)}", err=True)
        return None
    return SYSTEMS[name]

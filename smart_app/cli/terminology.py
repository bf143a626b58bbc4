"""`sickleave terminology lookup`: codes as shipped; codes over time are not built yet and say so."""

from __future__ import annotations

from datetime import date

import typer

from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from terminology import codes
from terminology.errors import UnknownCode
from terminology.release import RELEASE


def lookup(code: str, system: str, *, on: date | None, as_json: bool) -> int:
    """Print the text of a code; exit 1 with the reason when there is none."""
    if system not in ("kva", "icd-10-se"):
        typer.echo("--system must be kva or icd-10-se", err=True)
        return WRONG_USE
    if on is not None:
        typer.echo("--on: releases by date are not built yet; leave it out for the texts as shipped.", err=True)
        return REFUSED
    try:
        found = _kva(code) if system == "kva" else _icd(code)
    except UnknownCode as wrong:
        typer.echo(str(wrong), err=True)
        return REFUSED
    if found is None:
        typer.echo(f"{code} has no verified text in release {RELEASE}.", err=True)
        return REFUSED
    shown, text = found
    document = {"system": system, "code": shown, "text": text, "release": RELEASE}
    print_json(document) if as_json else typer.echo(f"{shown}  {text}  ({RELEASE})")
    return DONE


def _kva(code: str) -> tuple[str, str] | None:
    text = codes.kva_text(code.strip().upper())
    return None if text is None else (code.strip().upper(), text)


def _icd(code: str) -> tuple[str, str] | None:
    normal = codes.normal_icd(code)
    text = codes.icd_title(normal)
    return None if text is None else (codes.pretty_icd(normal), text)

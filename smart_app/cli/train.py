"""`sickleave train`: a model set from a region's own rows, or nothing when a row is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from risk.model_set import load_set
from risk.training.make_set import SIMULATED_ABOUT
from smart_app.cli.output import DONE, REFUSED, print_json


def run(rows: Path, out: Path, *, seed: int, name: str, as_json: bool) -> int:
    """Read, check, fit, measure on persons held out, write."""
    from risk.training.rows import BadRows, by_person, read_file
    from risk.training.train import TooFew, train

    try:
        cases = read_file(rows)
        fit_on, held_out = by_person(cases, held_out=0.2, seed=seed)
        found = train(fit_on, held_out, out, about=_about(name), seed=seed, progress=_said(as_json))
    except (BadRows, TooFew) as wrong:
        typer.echo(f"{rows}: nothing was trained.\n{wrong}", err=True)
        return REFUSED
    except (OSError, UnicodeDecodeError) as fault:
        typer.echo(f"{rows}: {fault}", err=True)
        return REFUSED
    document = {"folder": str(out), "cases": len(cases.rows), "held_out": len(held_out), "seed": seed, **found}
    load_set(out)
    if as_json:
        print_json(document)
    else:
        typer.echo(
            f"{len(found['keys'])} models from {len(fit_on)} cases in {out}; left out: {found['left_out'] or 'none'}"
        )
    return DONE


def _about(name: str) -> dict[str, str | bool]:
    if name == SIMULATED_ABOUT["id"]:
        return SIMULATED_ABOUT
    return {
        "id": name,
        "version": "1",
        "name_sv": f"Egen modell {name}",
        "name_en": f"Own model {name}",
        "basis_sv": "Anpassad till egna sjukfall. Inte i bruk förrän den är utvärderad och godkänd.",
        "basis_en": "Fitted on own cases. Not in use until evaluated and approved.",
        "simulated": False,
    }


def _said(quiet: bool) -> Any:
    return None if quiet else lambda key, done, of: typer.echo(f"  {key}  {done}/{of}", err=True)

"""`sickleave train`: a model set from a region's own rows, or nothing when a row is wrong."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import typer

from risk.errors import ModelFileFault
from risk.training.make_set import SIMULATED_ABOUT
from smart_app.cli.in_force import against_which
from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from smart_app.model_choice import ModelsDamaged

_MOST_NAMED = 8


def run(
    rows: Path,
    out: Path,
    *,
    seed: int,
    name: str,
    version: str,
    split_on: date | None,
    against: str | None,
    as_json: bool,
) -> int:
    """Read, check, fit, measure on cases held out, write."""
    from risk.evaluation.sides import SIDES
    from risk.training.persons import made_up
    from risk.training.rows import BadRows, read_file
    from risk.training.splits import by_person, by_time
    from risk.training.train import TooFew, train

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        typer.echo(f"{out} is not an empty folder: a set is never written over another", err=True)
        return REFUSED
    if name in SIDES:
        typer.echo(f"--name {name} is the name of something that every set is measured against", err=True)
        return WRONG_USE
    try:
        cases = read_file(rows)
        fit_on, held_out = by_person(cases, held_out=0.2, seed=seed) if split_on is None else by_time(cases, split_on)
        made = {"split_on": split_on.isoformat() if split_on else "person", "rows_sha256": sum_of(rows)}
        found = train(
            fit_on,
            held_out,
            out,
            about=_about(name, version, simulated=made_up(cases)),
            made=made,
            seed=seed,
            against=against_which(against),
            progress=_said(as_json),
        )
    except (BadRows, TooFew) as wrong:
        typer.echo(f"{rows}: nothing was trained.\n{wrong}", err=True)
        return REFUSED
    except (ModelFileFault, ModelsDamaged, OSError, UnicodeDecodeError) as fault:
        typer.echo(f"{rows}: {fault}", err=True)
        return REFUSED
    document = {"folder": str(out), "cases": len(cases), "held_out": len(held_out), "seed": seed, **found}
    document["no_key"] = dict(cases.no_key)
    print_json(document) if as_json else typer.echo(_in_words(document, len(fit_on)))
    return DONE


def sum_of(rows: Path) -> str:
    """The file's sha256, by which a set knows the rows that it was fitted on."""
    return hashlib.sha256(rows.read_bytes()).hexdigest()


def without_key(no_key: Mapping[str, int]) -> list[str]:
    """One line about the rows that nothing was made of; none when there are none."""
    if not no_key:
        return []
    most = ", ".join(f"{code} {cases}" for code, cases in list(no_key.items())[:_MOST_NAMED])
    more = ", ..." if len(no_key) > _MOST_NAMED else ""
    return [f"not used: {sum(no_key.values())} rows with a diagnosis that is none of the model keys ({most}{more})"]


def _in_words(found: dict[str, Any], fit_on: int) -> str:
    from risk.evaluation.report import not_used

    at_90, left_out = found["overall"]["90"], ", ".join(found["left_out"])
    lines = [
        f"{len(found['keys'])} models from {fit_on} cases in {found['folder']}; left out: {left_out or 'none'}",
        *(f"{key}: from its group {one['group']}, n = {one['cases']}" for key, one in found["leaning"].items()),
        *(f"{key}: the group as one, n = {cases}" for key, cases in found["whole_groups"].items()),
        *(f"{key}: answered by its group, n = {cases}" for key, cases in found["answered_by_group"].items()),
        *(f"{key}, not used: {not_used(told)}" for key, told in found["not_used"].items()),
        *without_key(found["no_key"]),
        f"on {found['held_out']} cases held out: AUC 90 {at_90.get('auc', ['too few'])[0]}, "
        f"slope {at_90.get('slope', ['too few'])[0]}, C-index {found['overall']['c_index'][0]}",
        f"read before anybody uses it: {found['folder']}/report.html and {found['folder']}/cards",
    ]
    return "\n".join(lines)


def _about(name: str, version: str, *, simulated: bool) -> dict[str, str | bool]:
    if name == SIMULATED_ABOUT["id"]:
        return SIMULATED_ABOUT
    sv, en = ("påhittade fall", "made-up cases") if simulated else ("egna sjukfall", "own cases")
    return {
        "id": name,
        "version": version,
        "name_sv": f"Egen modell {name}",
        "name_en": f"Own model {name}",
        "basis_sv": f"Anpassad till {sv}. Inte i bruk förrän den är utvärderad och godkänd.",
        "basis_en": f"Fitted on {en}. Not in use until evaluated and approved.",
        "simulated": simulated,
    }


def _said(quiet: bool) -> Any:
    if quiet or not sys.stderr.isatty():
        return None
    return lambda key, done, of: typer.echo(f"  {key}  {done}/{of}", err=True)

"""`sickleave evaluate`: a model set on rows with known outcome, as JSON, one HTML page and a card per diagnosis."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from risk.errors import ModelFileFault, NoModel
from risk.model_set import ModelSet, load_set, shipped_set
from smart_app.cli.in_force import against_which
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.cli.train import sum_of, without_key
from smart_app.model_choice import ModelsDamaged

if TYPE_CHECKING:
    from risk.training.rows import CaseRows


def run(
    rows: Path,
    models: Path,
    *,
    since: date | None,
    against: str | None,
    out: Path | None,
    cards: Path | None,
    as_json: bool,
) -> int:
    """Measure the set; write the report and the cards when asked."""
    from risk.evaluation.folder import write_cards
    from risk.evaluation.report import report
    from risk.training.rows import BadRows

    try:
        own = shipped_set() if str(models) == shipped_set().id else load_set(models)
        found = _found(own, rows, since, against)
        if out is not None:
            out.write_text(report(found), encoding="utf-8")
        if cards is not None:
            write_cards(cards, own, found)
    except BadRows as wrong:
        typer.echo(f"{rows}: nothing was measured.\n{wrong}", err=True)
        return REFUSED
    except (ModelFileFault, ModelsDamaged, OSError, UnicodeDecodeError) as fault:
        typer.echo(str(fault), err=True)
        return REFUSED
    print_json(found) if as_json else typer.echo(_in_words(found, out, cards))
    return DONE


def _found(own: ModelSet, rows: Path, since: date | None, against: str | None) -> dict[str, Any]:
    from risk.evaluation.measure import evaluated
    from risk.evaluation.sides import risks_in_force
    from risk.training.rows import BadRows, RowFault, read_file
    from risk.training.splits import begun_since

    cases = read_file(rows)
    no_key = cases.no_key
    cases = cases if since is None else begun_since(cases, since)
    answered = _answered(own, cases)
    if not len(answered):
        raise BadRows((RowFault(None, "icd10", "no case that the set answers for, in the time asked about"),))
    others = []
    other = against_which(against)
    if other is not None and other[0] != f"{own.id} {own.version}":
        others.append(risks_in_force(*other, answered.rows))
    about: dict[str, Any] = {
        "fitted_on_these": _fitted_on(own, rows, since),
        "not_answered": len(cases) - len(answered),
    }
    about["no_key"] = dict(no_key)
    return evaluated(own, answered, others=others, about=about, progress=_said)


def _answered(own: ModelSet, cases: CaseRows) -> CaseRows:
    """The cases whose diagnosis the set knows."""
    import numpy as np

    known = {key: _knows(own, key) for key in set(cases.rows.keys.tolist())}
    return cases.of(np.array([known[str(key)] for key in cases.rows.keys], dtype=np.bool_))


def _knows(own: ModelSet, key: str) -> bool:
    try:
        own.match(key)
    except NoModel:
        return False
    return True


def _fitted_on(own: ModelSet, rows: Path, since: date | None) -> bool:
    """Whether the set was fitted on cases of this very file that are measured now."""
    made = json.loads((own.folder / "set.json").read_text(encoding="utf-8")).get("made", {})
    if made.get("rows_sha256") != sum_of(rows):
        return False
    split_on = made.get("split_on", "person")
    return split_on == "person" or since is None or since.isoformat() < split_on


def _said(what: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"  measured: {what}", err=True)


def _in_words(found: dict[str, Any], out: Path | None, cards: Path | None) -> str:
    lines = []
    for name, side in found["overall"].items():
        at_90 = side["90"]
        auc = at_90["auc"][0] if "auc" in at_90 else "too few"
        lines.append(
            f"{name}: C-index {side['c_index'][0]}, integrated Brier {side['integrated_brier'][0]}, AUC 90 {auc}"
        )
    if found["fitted_on_these"]:
        lines.append("The set was fitted on these very cases: the figures flatter it.")
    lines += without_key(found["no_key"])
    lines += [f"{what}: {place}" for what, place in (("report", out), ("cards", cards)) if place is not None]
    return "\n".join(lines)

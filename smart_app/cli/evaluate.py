"""`sickleave evaluate`: a model set on rows with known outcome, as JSON and as one HTML page."""

from __future__ import annotations

from pathlib import Path

import typer

from risk.errors import ModelFileFault, NoModel
from risk.model_set import load_set
from smart_app.cli.output import DONE, REFUSED, print_json


def run(rows: Path, models: Path, *, out: Path | None, as_json: bool) -> int:
    """Measure the set; write the report when asked."""
    from risk.evaluation.measure import evaluated
    from risk.evaluation.report import report
    from risk.training.rows import BadRows, read_file

    try:
        found_set = load_set(models)
        cases = read_file(rows).rows
        answered = cases.of([_answers(found_set, str(key)) for key in cases.keys])
        found = evaluated(found_set, answered, about=_made(models))
    except (BadRows, ModelFileFault, OSError, UnicodeDecodeError) as fault:
        typer.echo(str(fault), err=True)
        return REFUSED
    found["not_answered"] = len(cases) - len(answered)
    if out is not None:
        out.write_text(report(found), encoding="utf-8")
    if as_json:
        print_json(found)
    else:
        typer.echo(_in_words(found, out))
    return DONE


def _answers(models: object, key: str) -> bool:
    try:
        models.match(key)  # type: ignore[attr-defined]
    except NoModel:
        return False
    return True


def _made(models: Path) -> dict[str, object]:
    import json

    made = json.loads((models / "set.json").read_text(encoding="utf-8")).get("made", {})
    return {"without_sensitive": made["without_sensitive"]} if "without_sensitive" in made else {}


def _in_words(found: dict[str, dict[str, dict[str, object]]], out: Path | None) -> str:
    lines = []
    for name, side in found["overall"].items():
        at_90 = side["90"]
        auc = at_90.get("auc") if isinstance(at_90, dict) else None
        lines.append(f"{name}: C-index {side['c_index']}, integrated Brier {side['integrated_brier']}, AUC 90 {auc}")
    if out is not None:
        lines.append(f"report: {out}")
    return "\n".join(lines)

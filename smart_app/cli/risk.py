"""`sickleave risk`: the curve of one case, or a file of rows scored; and `sickleave models list`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from risk.baseline import NATIONAL_2017
from risk.result import HORIZONS
from risk.survival import FIRST_DAY, Curve
from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from terminology.codes import normal_icd, pretty_icd
from terminology.errors import UnknownCode

CURVE_DAYS = (15, 30, 60, 90, 120, 180, 270, 365)
HEADER = ("row", "p30", "p60", "p90", "p180", "p365", "p90_given30", "p180_given90")
SEXES = ("female", "male")
NOT_COUNTED = "Sex, age and answers are not counted in the national figures."


def one_case(diagnosis: str, *, sex: str | None, age: int | None, day: int, as_json: bool) -> int:
    """Print the curve and the risks of one case."""
    if sex is not None and sex not in SEXES:
        typer.echo(f"--sex must be one of {', '.join(SEXES)}", err=True)
        return WRONG_USE
    try:
        icd = normal_icd(diagnosis)
    except UnknownCode as wrong:
        typer.echo(f"--diagnosis: {wrong}", err=True)
        return REFUSED
    match = NATIONAL_2017.match(icd)
    curve = NATIONAL_2017.group_curve(match)
    document = {
        "diagnosis": pretty_icd(icd),
        "day": day,
        "model": {"id": NATIONAL_2017.id, "version": NATIONAL_2017.version, "basis": NATIONAL_2017.basis_en},
        "group": {"key": match.key, "level": match.level.value, "cases": NATIONAL_2017.cases(match)},
        "curve": [{"day": at, "share": round(curve.at(at), 4)} for at in CURVE_DAYS],
        "risk": {f"p{horizon}": _risk(curve, horizon, day) for horizon in HORIZONS},
        "contributions": [],
        "intervals": None,
        "note": NOT_COUNTED if (sex or age is not None) else None,
    }
    print_json(document) if as_json else typer.echo(_in_words(document))
    return DONE


def _risk(curve: Curve, horizon: int, day: int) -> dict[str, Any]:
    if day >= horizon:
        return {"share": None, "passed": True}
    return {"share": round(curve.still_on_leave(horizon, max(day, FIRST_DAY)), 4), "passed": False}


def _in_words(document: dict[str, Any]) -> str:
    group = document["group"]
    lines = [
        f"{document['diagnosis']}, day {document['day']}: {group['key']} ({group['level']}), {group['cases']} cases"
    ]
    for name, risk in document["risk"].items():
        said = "passed" if risk["passed"] else f"{round(100 * risk['share'])} of 100 similar cases"
        lines.append(f"  still on sick leave on day {name[1:]}: {said}")
    lines.append(document["model"]["basis"])
    if document["note"]:
        lines.append(document["note"])
    return "\n".join(lines)


def scored_rows(rows: Path, out: Path) -> int:
    """Score a CSV of cases; a row that cannot be scored gets empty figures and is named on stderr."""
    wrong = 0
    try:
        with (
            rows.open(encoding="utf-8-sig", newline="") as source,
            out.open("w", encoding="utf-8", newline="") as target,
        ):
            reader = csv.DictReader(source)
            if "icd10" not in (reader.fieldnames or ()):
                typer.echo(f"{rows}: the header has no column icd10", err=True)
                return REFUSED
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(HEADER)
            for name, figures, fault in _scored(reader):
                if fault:
                    wrong += 1
                    typer.echo(f"{rows}: {fault}", err=True)
                writer.writerow([name, *figures])
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        typer.echo(f"{rows}: {fault}", err=True)
        return REFUSED
    return REFUSED if wrong else DONE


def _scored(reader: csv.DictReader[str]) -> Iterator[tuple[str, list[str], str | None]]:
    known: dict[str, list[str]] = {}
    for number, row in enumerate(reader, start=1):
        name = row.get("row") or str(number)
        text = (row.get("icd10") or "").strip()
        if not text:
            yield name, [""] * (len(HEADER) - 1), f"row {name}, column icd10: empty, no figure without a diagnosis"
            continue
        if text not in known:
            try:
                known[text] = _figures(NATIONAL_2017.group_curve(NATIONAL_2017.match(normal_icd(text))))
            except UnknownCode as wrong:
                yield name, [""] * (len(HEADER) - 1), f"row {name}, column icd10: {wrong}"
                continue
        yield name, known[text], None


def _figures(curve: Curve) -> list[str]:
    shares = [
        *(curve.at(day) for day in (30, 60, 90, 180, 365)),
        curve.still_on_leave(90, 30),
        curve.still_on_leave(180, 90),
    ]
    return [f"{share:.6f}" for share in shares]


def list_models(*, as_json: bool) -> int:
    """Print the models there are; this version has the national baseline only."""
    model = NATIONAL_2017
    entry = {"id": model.id, "version": model.version, "in_force": True, "name": model.name_en, "basis": model.basis_en}
    if as_json:
        print_json([entry])
    else:
        typer.echo(f"{model.id} {model.version} (in force): {model.name_en}. {model.basis_en}")
    return DONE

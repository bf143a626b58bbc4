"""`sickleave risk`: the curve of one case, or a file of rows scored; and `sickleave models list`."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import typer

from risk.assess import beside
from risk.bands import placed
from risk.baseline import NATIONAL_2017
from risk.detail import Detail, DetailedModel
from risk.errors import ModelFileFault, NoModel, UnknownLevel, WrongColumns
from risk.factor_words import contribution
from risk.features import COLUMNS, Features, age_class
from risk.group_match import GroupMatch
from risk.guideline import COLUMNS as GUIDELINE_COLUMNS
from risk.guideline import EDITION, against, days_over, depends_on, guideline_answers, guideline_told
from risk.place import Place
from risk.result import HORIZONS
from risk.survival import FIRST_DAY, LAST_DAY, Curve, Model
from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from smart_app.cli.risk_rows import HEADER, READ, answered_by, header_faults, scored
from smart_app.clock import SystemClock
from smart_app.model_choice import ModelsDamaged, choose
from smart_app.settings import PREFIX, models_setting
from terminology.codes import normal_icd, pretty_icd
from terminology.errors import UnknownCode

CURVE_DAYS = (15, 30, 60, 90, 120, 180, 270, 365)
SEXES = {"female": "Female", "male": "Male"}
NOT_COUNTED = "Sex, age and answers are not counted in the national figures."


def chosen(name: str | None) -> tuple[Model, ...]:
    """The models asked for: what `SICKLEAVE_MODELS` may name; when left out, what it does name.

    Raises:
        ModelFileFault, ModelsDamaged: nothing of the kind is there, or it cannot be used.
    """
    return choose(name or models_setting()).on(SystemClock().today())


def one_case(
    diagnosis: str,
    *,
    sex: str | None,
    age: int | None,
    day: int,
    as_json: bool,
    answers: Sequence[str] = (),
    model: str | None = None,
) -> int:
    """Print the curve and the risks of one case, with what moves them when the patient counts."""
    if sex is not None and sex not in SEXES:
        typer.echo(f"--sex must be one of {', '.join(SEXES)}", err=True)
        return WRONG_USE
    try:
        columns = _columns(sex, age, answers)
        features = Features(normal_icd(diagnosis), columns)
        used, match = _match(chosen(model), features.diagnosis or "")
        document = _document(used, match, features, day, _guideline_told(match.code, answers))
    except UnknownCode as wrong:
        typer.echo(f"--diagnosis: {wrong}", err=True)
        return REFUSED
    except (ModelFileFault, ModelsDamaged) as wrong:
        typer.echo(f"{'--model' if model else f'{PREFIX}MODELS'}: {wrong}", err=True)
        return REFUSED
    except (WrongColumns, UnknownLevel, ValueError) as wrong:
        typer.echo(f"--answer: {wrong}", err=True)
        return WRONG_USE
    if not used.individual and (sex or age is not None or answers):
        document["note"] = NOT_COUNTED
    print_json(document) if as_json else typer.echo(_in_words(document))
    return DONE


def _columns(sex: str | None, age: int | None, answers: Sequence[str]) -> dict[str, str | None]:
    columns: dict[str, str | None] = dict.fromkeys(COLUMNS)
    columns["Sex"] = SEXES[sex] if sex else None
    if age is not None:
        columns["age_cat_fct"] = age_class(date(2000 - age, 1, 1), date(2000, 1, 1))
    for answer in answers:
        name, said, level = answer.partition("=")
        if said and name in GUIDELINE_COLUMNS:
            continue
        if not said or name not in COLUMNS:
            raise ValueError(f"{answer!r}: give COLUMN=LEVEL, where COLUMN is one of {', '.join(COLUMNS)}")
        columns[name] = level or None
    return columns


def _guideline_told(icd: str, answers: Sequence[str]) -> dict[str, str]:
    told = dict(answer.split("=", 1) for answer in answers if answer.partition("=")[0] in GUIDELINE_COLUMNS)
    for name, level in told.items():
        known = guideline_answers(icd, told).get(name, {})
        if level not in known:
            raise ValueError(f"{name}={level}: the guideline tells apart {', '.join(known) or 'nothing'} for {icd}")
    return told


def _match(models: Sequence[Model], icd: str) -> tuple[Model, GroupMatch]:
    for model in models[:-1]:
        try:
            return model, model.match(icd)
        except NoModel:
            continue
    return models[-1], models[-1].match(icd)


def _document(model: Model, match: GroupMatch, features: Features, day: int, told: Mapping[str, str]) -> dict[str, Any]:
    curve, group = model.curve(features), model.group_curve(match)
    given = max(day, FIRST_DAY)
    around = model.detail(features, given_day=given, days=HORIZONS) if isinstance(model, DetailedModel) else None
    return {
        "diagnosis": pretty_icd(match.code),
        "day": day,
        "model": {
            "id": model.id,
            "version": model.version,
            "basis": model.basis_en,
            "simulated": model.simulated,
            "reviewed": model.reviewed,
        },
        "group": {
            "key": match.key,
            "level": match.level.value,
            "cases": model.cases(match),
            "leans_on": around.leans_on if around else None,
        },
        "given_day": given,
        "figures_until": LAST_DAY,
        "curve": _points(curve, given),
        "curve_from_day_15": _points(curve, FIRST_DAY),
        "risk": _risks(curve, day),
        "group_risk": _risks(group, day),
        "national": _national(model, match, day),
        **_around(around),
        "guideline": _recommended(match.code, day, told),
        "note": None,
    }


def _recommended(icd: str, day: int, told: Mapping[str, str]) -> dict[str, Any] | None:
    """The guideline's recommended maximum; null when none is held for the diagnosis."""
    found = guideline_told(icd, told)
    if found is None:
        return None
    return {
        "code": pretty_icd(found.code),
        "edition": EDITION,
        "shortest_days": found.shortest,
        "longest_days": found.longest,
        "open_ended": found.open_ended,
        "depends_on": list(depends_on(found)),
        "answers": {name: list(levels) for name, levels in guideline_answers(icd, told).items()},
        "days_over": days_over(found, day),
        "words": against(found, day).en,
    }


def _points(curve: Curve, given: int) -> list[dict[str, Any]]:
    """Share still on leave among those on leave on `given`, from 1.0 on that day; empty after the last day told."""
    return [{"day": at, "share": round(share, 4)} for at, share in curve.points(given) if at in (given, *CURVE_DAYS)]


def _national(model: Model, match: GroupMatch, day: int) -> dict[str, Any] | None:
    """The counted national figures beside a model's; null when the figures are national ones themselves."""
    found = beside(model, match)
    if found is None:
        return None
    group = {"key": found.match.key, "level": found.match.level.value, "cases": NATIONAL_2017.cases(found.match)}
    return {"group": group, "source": NATIONAL_2017.basis_en, "risk": _risks(found.curve, day)}


def _risks(curve: Curve, day: int) -> dict[str, dict[str, Any]]:
    return {f"p{horizon}": _risk(curve, horizon, day) for horizon in HORIZONS}


def _risk(curve: Curve, horizon: int, day: int) -> dict[str, Any]:
    if day >= horizon:
        return {"share": None, "passed": True}
    return {"share": round(curve.still_on_leave(horizon, max(day, FIRST_DAY)), 4), "passed": False}


def _around(found: Detail | None) -> dict[str, Any]:
    """Contributions at the nearest horizon, the two intervals of each; empty when the patient does not count."""
    if found is None:
        return {"contributions": [], "intervals": None}
    return {
        "contributions": [
            {"column": row.column, "level": row.level, "value": row.value, "words": contribution(row).en}
            for row in found.horizons[0].contributions
        ],
        "contributions_day": found.horizons[0].day,
        "intervals": {
            f"p{one.day}": {
                "model": [round(one.model.low, 4), round(one.model.high, 4)] if one.model else None,
                "unanswered": [round(one.answers.low, 4), round(one.answers.high, 4)],
            }
            for one in found.horizons
        },
        "percentile": {f"p{one.day}": _place(one.place) for one in found.horizons},
        "remaining_days": {
            "quarter": found.remaining.quarter,
            "median": found.remaining.half,
            "three_quarters": found.remaining.three_quarters,
        },
        "questions": [{"column": one.column, "movement": round(one.movement, 4)} for one in found.questions],
        "bands": [{"rule": one.rule, "version": one.version, "band": one.band, "to": one.to} for one in found.bands],
        "accuracy": {
            f"p{one.day}": {
                "auc": one.accuracy.auc,
                "slope": one.accuracy.slope,
                "simulated": one.accuracy.simulated,
                "answered": one.accuracy.answered,
            }
            for one in found.horizons
            if one.accuracy
        },
    }


def _place(found: Place) -> dict[str, Any]:
    """Where nine of ten lie who answer the open questions; one place only when they leave nothing open."""
    low, high = round(found.low, 4), round(found.high, 4)
    return {"share": low if low == high else None, "low": low, "high": high, "placed": placed(found)}


def _in_words(document: dict[str, Any]) -> str:
    group = document["group"]
    from_group = f", from its group {group['leans_on']}" if group["leans_on"] else ""
    lines = [
        f"{document['diagnosis']}, day {document['day']}: {group['key']} ({group['level']}), "
        f"{group['cases']} cases{from_group}"
    ]
    for name, risk in document["risk"].items():
        said = "passed" if risk["passed"] else f"{round(100 * risk['share'])} of 100 similar cases"
        lines.append(f"  still on sick leave on day {name[1:]}: {said}")
    if document["day"] >= document["figures_until"]:
        lines.append(f"  no figure: the figures reach to day {document['figures_until']}")
    lines += [f"    {row['words']}" for row in document["contributions"]]
    lines.append(document["model"]["basis"])
    if document["note"]:
        lines.append(document["note"])
    return "\n".join(lines)


def scored_rows(rows: Path, out: Path, *, as_json: bool, model: str | None = None) -> int:
    """Score a CSV of cases; a row that cannot be scored gets empty figures and is named on stderr."""
    wrong = 0
    try:
        models = chosen(model)
        with rows.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            header = reader.fieldnames or ()
            if faults := header_faults(header):
                typer.echo("\n".join(f"{rows}: {fault}" for fault in faults), err=True)
                return REFUSED
            if unused := [name for name in header if name not in READ]:
                typer.echo(f"{rows}: not used: {', '.join(unused)}", err=True)
            with out.open("w", encoding="utf-8", newline="") as target:
                writer = csv.writer(target, lineterminator="\n")
                writer.writerow(HEADER)
                counts: Counter[int] = Counter()
                for name, figures, fault in scored(reader, models, counts):
                    if fault:
                        wrong += 1
                        typer.echo(f"{rows}: {fault}", err=True)
                    writer.writerow([name, *figures])
        for said in answered_by(models, counts):
            typer.echo(f"{rows}: {said}", err=True)
        if as_json:
            by = [
                {"id": models[at].id, "version": models[at].version, "rows": count}
                for at, count in sorted(counts.items())
            ]
            print_json({"out": str(out), "answered_by": by, "without_figures": wrong})
    except (OSError, UnicodeDecodeError, csv.Error, ModelFileFault, ModelsDamaged) as fault:
        typer.echo(f"{rows}: {fault}", err=True)
        return REFUSED
    return REFUSED if wrong else DONE

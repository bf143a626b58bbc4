"""The long proofs of the risk models; each writes docs/measured/risk_<name>.json with commit and seed.

    python -m bench.full_risk levels accuracy served coverage moved misspecified

Source: what each figure must be stands in docs/explanation/risk.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.full_coverage import coverage
from bench.full_holes import holes
from bench.full_verbs import bench, million, region
from bench.served import served
from risk.columns import LEVELS, group_of, key_questions
from risk.evaluation.calibration import calibration
from risk.evaluation.discrimination import auc
from risk.evaluation.folder import write_cards
from risk.evaluation.measure import evaluated
from risk.evaluation.sides import own_codes
from risk.model_set import shipped_set
from risk.statistics import national_figures
from risk.training.fit import fit_key
from risk.training.persons import FIRST_START, lengths, unit_ratios
from risk.training.rows import CaseRows
from risk.training.simulate import Rows, join, lasting, simulated
from risk.training.truth import (
    level_of,
    make_truth,
    published_effects,
    published_reference,
    sub_shares,
    truth,
)

OUT = Path(__file__).parent.parent / "docs" / "measured"
CARDS = OUT.parent / "reference" / "models"
DAYS = (90, 180, 365)
Found = dict[str, Any]


def levels(per_group: int = 100_000, seed: int = 101) -> Found:
    """Shares still on leave, simulated at units that differ, against the national ones."""
    rows, worst, ratios = [], 0.0, unit_ratios(seed)
    for group in sorted({group_of(key) for key in key_questions()}):
        shares = sub_shares(group)
        parts = [
            join(list(simulated(round(per_group * share), seed, keys=[key], censored=0.0)))
            for key, share in shares.items()
            if share > 0
        ]
        answers = join(parts)
        random = np.random.default_rng([seed, len(rows)])
        ends = random.exponential(size=len(answers)) / ratios[random.integers(0, len(ratios), len(answers))]
        days = lengths(answers, ends)
        for day in (30, 90, 180, 365):
            said, is_ = float((days >= day).mean()), national_figures()[group].curve.at(day)
            worst = max(worst, abs(said - is_))
            rows.append({"group": group, "day": day, "simulated": round(said, 4), "national": round(is_, 4)})
    return {"seed": seed, "cases_per_group": per_group, "largest_difference": round(worst, 4), "rows": rows}


def tables(seed: int = 20260) -> Found:
    """The shipped set against the source tables: effects at day 90, reference profiles."""
    effects, reference = [], []
    for key in key_questions():
        model = shipped_set().model(key)
        base = np.zeros((1, len(model.names)), dtype=int)
        for (column, level), points in published_effects(key).items():
            row = base.copy()
            row[0, model.names.index(column)] = LEVELS[column].index(level)
            change = 100 * float((model.survival(row, (90,)) - model.survival(base, (90,)))[0, 0])
            effects.append(
                {"key": key, "column": column, "level": level, "fitted": round(change, 2), "published": points}
            )
        for day, share in published_reference(key).items():
            said = float(model.survival(base, (day,))[0, 0])
            reference.append({"key": key, "day": day, "fitted": round(said, 4), "published": share})
    off = np.array([abs(one["fitted"] - one["published"]) for one in effects])
    away = np.array([abs(one["fitted"] - one["published"]) for one in reference])
    m17 = np.array([one["key"] == "M17" for one in reference])
    return {
        "seed": seed,
        "effects": {"mean_abs_points": round(float(off.mean()), 3), "largest_points": round(float(off.max()), 3)},
        "reference": {
            "median_abs": round(float(np.median(away)), 4),
            "largest_but_M17": round(float(away[~m17].max()), 4),
            "largest_M17": round(float(away[m17].max()), 4),
        },
        "effect_rows": effects,
        "reference_rows": reference,
    }


def accuracy(per_key: int = 300_000, seed: int = 202) -> Found:
    """Calibration and AUC per key on fresh cases, beside those of the simulation's own probabilities."""
    rows = []
    for key in key_questions():
        model, known = shipped_set().model(key), truth(key)
        cases = join(list(simulated(per_key, seed, keys=[key], censored=0.0)))
        codes = own_codes(cases, model)
        said, true = model.survival(codes, DAYS), known.survival(codes, DAYS)
        row: Found = {"key": key}
        for place, day in enumerate(DAYS):
            longer = cases.days >= day
            fit = calibration(said[:, place], longer)
            row[str(day)] = {
                "slope": round(fit.slope, 4),
                "intercept": round(fit.intercept, 4),
                "auc": round(auc(said[:, place], longer), 4),
                "auc_truth": round(auc(true[:, place], longer), 4),
            }
        rows.append(row)
    at_90 = [row["90"] for row in rows]
    truths = [one["auc_truth"] for one in at_90]
    return {
        "seed": seed,
        "cases_per_key": per_key,
        "slope_90": [min(one["slope"] for one in at_90), max(one["slope"] for one in at_90)],
        "slope_180": [min(row["180"]["slope"] for row in rows), max(row["180"]["slope"] for row in rows)],
        "slope_365": [min(row["365"]["slope"] for row in rows), max(row["365"]["slope"] for row in rows)],
        "auc_truth_90": {"min": min(truths), "median": float(np.median(truths)), "max": max(truths)},
        "auc_behind_truth_90": round(max(one["auc_truth"] - one["auc"] for one in at_90), 4),
        "auc_ahead_of_truth_90": round(max(one["auc"] - one["auc_truth"] for one in at_90), 4),
        "rows": rows,
    }


def moved(cases: int = 60_000, seed: int = 404) -> Found:
    """One effect changed in the simulation, trained again: does the fitted effect follow?"""
    rows = []
    for key, pair, points in (
        ("F32", ("SA_SyssStart_fct", "unemp"), -10.0),
        ("M17", ("NoCareAtStart", "CareAtStart"), 0.0),
        ("S82", ("SA_ExtentFirst", "0.5"), 12.0),
    ):
        changed = make_truth(key, level_of(key), {**published_effects(key), pair: points})
        fitted = []
        for model in (truth(key), changed):
            found = fit_key(join(list(simulated(cases, seed, keys=[key], model=model))), key, draws=0)
            both = np.zeros((2, len(found.names)), dtype=int)
            both[1, found.names.index(pair[0])] = LEVELS[pair[0]].index(pair[1])
            fitted.append(round(100 * float(np.diff(found.survival(both, (90,))[:, 0])[0]), 2))
        rows.append(
            {
                "key": key,
                "answer": "=".join(pair),
                "simulated_before": published_effects(key)[pair],
                "fitted_before": fitted[0],
                "simulated_after": points,
                "fitted_after": fitted[1],
            }
        )
    return {"seed": seed, "cases": cases, "rows": rows}


def misspecified(cases: int = 100_000, seed: int = 505) -> Found:
    """A simulation of another form than the model's: what calibration results, on fresh cases of that form."""
    rows = []
    for key in ("F32", "M54", "S82"):
        for form, make in (("frailty", _frail), ("odds", _odds)):
            model = fit_key(make(key, cases, seed), key, draws=0)
            fresh = make(key, cases, seed + 1)
            said = model.survival(own_codes(fresh, model), DAYS)
            row: Found = {"key": key, "form": form}
            for place, day in enumerate(DAYS):
                fit = calibration(said[:, place], fresh.days >= day)
                row[str(day)] = {"slope": round(fit.slope, 4), "intercept": round(fit.intercept, 4)}
            rows.append(row)
    return {
        "seed": seed,
        "cases": cases,
        "forms": {
            "frailty": "every case's hazard times a gamma value with mean 1 and variance 0.5",
            "odds": "answers act on the odds of staying (proportional odds) instead of the hazard",
        },
        "rows": rows,
    }


def _frail(key: str, cases: int, seed: int) -> Rows:
    rows = join(list(simulated(cases, seed, keys=[key], censored=0.0)))
    random = np.random.default_rng([seed, 1])
    codes = rows.codes[:, [tuple(LEVELS).index(name) for name in truth(key).answers.columns]]
    thresholds = random.exponential(size=len(rows)) / random.gamma(2.0, 0.5, len(rows))
    return _lasting(rows, lasting(truth(key), codes, thresholds))


def _odds(key: str, cases: int, seed: int) -> Rows:
    rows = join(list(simulated(cases, seed, keys=[key], censored=0.0)))
    random = np.random.default_rng([seed, 2])
    known = truth(key)
    codes = rows.codes[:, [tuple(LEVELS).index(name) for name in known.answers.columns]]
    at_90 = known.survival(codes, (90,))[:, 0]
    base = float(known.answers.weights @ known.survival(known.answers.codes, (90,))[:, 0])
    shift = np.log(at_90 / (1 - at_90)) - np.log(base / (1 - base))
    days = np.arange(15, 551)
    mean = known.answers.weights @ known.survival(known.answers.codes, tuple(days.tolist()))
    odds = np.log(np.maximum(mean, 1e-9) / np.maximum(1 - mean, 1e-9))
    draw = random.logistic(size=len(rows))
    place = np.searchsorted(-odds, shift - draw, side="right")
    return _lasting(rows, days[np.clip(place - 1, 0, len(days) - 1)])


def _lasting(rows: Rows, days: np.ndarray[Any, Any]) -> Rows:
    return replace(rows, days=np.minimum(days, 550).astype(np.int32), ended=days < 550)


def shipped(per_key: int = 6_000, seed: int = 606) -> Found:
    """The shipped set evaluated as any other on fresh cases, a tenth of them cut off; writes its cards."""
    rows = join(list(simulated(per_key * len(key_questions()), seed, keys=list(key_questions()))))
    names = tuple(f"made-up-{seed}-{number}" for number in range(len(rows)))
    begun = np.random.default_rng(seed).integers(0, 730, len(rows)).tolist()
    cases = CaseRows(rows, names, tuple(FIRST_START + timedelta(days=days) for days in begun), ("",) * len(rows))
    found = evaluated(shipped_set(), cases)
    write_cards(CARDS, shipped_set(), found)
    return {"seed": seed, "cases_per_key": per_key, **found}


PROOFS: dict[str, Callable[[], Found]] = {
    "levels": levels,
    "tables": tables,
    "accuracy": accuracy,
    "served": served,
    "moved": moved,
    "misspecified": misspecified,
    "coverage": coverage,
    "holes": holes,
    "shipped": shipped,
    "million": million,
    "region": region,
    "bench": bench,
}


def run(name: str) -> Found:
    """One proof, written to docs/measured."""
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    began = time.perf_counter()
    found = PROOFS[name]()
    document = {
        "proof": name,
        "commit": commit.stdout.strip(),
        "model_set": shipped_set().id,
        "model_version": shipped_set().version,
        "seconds": round(time.perf_counter() - began, 1),
        **found,
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"risk_{name}.json").write_text(
        json.dumps(document, indent=None if name == "shipped" else 1) + "\n", encoding="utf-8"
    )
    return document


def main() -> int:
    for name in sys.argv[1:] or PROOFS:
        document = run(name)
        short = {
            key: value
            for key, value in document.items()
            if not key.endswith("rows") or (key == "rows" and len(value) < 12)
        }
        print(json.dumps(short), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

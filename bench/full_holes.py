"""Fitting where answers are unknown, against the same cases complete and against the simulation's own truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bench.full_coverage import intervals, patients
from risk.columns import LEVELS
from risk.evaluation.calibration import calibration
from risk.evaluation.effects import effects
from risk.evaluation.sides import own_codes
from risk.hazard_model import HazardModel
from risk.training.fit import fit_key
from risk.training.simulate import Rows, join, simulated
from risk.training.truth import truth

Found = dict[str, Any]
_AGE = tuple(LEVELS).index("age_cat_fct")
_YOUNG = (1, 2)
PATTERNS = {
    "at_random": "each answer unknown with probability 0.3",
    "by_age": "age known; every other answer unknown with probability 0.6 below 40 years, 0.1 from 40",
}


def with_holes(rows: Rows, pattern: str, seed: int) -> Rows:
    """The rows with answers taken away as in PATTERNS."""
    codes, random = rows.codes.copy(), np.random.default_rng([seed, len(pattern)])
    young = np.isin(codes[:, _AGE], _YOUNG)
    gone = np.full(len(rows), 0.3) if pattern == "at_random" else np.where(young, 0.6, 0.1)
    holes = random.random(codes.shape) < gone[:, None]
    holes[:, _AGE] &= pattern == "at_random"
    codes[holes] = -1
    return replace(rows, codes=codes)


def holes(cases: int = 100_000, seed: int = 707) -> Found:
    """Slope against the true probabilities and effects on day 90: fitted complete, with holes, and on what is whole."""
    rows = []
    for key in ("F43", "M54", "S82"):
        complete = join(list(simulated(cases, seed, keys=[key])))
        whole = fit_key(complete, key, draws=0)
        for pattern in PATTERNS:
            holed = with_holes(complete, pattern, seed)
            model = fit_key(holed, key, draws=0)
            left = holed.of((own_codes(holed, whole) >= 0).all(axis=1))
            both = zip(effects(model), effects(whole), strict=True)
            apart = [abs(one.points[0] - other.points[0]) for one, other in both]
            rows.append(
                {
                    "key": key,
                    "holes": pattern,
                    "unknown": round(float((own_codes(holed, whole) < 0).mean()), 3),
                    "whole_cases": len(left),
                    "slope_complete_rows": _slope(whole, key),
                    "slope_with_holes": _slope(model, key),
                    "slope_of_whole_cases_alone": _slope(fit_key(left, key, draws=0), key),
                    "effects_off_complete_rows": {
                        "mean_points": round(float(np.mean(apart)), 2),
                        "largest_points": round(max(apart), 2),
                    },
                }
            )
    return {"seed": seed, "cases": cases, "patterns": PATTERNS, "rows": rows, "coverage": _coverage(seed)}


def _slope(model: HazardModel, key: str) -> float:
    known = truth(key)
    at = [known.answers.columns.index(name) for name in model.names]
    said = model.survival(known.answers.codes[:, at], (90,))[:, 0]
    true = known.survival(known.answers.codes, (90,))[:, 0]
    return round(calibration(said, true, known.answers.weights).slope, 4)


def _coverage(seed: int, *, key: str = "F32", refits: int = 200, cases: int = 4_000, predictions: int = 1_000) -> Found:
    """How often the 90 % interval of a fit with holes holds the true S(90 | x) of a patient of whom all is known."""
    known, held = truth(key), 0
    for refit in range(refits):
        fresh = join(list(simulated(cases, seed + 1 + refit, keys=[key])))
        model = fit_key(with_holes(fresh, "at_random", refit), key, seed=refit)
        codes = patients(known, predictions, seed + 10_000 + refit)
        low, high = intervals(model, codes)
        true = known.survival(codes, (90,))[:, 0]
        held += int(((low <= true) & (true <= high)).sum())
    share = round(held / (refits * predictions), 4)
    return {"key": key, "refits": refits, "cases_per_fit": cases, "predictions": predictions, "coverage": share}

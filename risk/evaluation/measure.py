"""A set measured on rows with known outcome: per key, per group of people, against the national figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from risk.columns import LEVELS, group_of
from risk.evaluation.calibration import brier, calibration, calibration_curve
from risk.evaluation.discrimination import auc, c_index
from risk.evaluation.outcome import Floats, outcome
from risk.model_set import ModelSet
from risk.result import HORIZONS
from risk.statistics import national_figures
from risk.training.simulate import Rows
from risk.unknowns import person_curve

FAIRNESS = ("Sex", "age_cat_fct", "Region", "birth_cat_fct", "edu_cat_fct")
GRID = (30, 60, 90, 120, 180, 240, 300, 365)
_Z95, _FEWEST = 1.959964, 100


@dataclass(frozen=True)
class Risks:
    """S at GRID of every row, float64 (n, len(GRID)), with a name for who says so."""

    name: str
    shares: Floats

    def at(self, day: int) -> Floats:
        """S(day) of every row."""
        result: Floats = self.shares[:, GRID.index(day)]
        return result


def set_risks(models: ModelSet, rows: Rows) -> Risks:
    """What a set says of each row; unknown answers are integrated over, once per pattern of answers."""
    shares = np.full((len(rows), len(GRID)), np.nan)
    order = tuple(LEVELS)
    for key in sorted(set(rows.keys.tolist())):
        match = models.match(key)
        model = models.model(match.key)
        at = np.flatnonzero(rows.keys == key)
        codes = rows.codes[at][:, [order.index(name) for name in model.names]]
        whole = (codes >= 0).all(axis=1)
        shares[at[whole]] = model.survival(codes[whole], GRID)
        patterns, place = np.unique(codes[~whole], axis=0, return_inverse=True)
        curves = [person_curve(model, [None if code < 0 else int(code) for code in row]) for row in patterns]
        if curves:
            shares[at[~whole]] = np.array([[curve.at(day) for day in GRID] for curve in curves])[place.ravel()]
    return Risks(models.id, shares)


def national_risks(rows: Rows) -> Risks:
    """What the national figures say: the same for everyone in a group."""
    found = {
        group: [national_figures()[group].curve.at(day) for day in GRID] for group in {key[:3] for key in rows.keys}
    }
    return Risks("national-2017", np.array([found[group_of(str(key))] for key in rows.keys]))


def at_horizon(risks: Risks, rows: Rows, day: int) -> dict[str, Any]:
    """AUC, Brier score, calibration slope and intercept with 95 % intervals, and the calibration curve."""
    seen = outcome(rows.days, rows.ended, day)
    said, known = risks.at(day), seen.weight > 0
    longer, number = int((seen.longer & known).sum()), int(known.sum())
    if min(longer, number - longer) < 10:
        return {"cases": number, "longer": longer, "too_few": True}
    found, area = calibration(said, seen.longer, seen.weight), auc(said, seen.longer, seen.weight)
    spread = _auc_spread(area, longer, number - longer)
    slope = _slope_spread(said[known], seen.weight[known])
    return {
        "cases": number,
        "longer": longer,
        "auc": _interval(area, spread),
        "brier": round(brier(said, seen.longer, seen.weight), 5),
        "slope": _interval(found.slope, slope),
        "intercept": round(found.intercept, 4),
        "mean_risk": round(float((seen.weight * said).sum() / seen.weight.sum()), 4),
        "share_longer": round(float((seen.weight * seen.longer).sum() / seen.weight.sum()), 4),
        "curve": [[round(a, 4), round(b, 4), n] for a, b, n in calibration_curve(said, seen.longer, seen.weight)],
    }


def measured(risks: Risks, rows: Rows) -> dict[str, Any]:
    """All horizons, the C-index and the integrated Brier score."""
    scores = []
    for day in GRID:
        seen = outcome(rows.days, rows.ended, day)
        scores.append(brier(risks.at(day), seen.longer, seen.weight))
    integrated = float(np.sum((np.array(scores[1:]) + scores[:-1]) / 2 * np.diff(GRID)) / (GRID[-1] - GRID[0]))
    return {
        "cases": len(rows),
        "c_index": round(c_index(risks.at(90), rows.days, rows.ended), 4),
        "integrated_brier": round(integrated, 5),
        **{str(day): at_horizon(risks, rows, day) for day in HORIZONS},
    }


def by_people(risks: Risks, rows: Rows, *, day: int = 90) -> dict[str, dict[str, Any]]:
    """AUC and calibration for each group of at least a hundred people: sex, age, region, birth, education."""
    found: dict[str, dict[str, Any]] = {}
    for name in FAIRNESS:
        place = tuple(LEVELS).index(name)
        for code, level in enumerate(LEVELS[name]):
            at = rows.codes[:, place] == code
            if at.sum() >= _FEWEST:
                one = at_horizon(Risks(risks.name, risks.shares[at]), rows.of(at), day)
                found.setdefault(name, {})[level] = {key: value for key, value in one.items() if key != "curve"}
    return found


def decision_curve(risks: Risks, rows: Rows, *, day: int = 90) -> list[list[float]]:
    """Net benefit of acting on those above a threshold: (threshold, by this model, by acting on everyone)."""
    seen = outcome(rows.days, rows.ended, day)
    total, said = seen.weight.sum(), risks.at(day)
    lines = []
    for threshold in np.arange(0.05, 0.96, 0.05):
        odds = threshold / (1 - threshold)
        above = said >= threshold
        benefit = (seen.weight * above * (seen.longer - odds * ~seen.longer)).sum() / total
        everyone = (seen.weight * (seen.longer - odds * ~seen.longer)).sum() / total
        lines.append([round(float(threshold), 2), round(float(benefit), 4), round(float(everyone), 4)])
    return lines


def evaluated(
    models: ModelSet,
    rows: Rows,
    *,
    progress: Callable[[str], None] | None = None,
    about: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that the report shows, as plain values."""
    sides = (set_risks(models, rows), national_risks(rows))
    own = sides[0]
    keys = {}
    for key in sorted(set(rows.keys.tolist())):
        at = rows.keys == key
        if at.sum() >= _FEWEST:
            keys[key] = {side.name: measured(Risks(side.name, side.shares[at]), rows.of(at)) for side in sides}
        if progress is not None:
            progress(key)
    return {
        "models": {"id": models.id, "version": models.version, "simulated": models.simulated},
        **(about or {}),
        "overall": {side.name: measured(side, rows) for side in sides},
        "people": by_people(own, rows),
        "decision": decision_curve(own, rows),
        "keys": keys,
    }


def _interval(value: float, spread: float) -> list[float]:
    return [round(value, 4), round(value - _Z95 * spread, 4), round(value + _Z95 * spread, 4)]


def _auc_spread(area: float, more: int, less: int) -> float:
    """Standard error of an AUC (Hanley and McNeil 1982)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (more - 1) * (q1 - area**2) + (less - 1) * (q2 - area**2)
    return float(np.sqrt(max(spread, 0) / (more * less)))


def _slope_spread(risk: Floats, weight: Floats) -> float:
    score = np.log(risk / (1 - risk))
    information = weight * risk * (1 - risk)
    mean = (information * score).sum() / information.sum()
    around = float((information * (score - mean) ** 2).sum())
    return float(1 / np.sqrt(around)) if around > 1e-9 else float("inf")

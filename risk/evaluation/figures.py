"""One side's figures on one group of cases: C-index, integrated Brier score, and four more at each horizon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from risk.evaluation.calibration import brier_figure, calibration_curve, calibration_figures
from risk.evaluation.discrimination import auc_figure, c_figure
from risk.evaluation.outcome import Outcome, outcome
from risk.evaluation.sides import GRID, Risks
from risk.evaluation.spread import Figure, Persons
from risk.result import HORIZONS
from risk.training.simulate import Rows

Name = tuple[str, str]
OVERALL = "overall"
FEWEST_OF_EACH = 10
_RANKED_AT = 90


def figures(side: Risks, rows: Rows) -> dict[Name, Figure]:
    """(overall or horizon, name) -> figure; a horizon that fewer than ten cases reached, or missed, is left out."""
    seen = {day: outcome(rows.days, rows.ended, day) for day in GRID}
    found: dict[Name, Figure] = {
        (OVERALL, "c_index"): c_figure(side.at(_RANKED_AT), rows.days, rows.ended),
        (OVERALL, "integrated_brier"): _integrated_brier(side, seen),
    }
    for day in HORIZONS:
        one = seen[day]
        if _enough(one):
            risk = side.at(day)
            slope, intercept = calibration_figures(risk, one.longer, one.weight)
            found |= {
                (str(day), "auc"): auc_figure(risk, one.longer, one.weight),
                (str(day), "brier"): brier_figure(risk, one.longer, one.weight),
                (str(day), "slope"): slope,
                (str(day), "intercept"): intercept,
            }
    return found


def said(
    found: Mapping[Name, Figure], persons: Persons, side: Risks | None = None, rows: Rows | None = None
) -> dict[str, Any]:
    """The figures as [value, low, high]; with `side` and `rows` also the calibration curve and the cases."""
    document: dict[str, Any] = {
        name: figure.interval(persons) for (where, name), figure in found.items() if where == OVERALL
    }
    for day in map(str, HORIZONS):
        own = {name: figure.interval(persons) for (where, name), figure in found.items() if where == day}
        if side is not None and rows is not None:
            own |= _beside(side, rows, int(day))
        document[day] = own
    return document if rows is None else {"cases": len(rows), **document}


def _beside(side: Risks, rows: Rows, day: int) -> dict[str, Any]:
    seen, risk = outcome(rows.days, rows.ended, day), side.at(day)
    known = seen.weight > 0
    beside: dict[str, Any] = {"cases": int(known.sum()), "longer": int((seen.longer & known).sum())}
    if not _enough(seen):
        return {**beside, "too_few": True}
    total = seen.weight.sum()
    curve = calibration_curve(risk, seen.longer, seen.weight)
    return {
        **beside,
        "mean_risk": round(float((seen.weight * risk).sum() / total), 4),
        "share_longer": round(float((seen.weight * seen.longer).sum() / total), 4),
        "curve": [
            [*(round(one, 4) for one in (point.said, point.came_true, point.low, point.high)), point.cases]
            for point in curve
        ],
    }


def _enough(seen: Outcome) -> bool:
    known = seen.weight > 0
    longer = int((seen.longer & known).sum())
    return min(longer, int(known.sum()) - longer) >= FEWEST_OF_EACH


def _integrated_brier(side: Risks, seen: Mapping[int, Outcome]) -> Figure:
    """Mean of the Brier score between the first and the last day of the grid, by trapezoids."""
    days = np.array(GRID, float)
    width = np.diff(days)
    parts = (np.append(width, 0) + np.append(0, width)) / 2 / (days[-1] - days[0])
    scores = [brier_figure(side.at(day), seen[day].longer, seen[day].weight) for day in GRID]
    value = sum(part * score.value for part, score in zip(parts, scores, strict=True))
    pull = np.sum([part * score.pull for part, score in zip(parts, scores, strict=True)], axis=0)
    return Figure(float(value), pull)

"""How strongly a fit is held back, chosen inside the cases it is made from: few cases need more."""

from __future__ import annotations

import numpy as np

from risk.evaluation.calibration import brier
from risk.evaluation.outcome import outcome
from risk.evaluation.sides import GRID, model_risks
from risk.training.fit import Strength, fit_set
from risk.training.simulate import Rows

SCALES = (1.0, 0.5, 0.25, 0.12)
ENOUGH_PER_KEY = 5_000
_INSIDE = 0.75


def chosen_scale(rows: Rows, *, seed: int) -> float:
    """The scale of the priors that tells a quarter of the cases best from the other three; 1 when cases are many.

    Args:
        rows: cases of the keys that are fitted.
        seed: of the quarter.
    """
    if len(rows) > ENOUGH_PER_KEY * len(set(rows.keys.tolist())):
        return 1.0
    inside = np.random.default_rng([seed, 4]).random(len(rows)) < _INSIDE
    known = np.isin(rows.keys, rows.keys[inside])
    own, seen = rows.of(inside), rows.of(~inside & known)
    if not len(seen):
        return 1.0
    return min(SCALES, key=lambda scale: _missed(own, seen, scale))


def _missed(own: Rows, seen: Rows, scale: float) -> float:
    """Mean Brier score over the days, of models fitted with this scale."""
    risks = model_risks("-", fit_set(own, draws=0, strength=Strength().scaled(scale)).models, seen)
    known = [(day, outcome(seen.days, seen.ended, day)) for day in GRID]
    return float(np.mean([brier(risks.at(day), one.longer, one.weight) for day, one in known]))

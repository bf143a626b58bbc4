"""From rows to a model set with its measured accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from risk.diagnoses import find_key
from risk.evaluation.calibration import calibration
from risk.evaluation.discrimination import auc
from risk.evaluation.outcome import outcome
from risk.evaluation.sides import own_codes
from risk.hazard_model import Floats, HazardModel
from risk.result import HORIZONS
from risk.score_rows import survival_of_rows
from risk.training.fit import FittedSet, fit_set
from risk.training.simulate import Rows, join, simulated

FEWEST_OF_EACH = 30
Progress = Callable[[str, int, int], None]
SIMULATED_ABOUT: dict[str, str | bool] = {
    "id": "simulated-2026",
    "version": "1",
    "name_sv": "Provmodell på påhittade fall",
    "name_en": "Trial model on made-up cases",
    "basis_sv": "Anpassad till påhittade fall som följer nationella siffror för 2017. "
    "Inte för vård förrän en region har tränat och utvärderat en egen modell.",
    "basis_en": "Fitted on made-up cases that follow the national figures of 2017. "
    "Not for care until a region has trained and evaluated its own.",
    "simulated": True,
}


def simulated_rows(keys: tuple[str, ...], per_key: int, seed: int, *, censored: float = 0.1) -> Rows:
    """Made-up cases, about as many of each key."""
    return join(list(simulated(per_key * len(keys), seed, keys=keys, censored=censored)))


def with_accuracy(models: Mapping[str, HazardModel], held_out: Rows) -> dict[str, HazardModel]:
    """The models with their AUC, calibration slope and intercept on cases that they were not fitted on.

    Each case counts for the key that answers for it.
    """
    answering = {key: find_key(key, models) for key in set(held_out.keys.tolist())}
    answered = np.array([answering[key] for key in held_out.keys.tolist()], dtype=object)
    measured = {}
    for key, model in models.items():
        rows = held_out.of(answered == key)
        measured[key] = replace(model, accuracy=accuracy(model, rows)) if len(rows) else model
    return measured


def accuracy(model: HazardModel, rows: Rows) -> dict[str, dict[str, float]]:
    """Horizon -> auc, slope, intercept, cases; without the horizons that too few cases reached, or too few did not.

    Unknown answers are integrated over, as when a patient is shown; "answered" says which share was known.
    """
    codes = own_codes(rows, model)
    return accuracy_of(survival_of_rows(model, codes, HORIZONS), rows, answered=float((codes >= 0).mean()))


def accuracy_of(risks: Floats, rows: Rows, *, answered: float) -> dict[str, dict[str, float]]:
    """As `accuracy`, from the risks at each horizon that were said of the rows."""
    found = {}
    for place, day in enumerate(HORIZONS):
        seen = outcome(rows.days, rows.ended, day)
        longer, known = int((seen.longer & (seen.weight > 0)).sum()), int((seen.weight > 0).sum())
        if min(longer, known - longer) < FEWEST_OF_EACH:
            continue
        fit = calibration(risks[:, place], seen.longer, seen.weight)
        found[str(day)] = {
            "auc": round(auc(risks[:, place], seen.longer, seen.weight), 4),
            "slope": round(fit.slope, 4),
            "intercept": round(fit.intercept, 4),
            "cases": float(len(rows)),
            "answered": round(answered, 4),
        }
    return found


def make_set(rows: Rows, held_out: Rows, *, seed: int, draws: int = 200, progress: Progress | None = None) -> FittedSet:
    """Fit every key that has cases, and measure it."""
    found = fit_set(rows, seed=seed, draws=draws, progress=progress)
    return FittedSet(with_accuracy(found.models, held_out), found.groups)

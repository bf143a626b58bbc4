"""Recalibration alone: a set's level per key moved to a region's own cases, its effects left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from risk.diagnoses import find_key
from risk.evaluation.sides import own_codes
from risk.hazard_model import Draws, Floats, HazardModel
from risk.result import HORIZONS
from risk.score_rows import survival_of_rows
from risk.training.make_set import accuracy_of
from risk.training.persons import made_up
from risk.training.rows import CaseRows
from risk.training.simulate import Rows

FEWEST_ENDS = 50
SEED = 1
_STEPS, _FOLDS = 3, 5


def recalibrated(models: Mapping[str, HazardModel], cases: CaseRows) -> tuple[dict[str, HazardModel], dict[str, float]]:
    """The models with one number added to each key's log hazards.

    Args:
        models: by key.
        cases: the region's own; each counts for the key that answers for it, unknown answers are integrated over, as
            when a patient is shown.

    Returns:
        The models, and what each key was moved by; a key with fewer than 50 ends seen stays and is left out. The draws
        carry the level's own error, about 1 / sqrt(ends): few cases give wide intervals. The accuracy is that on these
        cases, each fifth of the persons by a level moved to the other four; it says whether they were made up.

    Source: maximum likelihood of a common shift of Poisson hazards: log(ends seen / ends expected), with the variance
        1 / ends seen; with unknown answers the cumulative hazard of the mixture, -log S, is what is expected.
    """
    found, moved = dict(models), {}
    answering = {key: find_key(key, models) for key in set(cases.rows.keys.tolist())}
    answered = np.array([answering[key] for key in cases.rows.keys.tolist()], dtype=object)
    for key, model in models.items():
        own = cases.of(answered == key)
        if _ends(model, own.rows).sum() < FEWEST_ENDS:
            continue
        moved[key], expected = _shift(model, own.rows)
        found[key] = replace(
            model,
            intercept=model.intercept + moved[key],
            draws=_widened(model.draws, int(_ends(model, own.rows).sum())),
            cases=len(own),
            accuracy=_accuracy(model, moved[key], expected, own),
        )
    return found, moved


def _shift(model: HazardModel, rows: Rows) -> tuple[float, Floats]:
    """The shift under which as many ends are expected as were seen, and each case's; one step when all is known."""
    shift, ends = 0.0, _ends(model, rows).sum()
    for _ in range(_STEPS):
        expected = _expected(replace(model, intercept=model.intercept + shift), rows)
        shift += float(np.log(ends / expected.sum()))
    return shift, expected * ends / expected.sum()


def _accuracy(model: HazardModel, shift: float, expected: Floats, cases: CaseRows) -> dict[str, dict[str, float]]:
    """Each fifth of the persons measured with the level of the other four."""
    rows, codes = cases.rows, own_codes(cases.rows, model)
    ends, risks = _ends(model, rows), np.empty((len(rows), len(HORIZONS)))
    fold = np.random.default_rng(SEED).permutation(len(rows))[cases.person_numbers] % _FOLDS
    for number in range(_FOLDS):
        mine = fold == number
        other = shift + float(np.log(max(ends[~mine].sum(), 0.5) / max(expected[~mine].sum(), 0.5)))
        risks[mine] = survival_of_rows(replace(model, intercept=model.intercept + other), codes[mine], HORIZONS)
    found = accuracy_of(risks, rows, answered=float((codes >= 0).mean()))
    return {day: {**said, "simulated": made_up(cases)} for day, said in found.items()}


def _ends(model: HazardModel, rows: Rows) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = rows.ended & (rows.days < model.last_day)
    return result


def _widened(draws: Draws | None, ends: int) -> Draws | None:
    """The draws with the error of the new level in each."""
    if draws is None:
        return None
    error = np.random.default_rng(SEED).normal(0.0, 1 / np.sqrt(ends), draws.count)
    return replace(draws, intercept=draws.intercept + (error - error.mean())[:, None])


def _expected(model: HazardModel, rows: Rows) -> Floats:
    """Ends that the model expects of each case in the days that it was seen."""
    codes, expected = own_codes(rows, model), np.empty(len(rows))
    until = np.minimum(rows.days + 0.5 * rows.ended, model.last_day)
    for day in np.unique(until):
        expected[until == day] = -np.log(survival_of_rows(model, codes[until == day], (float(day),))[:, 0])
    return expected

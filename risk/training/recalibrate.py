"""Recalibration alone: a set's level per key moved to a region's own cases, its effects left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from risk.columns import LEVELS
from risk.hazard_model import Draws, HazardModel
from risk.score_rows import survival_of_rows
from risk.training.simulate import Rows

FEWEST_ENDS = 50
SEED = 1
_STEPS = 3


def recalibrated(models: Mapping[str, HazardModel], rows: Rows) -> tuple[dict[str, HazardModel], dict[str, float]]:
    """The models with one number added to each key's log hazards.

    Args:
        models: by key.
        rows: the region's cases; unknown answers are integrated over, as when a patient is shown.

    Returns:
        The models, and what each key was moved by; a key with fewer than 50 ends seen stays and is left out. The draws
        carry the level's own error, about 1 / sqrt(ends): few cases give wide intervals.

    Source: maximum likelihood of a common shift of Poisson hazards: log(ends seen / ends expected), with the variance
        1 / ends seen; with unknown answers the cumulative hazard of the mixture, -log S, is what is expected.
    """
    found, moved = dict(models), {}
    for key, model in models.items():
        own = rows.of(rows.keys == key)
        ends = int((own.ended & (own.days < model.last_day)).sum())
        if ends < FEWEST_ENDS:
            continue
        moved[key] = _shift(model, own, ends)
        found[key] = replace(
            model,
            intercept=model.intercept + moved[key],
            draws=_widened(model.draws, ends),
            cases=len(own),
            accuracy={},
        )
    return found, moved


def _shift(model: HazardModel, rows: Rows, ends: int) -> float:
    """The shift under which as many ends are expected as were seen; one step where every answer is known."""
    shift = 0.0
    for _ in range(_STEPS):
        shifted = replace(model, intercept=model.intercept + shift)
        shift += float(np.log(ends / _expected(shifted, rows)))
    return shift


def _widened(draws: Draws | None, ends: int) -> Draws | None:
    """The draws with the error of the new level in each."""
    if draws is None:
        return None
    error = np.random.default_rng(SEED).normal(0.0, 1 / np.sqrt(ends), draws.count)
    return replace(draws, intercept=draws.intercept + (error - error.mean())[:, None])


def _expected(model: HazardModel, rows: Rows) -> float:
    """Ends that the model expects in the days that the cases were seen."""
    codes = rows.codes[:, [tuple(LEVELS).index(name) for name in model.names]]
    until = np.minimum(rows.days + 0.5 * rows.ended, model.last_day)
    expected = 0.0
    for day in np.unique(until):
        expected -= float(np.log(survival_of_rows(model, codes[until == day], (float(day),))).sum())
    return expected

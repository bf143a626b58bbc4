"""Recalibration alone: a set's level per key moved to a region's own cases, its effects left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from risk.columns import LEVELS
from risk.hazard_model import HazardModel
from risk.training.simulate import Rows
from risk.training.splits import complete

FEWEST_ENDS = 50


def recalibrated(models: Mapping[str, HazardModel], rows: Rows) -> tuple[dict[str, HazardModel], dict[str, float]]:
    """The models with one number added to each key's log hazards.

    Args:
        models: by key.
        rows: the region's cases; those with an unknown answer that the key uses are left out.

    Returns:
        The models, and what each key was moved by; a key with fewer than 50 ends seen stays and is left out.

    Source: maximum likelihood of a common shift of Poisson hazards: log(ends seen / ends expected).
    """
    found, moved = dict(models), {}
    for key, model in models.items():
        own = complete(rows.of(rows.keys == key), model.names)
        ends = int((own.ended & (own.days < model.last_day)).sum())
        if ends < FEWEST_ENDS:
            continue
        moved[key] = float(np.log(ends / _expected(model, own)))
        found[key] = replace(model, intercept=model.intercept + moved[key], cases=len(own), accuracy={})
    return found, moved


def _expected(model: HazardModel, rows: Rows) -> float:
    """Ends that the model expects in the days that the cases were seen."""
    codes = rows.codes[:, [tuple(LEVELS).index(name) for name in model.names]]
    until = np.minimum(rows.days + 0.5 * rows.ended, model.last_day)
    left, right = np.array(model.breaks[:-1], float), np.array(model.breaks[1:], float)
    spent = np.clip(until[:, None], left, right) - left
    return float((np.exp(model.log_hazards(codes)) * spent).sum())

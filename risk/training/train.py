"""Training on rows: every key with enough cases, measured on other persons, written as a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from risk.columns import LEVELS, SENSITIVE, key_columns
from risk.errors import RiskFault
from risk.evaluation.discrimination import auc
from risk.evaluation.outcome import outcome
from risk.hazard_model import HazardModel
from risk.result import HORIZONS
from risk.training.export import write_set
from risk.training.fit import fit_set
from risk.training.make_set import Progress, with_accuracy
from risk.training.rows import complete
from risk.training.simulate import Rows, join

FEWEST_CASES = 200


@dataclass
class TooFew(RiskFault):
    """No key has enough complete cases."""

    needed: int

    def __str__(self) -> str:
        return f"no diagnosis key has {self.needed} cases with every answer known"


def train(
    rows: Rows,
    held_out: Rows,
    out: Path,
    *,
    about: Mapping[str, str | bool],
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Fit, measure and write a set.

    Cases with an unknown answer in a column that their key uses are left out of the fit, and of its measures here.
    A key with fewer than 200 complete cases gets no model: its codes are answered by the group or the national figures.

    Returns:
        What was done: keys, left out, cost of leaving out the sensitive columns.

    Raises:
        TooFew: no key has enough cases.
    """
    parts, left_out = {}, {}
    for key in sorted(set(rows.keys.tolist())):
        whole = complete(rows.of(rows.keys == key), key_columns(key))
        if len(whole) >= FEWEST_CASES:
            parts[key] = whole
        else:
            left_out[key] = len(whole)
    if not parts:
        raise TooFew(FEWEST_CASES)
    used = join(list(parts.values()))
    seen = _complete_of(held_out, parts)
    models = with_accuracy(fit_set(used, seed=seed, progress=progress).models, seen)
    plain = fit_set(_without_sensitive(used), seed=seed, draws=0).models
    cost = _cost(models, plain, seen)
    made = {
        "seed": seed,
        "cases": len(rows),
        "complete": len(used),
        "held_out": len(held_out),
        "without_sensitive": cost,
    }
    write_set(out, models, about=about, made=made)
    return {
        "keys": {key: model.accuracy for key, model in models.items()},
        "left_out": left_out,
        "without_sensitive": cost,
    }


def _complete_of(rows: Rows, parts: Mapping[str, Rows]) -> Rows:
    return join([complete(rows.of(rows.keys == key), key_columns(key)) for key in parts])


def _without_sensitive(rows: Rows) -> Rows:
    """Birth country, education and region set to one level: the fit cannot use them."""
    codes = rows.codes.copy()
    codes[:, [tuple(LEVELS).index(name) for name in SENSITIVE]] = 0
    return replace(rows, codes=codes)


def _cost(
    models: Mapping[str, HazardModel], plain: Mapping[str, HazardModel], rows: Rows
) -> dict[str, dict[str, float]]:
    """AUC with and without the sensitive columns, mean over keys weighed by cases."""
    found: dict[str, dict[str, float]] = {}
    for day in HORIZONS:
        sums = np.zeros(3)
        for key, model in models.items():
            own = rows.of(rows.keys == key)
            if not len(own):
                continue
            seen = outcome(own.days, own.ended, day)
            places = [tuple(LEVELS).index(name) for name in model.names]
            both = [
                auc(one.survival(kept.codes[:, places], (day,))[:, 0], seen.longer, seen.weight)
                for one, kept in ((model, own), (plain[key], _without_sensitive(own)))
            ]
            if np.isfinite(both).all():
                sums += np.array([both[0], both[1], 1.0]) * len(own)
        if sums[2]:
            means = (sums / sums[2]).tolist()
            found[str(day)] = {"with": round(means[0], 4), "without": round(means[1], 4)}
    return found

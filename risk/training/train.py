"""Training on rows: every key with enough cases, measured on cases held out, written as a set with its evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from risk.columns import LEVELS, SENSITIVE, key_columns
from risk.errors import RiskFault
from risk.evaluation.folder import write_evaluation
from risk.evaluation.measure import evaluated
from risk.evaluation.sides import REFITTED, Risks, model_risks, risks_in_force
from risk.hazard_model import HazardModel
from risk.model_set import ModelSet, load_set
from risk.result import HORIZONS
from risk.survival import Model
from risk.training.export import write_set
from risk.training.fit import Strength, fit_set
from risk.training.make_set import Progress, with_accuracy
from risk.training.rows import CaseRows
from risk.training.simulate import Rows, join
from risk.training.splits import complete
from risk.training.strength import chosen_scale

FEWEST_CASES = 200


@dataclass
class TooFew(RiskFault):
    """No key has enough complete cases, or none was held out to measure on."""

    needed: int

    def __str__(self) -> str:
        return f"no diagnosis key has {self.needed} cases with every answer known, and cases held out to measure on"


def train(
    fit_on: CaseRows,
    held_out: CaseRows,
    out: Path,
    *,
    about: Mapping[str, str | bool],
    made: Mapping[str, object],
    seed: int,
    against: tuple[str, Sequence[Model]] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Fit, measure and write a set, with evaluation.json, report.html and a card per diagnosis beside it.

    Cases with an unknown answer in a column that their key uses are left out of the fit; the measures take them in.
    A key with fewer than 200 complete cases gets no model: its codes are answered by the group or the national figures.

    Args:
        fit_on, held_out: cases of different persons.
        out: folder to write.
        about: id, version, names and basis of the set.
        made: how the cases were split; for the record.
        seed: of the draws.
        against: name and models of what answers today, to measure against.
        progress: told each key.

    Returns:
        What was done: keys with their accuracy, keys left out, figures on the cases held out, cost of leaving out the
        sensitive columns.

    Raises:
        TooFew: no key has enough cases, or nothing was held out for any of them.
    """
    parts, left_out = _enough(fit_on.rows)
    seen = held_out.of(np.isin(held_out.rows.keys, list(parts)))
    if not parts or not len(seen):
        raise TooFew(FEWEST_CASES)
    used = join(list(parts.values()))
    whole = join([complete(seen.rows.of(seen.rows.keys == key), key_columns(key)) for key in parts])
    scale = chosen_scale(used, seed=seed)
    strength = Strength().scaled(scale)
    models = with_accuracy(fit_set(used, seed=seed, strength=strength, progress=progress).models, whole)
    made = {
        **made,
        "prior_scale": scale,
        "seed": seed,
        "cases": len(fit_on),
        "complete": len(used),
        "held_out": len(held_out),
    }
    write_set(out, models, about=about, made=made)
    own = load_set(out)
    others = [_refitted(used, seen.rows, strength)]
    if against is not None:
        others.append(risks_in_force(*against, seen.rows))
    found = evaluated(own, seen, others=others, about={"made": made, "measured_on": "cases held out"})
    write_evaluation(out, own, found)
    return {
        "keys": {key: dict(model.accuracy) for key, model in models.items()},
        "left_out": left_out,
        "overall": found["overall"][own.id],
        "without_sensitive": _cost(found, own),
    }


def _enough(rows: Rows) -> tuple[dict[str, Rows], dict[str, int]]:
    """Complete cases of each key that has enough of them; how many each other key has."""
    parts, left_out = {}, {}
    for key in sorted(set(rows.keys.tolist())):
        whole = complete(rows.of(rows.keys == key), key_columns(key))
        if len(whole) >= FEWEST_CASES:
            parts[key] = whole
        else:
            left_out[key] = len(whole)
    return parts, left_out


def _refitted(used: Rows, seen: Rows, strength: Strength) -> Risks:
    """What models fitted without birth country, education and region say of the cases held out."""
    plain: Mapping[str, HazardModel] = fit_set(_without_sensitive(used), draws=0, strength=strength).models
    return model_risks(REFITTED, plain, _without_sensitive(seen))


def _without_sensitive(rows: Rows) -> Rows:
    """Birth country, education and region set to one level: a fit cannot use them."""
    codes = rows.codes.copy()
    codes[:, [tuple(LEVELS).index(name) for name in SENSITIVE]] = 0
    return replace(rows, codes=codes)


def _cost(found: Mapping[str, Any], own: ModelSet) -> dict[str, dict[str, Any]]:
    """AUC with and without the sensitive columns, and the difference with its interval."""
    cost = {}
    for day in map(str, HORIZONS):
        with_, without = (found["overall"][name][day] for name in (own.id, REFITTED))
        if "auc" in with_:
            difference = found["differences"][REFITTED][day]["auc"]
            cost[day] = {"with": with_["auc"][0], "without": without["auc"][0], "difference": difference}
    return cost

"""Training on rows: a set of models measured on cases held out, written with its evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from risk.columns import LEVELS, SENSITIVE, group_of
from risk.diagnoses import find_key
from risk.errors import RiskFault
from risk.evaluation.folder import write_evaluation
from risk.evaluation.measure import evaluated
from risk.evaluation.sides import REFITTED, model_risks, risks_in_force
from risk.model_set import ModelSet, load_set
from risk.result import HORIZONS
from risk.survival import Model
from risk.training.enough import FEWEST_CASES, enough
from risk.training.export import write_set
from risk.training.fit import Strength
from risk.training.make_set import Progress, with_accuracy
from risk.training.rows import CaseRows
from risk.training.simulate import Rows
from risk.training.strength import chosen_scale


@dataclass
class TooFew(RiskFault):
    """No key has enough cases, or none was held out to measure on."""

    needed: int

    def __str__(self) -> str:
        return f"no diagnosis key or group has {self.needed} cases, and cases held out to measure on"


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

    Unknown answers are no reason to leave a case out, of the fit or of the measures; a column that hardly any case of
    a key tells is left out of its model. Which keys get a model is said in `enough`.

    Args:
        fit_on, held_out: cases of different persons.
        out: folder to write.
        about: id, version, names and basis of the set.
        made: how the cases were split; for the record.
        seed: of the draws.
        against: name and models of what answers today, to measure against.
        progress: told each key.

    Returns:
        What was done: keys with their accuracy, those that lean on their group or are answered by it, keys left out,
        columns not used, figures on the cases held out, cost of leaving out the sensitive columns.

    Raises:
        TooFew: no key or group has enough cases, or nothing was held out for any of them.
    """
    chosen = enough(fit_on.rows)
    used = chosen.fitted_on(fit_on.rows)
    answered = {*chosen.own, *chosen.leaning, *chosen.whole}
    seen = held_out.of(np.array([find_key(key, answered) is not None for key in held_out.rows.keys.tolist()], bool))
    if not answered or not len(seen):
        raise TooFew(FEWEST_CASES)
    scale = chosen_scale(used, seed=seed)
    strength = Strength().scaled(scale)
    models = with_accuracy(chosen.models(used, seed=seed, strength=strength, progress=progress), seen.rows)
    made = {
        **made,
        "prior_scale": scale,
        "seed": seed,
        "cases": len(fit_on),
        "fitted_on": len(used),
        "held_out": len(held_out),
    }
    write_set(out, models, about=about, made=made)
    own = load_set(out)
    plain = chosen.models(_without_sensitive(used), draws=0, strength=strength)
    others = [model_risks(REFITTED, plain, _without_sensitive(seen.rows))]
    if against is not None:
        others.append(risks_in_force(*against, seen.rows))
    found = evaluated(own, seen, others=others, about={"made": made, "measured_on": "cases held out"})
    write_evaluation(out, own, found)
    return {
        "keys": {key: dict(model.accuracy) for key, model in models.items()},
        "leaning": {key: {"cases": count, "group": group_of(key)} for key, count in chosen.leaning.items()},
        "whole_groups": dict(chosen.whole),
        "answered_by_group": dict(chosen.by_group),
        "left_out": dict(chosen.left_out),
        "not_used": {key: dict(model.not_used) for key, model in sorted(models.items()) if model.not_used},
        "overall": found["overall"][own.id],
        "without_sensitive": _cost(found, own),
    }


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

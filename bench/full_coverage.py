"""How often the interval of a refitted model holds the truth that the cases were drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np

from risk.columns import group_of
from risk.hazard_model import HazardModel
from risk.model_interval import model_interval
from risk.training.fit import fit_set
from risk.training.simulate import join, simulated
from risk.training.truth import (
    Truth,
    sub_shares,
    truth,
)
from risk.unknowns import person_curve

Found = dict[str, Any]


def coverage(refits: int = 200, cases: int = 6_000, predictions: int = 1_000, seed: int = 303) -> Found:
    """How often the 90 % interval holds the true S(90 | x), each refit as the product fits: new cases, group and key.

    A group with sub-diagnoses is drawn anew as a whole, `cases` per member on average, shared as in the population.
    """
    asked = ("F32", "M17", "M544")
    mix = {key: share for one in asked for key, share in sub_shares(group_of(one)).items() if share > 0}
    sizes = {
        key: round(cases * share * sum(group_of(one) == group_of(key) for one in mix)) for key, share in mix.items()
    }
    held, widths = dict.fromkeys(asked, 0), dict.fromkeys(asked, 0.0)
    for refit in range(refits):
        own = seed + 1 + refit
        parts = [one for key, size in sizes.items() for one in simulated(size, own, keys=[key])]
        models = fit_set(join(parts), seed=refit).models
        for key in asked:
            known = truth(key)
            codes = patients(known, predictions, own + 10_000)
            low, high = intervals(models[key], codes)
            true = known.survival(codes, (90,))[:, 0]
            held[key] += int(((low <= true) & (true <= high)).sum())
            widths[key] += float((high - low).mean())
    rows = [
        {
            "key": key,
            "leans_on_group": group_of(key) != key,
            "cases_per_fit": sizes[key],
            "coverage": round(held[key] / (refits * predictions), 4),
            "mean_width": round(widths[key] / refits, 4),
        }
        for key in asked
    ]
    return {"seed": seed, "refits": refits, "predictions": predictions, "drawn": sizes, "rows": rows}


def intervals(model: HazardModel, codes: np.ndarray[Any, Any], day: int = 90) -> tuple[Any, Any]:
    """The interval of `risk.model_interval` for many complete rows at once; the first row is checked against it."""
    assert model.draws is not None
    hazards = np.exp(model.log_hazards(codes))
    spent = model.exposure((day,))[:, 0]
    share = np.exp(-hazards @ spent)
    slope = -share[:, None] * hazards * spent
    moved = slope @ model.draws.intercept.T
    for place, name in enumerate(model.names):
        along = slope @ model.draws.basis.T
        moved += np.einsum("nm,ndm->nd", along, model.draws.effects[name][:, codes[:, place]].transpose(1, 0, 2))
    width = 1.6448536269514722 * moved.std(axis=1, ddof=1) / (share * -np.log(share))
    low, high = share ** np.exp(width), share ** np.exp(-width)
    first = [int(one) for one in codes[0]]
    one = model_interval(model, first, person_curve(model, first), day=day)
    assert one is not None
    assert abs(one.low - low[0]) < 1e-9
    assert abs(one.high - high[0]) < 1e-9
    return low, high


def patients(known: Truth, count: int, seed: int) -> np.ndarray[Any, Any]:
    """Answers of fresh patients."""
    random = np.random.default_rng(seed)
    return known.answers.codes[random.choice(len(known.answers.weights), count, p=known.answers.weights)]

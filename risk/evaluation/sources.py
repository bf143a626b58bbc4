"""Where the sources of the made-up cases disagree, seen in the fitted model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from risk.hazard_model import HazardModel
from risk.training.truth import published_reference

APART = 0.03


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A day on which the reference profile of the source and the model's reference patient differ; shares 0-1."""

    day: int
    source: float
    model: float


def disagreements(model: HazardModel, key: str) -> tuple[Disagreement, ...]:
    """All days of the source's reference profile when one of them is more than 3 of 100 apart; else none."""
    reference = np.zeros((1, len(model.names)), dtype=np.int8)
    rows = tuple(
        Disagreement(day, share, float(model.survival(reference, (day,))[0, 0]))
        for day, share in published_reference(key).items()
    )
    return rows if any(abs(one.model - one.source) > APART for one in rows) else ()

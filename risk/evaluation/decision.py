"""Decision curves: what acting on those above a threshold gains, against acting on everyone or no one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from risk.evaluation.outcome import Floats, outcome
from risk.evaluation.sides import Risks
from risk.training.simulate import Rows

EVERYONE = "everyone"
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


def decision_curve(sides: Sequence[Risks], rows: Rows, *, day: int) -> dict[str, list[float]]:
    """Net benefit per case at each threshold, by side and for acting on everyone; acting on no one is 0.

    Source: Vickers and Elkin 2006, doi 10.1177/0272989X06295361.
    """
    seen = outcome(rows.days, rows.ended, day)
    good, bad = seen.weight * seen.longer, seen.weight * ~seen.longer
    everyone = Risks(EVERYONE, np.ones_like(sides[0].shares))
    return {
        "threshold": list(THRESHOLDS),
        **{side.name: [_net(side.at(day), good, bad, one) for one in THRESHOLDS] for side in (*sides, everyone)},
    }


def _net(risk: Floats, good: Floats, bad: Floats, threshold: float) -> float:
    above = risk >= threshold
    gain = good[above].sum() - bad[above].sum() * threshold / (1 - threshold)
    return round(float(gain / (good.sum() + bad.sum())), 4)

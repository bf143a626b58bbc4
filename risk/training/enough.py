"""What the cases at hand are enough for: a key's own model, one that leans on its group, or that of the group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from risk.columns import group_of
from risk.hazard_model import HazardModel
from risk.training.fit import Strength, as_model, fit_set
from risk.training.simulate import Rows

FEWEST_CASES, FEWEST_LEANING = 200, 30


@dataclass(frozen=True)
class Enough:
    """What each key gets.

    Attributes:
        own: keys with at least 200 cases.
        leaning: keys with 30 to 199 cases in a group that has at least 200 together -> their cases.
        whole: groups (at least 200 cases together) whose bare code has too few of its own -> cases together; the
            group as one answers for it, and for every sub-diagnosis without a model.
        by_group: keys with fewer than 30 cases that their group answers for -> their cases.
        left_out: keys that no model answers for -> their cases.
    """

    own: frozenset[str]
    leaning: Mapping[str, int]
    whole: Mapping[str, int]
    by_group: Mapping[str, int]
    left_out: Mapping[str, int]

    def fitted_on(self, rows: Rows) -> Rows:
        """Without the cases that count nowhere."""
        return rows.of(~np.isin(rows.keys, list(self.left_out)))

    def models(
        self, rows: Rows, *, seed: int = 0, draws: int = 200, strength: Strength, progress: Any = None
    ) -> dict[str, HazardModel]:
        """Fitted models by key, from the cases that `fitted_on` gives."""
        keys = {*self.own, *self.leaning}
        found = fit_set(rows, seed=seed, draws=draws, strength=strength, keys=keys, progress=progress)
        leaning = {key: replace(found.models[key], leans_on=group_of(key)) for key in self.leaning}
        whole = {group: as_model(found.groups[group], seed=seed, draws=draws) for group in self.whole}
        return {**found.models, **leaning, **whole}


def enough(rows: Rows) -> Enough:
    """What the cases are enough for; answers may be unknown."""
    cases = Counter(rows.keys.tolist())
    together: Counter[str] = Counter()
    for key, count in cases.items():
        together[group_of(key)] += count
    pooled = {
        group: count
        for group, count in together.items()
        if count >= FEWEST_CASES and sum(group_of(key) == group for key in cases) > 1
    }
    own = frozenset(key for key, count in cases.items() if count >= FEWEST_CASES)
    few = {key: count for key, count in sorted(cases.items()) if key not in own}
    leaning = {key: count for key, count in few.items() if count >= FEWEST_LEANING and group_of(key) in pooled}
    fewer = {key: count for key, count in few.items() if key not in leaning}
    return Enough(
        own,
        leaning,
        {group: count for group, count in sorted(pooled.items()) if group not in own and group not in leaning},
        {key: count for key, count in fewer.items() if group_of(key) in pooled},
        {key: count for key, count in fewer.items() if group_of(key) not in pooled},
    )

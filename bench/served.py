"""Served against fitted: S(day) from a written set, and from scikit-learn's own predictions on a design made here.

The design is written out once more from docs/explanation/risk.md (one level per interval, an effect as weights of the
courses, a sub-diagnosis's rate times its group's), so that a slip in the fit's own design or in the files would show.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from risk.columns import LEVELS, group_of, key_columns, key_questions
from risk.model_set import ModelSet, load_set, shipped_set
from risk.training import fit
from risk.training.enough import enough
from risk.training.export import write_set
from risk.training.fit import Strength
from risk.training.make_set import SIMULATED_ABOUT, simulated_rows
from risk.training.shipped import CASES_PER_KEY, SEED
from risk.training.simulate import Rows

Codes = np.ndarray[Any, np.dtype[np.int8]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
DAYS = (16, 22, 30, 60, 61, 90, 133, 180, 365, 550)


@dataclass(frozen=True)
class ByScikitLearn:
    """One key's fitted PoissonRegressor, and its group's.

    Attributes:
        rate: ends per day at risk of all cases; 1 below a group, whose rate counts already.
    """

    key: str
    regressor: Any
    rate: float
    group: ByScikitLearn | None

    def hazards(self, codes: Codes) -> Floats:
        """Hazard per day, float64 (n, intervals), for codes of all 13 columns."""
        strong = Strength()
        leans = self.group is not None
        level = strong.apart_level if leans else strong.level
        mean, change = (strong.apart, strong.apart_change) if leans else (strong.effect, strong.change)
        courses = fit.basis()
        intervals = courses.shape[1]
        spread = np.array([mean, *[change] * (len(courses) - 1)])
        terms = [np.broadcast_to(np.eye(intervals) * level, (len(codes), intervals, intervals))]
        for name in key_columns(self.key):
            own = codes[:, tuple(LEVELS).index(name)]
            levels = range(1, len(LEVELS[name]))
            terms += [(own == place)[:, None, None] * (courses.T * spread)[None] for place in levels]
        design = np.concatenate(terms, axis=2)
        said = self.regressor.predict(design.reshape(-1, design.shape[2])).reshape(len(codes), intervals)
        if self.group is None:
            return np.asarray(self.rate * said)
        shared = np.array([name in key_columns(self.key) for name in LEVELS])
        return np.asarray(self.group.hazards(np.where(shared, codes, 0)) * said)

    def survival(self, codes: Codes, days: tuple[int, ...]) -> Floats:
        """S(day), float64 (n, days): the sum day by day, interval by interval."""
        hazards, found = self.hazards(codes), []
        for day in days:
            spent = [max(min(day, right) - left, 0) for left, right in zip(fit.BREAKS, fit.BREAKS[1:], strict=False)]
            found.append(np.exp(-(hazards * np.array(spent)).sum(axis=1)))
        return np.stack(found, axis=1)


@contextmanager
def served_and_fitted(rows: Rows, *, seed: int = 0) -> Iterator[tuple[ModelSet, Mapping[str, ByScikitLearn]]]:
    """A set fitted on the rows, written and read again, and each key's regressor as scikit-learn left it.

    A group whose bare code has no cases is served as one, as `train` does it.
    """
    seen: list[Any] = []
    found: dict[str, ByScikitLearn] = {}

    class Kept(fit.PoissonRegressor):  # type: ignore[misc]
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            seen.append(self)
            return super().fit(*args, **kwargs)

    fit_one = fit.fit_coefficients

    def kept(own: Rows, key: str, **kwargs: Any) -> Any:
        result = fit_one(own, key, **kwargs)
        group = found.get(f"group {group_of(key)}") if kwargs.get("parent") is not None else None
        pooled = len(set(own.keys.tolist())) > 1
        found[f"group {key}" if pooled else key] = ByScikitLearn(key, seen[-1], _rate(own), group)
        return result

    with tempfile.TemporaryDirectory() as folder:
        with patch.object(fit, "PoissonRegressor", Kept), patch.object(fit, "fit_coefficients", kept):
            models = enough(rows).models(rows, seed=seed, draws=2, strength=Strength())
        write_set(Path(folder), models, about=SIMULATED_ABOUT, made={"seed": seed})
        yield load_set(Path(folder)), {key: found.get(key) or found[f"group {key}"] for key in models}


def _rate(rows: Rows) -> float:
    """Ends per day at risk between day 15 and the last break; an end falls half a day after its day."""
    first, last = fit.BREAKS[0], fit.BREAKS[-1]
    until = rows.days + 0.5 * rows.ended
    return float((rows.ended & (until < last)).sum() / (np.minimum(until, last) - first).sum())


def served(per_key: int = CASES_PER_KEY, sample: int = 2_000, seed: int = SEED) -> dict[str, Any]:
    """All keys by the recipe of the set that ships: the largest difference in S, and that of the shipped files."""
    random = np.random.default_rng(seed)
    keys = tuple(key_questions())
    rows = []
    with served_and_fitted(simulated_rows(keys, per_key, seed), seed=seed) as (models, fitted):
        for key in keys:
            codes = random.integers(0, [len(levels) for levels in LEVELS.values()], (sample, len(LEVELS)), np.int8)
            said = fitted[key].survival(codes, DAYS)
            row: dict[str, Any] = {"key": key, "leans_on_group": fitted[key].group is not None}
            for name, one in (("refitted", models), ("shipped", shipped_set())):
                model = one.model(key)
                own = codes[:, [tuple(LEVELS).index(column) for column in model.names]]
                row[name] = float(np.abs(model.survival(own, DAYS) - said).max())
            rows.append(row)
    return {
        "seed": seed,
        "cases_per_key": per_key,
        "rows_per_key": sample,
        "days": list(DAYS),
        "largest_difference": max(row["refitted"] for row in rows),
        "largest_difference_of_the_shipped_files": max(row["shipped"] for row in rows),
        "rows": rows,
    }

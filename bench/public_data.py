"""Our form against lifelines' Cox and piecewise-exponential fits on public duration data; writes docs/measured.

    python -m bench.public_data

Source: data frames that ship inside lifelines 0.30 (rossi, gbsg2, kidney transplant, lung). 5 x 5 cross-validation,
same features and folds for all. C-index by the risk at the horizon; Brier with inverse-probability weights of the
training part's censoring. lifelines' piecewise-exponential regression is fitted with our breaks and with fewer (its
effects are free in every interval, so that many breaks cost it), each with two strengths of its penalty: ours is
compared with the best of the four on each set and each measure, which cannot flatter ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from risk.training.fit import Strength, regress

OUT = Path(__file__).parent.parent / "docs" / "measured" / "risk_public_data.json"
FOLDS, ROUNDS, SEED = 5, 5, 2026
INTERVALS = 8
Found = dict[str, Any]


@dataclass(frozen=True)
class Data:
    """One public set: features, durations, whether the end was seen, and the horizon (median of the ends seen)."""

    name: str
    x: np.ndarray
    time: np.ndarray
    ended: np.ndarray
    horizon: float


def sets() -> list[Data]:
    """The public sets, features as numbers, incomplete rows left out."""
    import pandas as pd
    from lifelines import datasets

    found = []
    for name, time, ended, leave in (
        ("rossi", "week", "arrest", []),
        ("gbsg2", "time", "cens", []),
        ("lung", "time", "status", ["inst", "meal.cal", "wt.loss"]),
        ("kidney_transplant", "time", "death", []),
    ):
        frame = getattr(datasets, f"load_{name}")().drop(columns=leave).dropna()
        frame = frame[frame[time] > 0]
        x = pd.get_dummies(frame.drop(columns=[time, ended]), drop_first=True).to_numpy(float)
        x = (x - x.mean(0)) / x.std(0)
        spent, seen = frame[time].to_numpy(float), frame[ended].to_numpy(int) == int(frame[ended].max())
        found.append(Data(name, x, spent, seen, float(np.median(spent[seen]))))
    return found


def breaks(time: np.ndarray, ended: np.ndarray, intervals: int) -> np.ndarray:
    """The days between intervals that hold equally many of the ends seen."""
    return np.unique(np.quantile(time[ended], np.linspace(0, 1, intervals + 1)[1:-1]))


def ours(x: np.ndarray, time: np.ndarray, ended: np.ndarray, to: np.ndarray, day: float) -> np.ndarray:
    """S(day) by our form: Poisson regression on person-period rows with exposure, effects that change over log time.

    The strengths are those that ship. The courses are the product's first three; the other two are days of sick leave.
    """
    inner = breaks(time, ended, INTERVALS)
    left, right = np.array([0.0, *inner]), np.array([*inner, time.max() + 1])
    middle = np.log((left + np.minimum(right, time.max())) / 2 / time.max())
    one = middle - middle.mean()
    two = one**2 - (one**2).mean()
    courses, strong = (one / np.abs(one).max(), two / np.abs(two).max()), Strength()
    spent = np.clip(time[:, None], left, right) - left
    events = ended[:, None] & (time[:, None] > left) & (time[:, None] <= right)
    who, at = np.nonzero(spent > 0)

    def design(rows: np.ndarray, period: np.ndarray) -> np.ndarray:
        changing = [rows * course[period, None] * strong.change for course in courses]
        return np.hstack([np.eye(len(left))[period] * strong.level, rows * strong.effect, *changing])

    rate = events.sum() / spent.sum()
    weight = spent[who, at] * rate
    found = regress(design(x[who], at), events[who, at] / weight, weight)
    until = np.clip(day, left, right) - left
    hazard = np.stack([rate * np.exp(design(to, np.full(len(to), j)) @ found) for j in range(len(left))], axis=1)
    return np.asarray(np.exp(-(hazard * until).sum(1)))


def _lifelines(intervals: int = 0, penalizer: float = 0.001) -> Callable[..., np.ndarray]:
    """lifelines' Cox model, or with `intervals` its piecewise-exponential regression."""

    def survival(x: np.ndarray, time: np.ndarray, ended: np.ndarray, to: np.ndarray, day: float) -> np.ndarray:
        import pandas as pd
        from lifelines import CoxPHFitter, PiecewiseExponentialRegressionFitter

        names = [f"x{number}" for number in range(x.shape[1])]
        frame = pd.DataFrame(x, columns=names).assign(time=time, ended=ended)
        if intervals:
            inner = breaks(time, ended, intervals)
            fitter = PiecewiseExponentialRegressionFitter(breakpoints=inner, penalizer=penalizer)
        else:
            fitter = CoxPHFitter(penalizer=penalizer)
        fitter.fit(frame, "time", "ended")
        return fitter.predict_survival_function(pd.DataFrame(to, columns=names), times=[day]).to_numpy()[0]

    return survival


PIECEWISE = {
    f"lifelines_piecewise_{intervals}_penalty_{penalizer}": _lifelines(intervals, penalizer)
    for intervals in (INTERVALS, 4)
    for penalizer in (0.001, 0.1)
}
WAYS: dict[str, Callable[..., np.ndarray]] = {"ours": ours, "lifelines_cox": _lifelines(), **PIECEWISE}


def brier(still: np.ndarray, time: np.ndarray, ended: np.ndarray, day: float, train: Data) -> float:
    """Brier score at a horizon, censored ones weighed by Kaplan-Meier of the training part's censoring."""
    from lifelines import KaplanMeierFitter

    left = KaplanMeierFitter().fit(train.time, ~train.ended)
    before = np.maximum(left.predict(np.maximum(time - 1e-9, 0)).to_numpy(), 0.05)
    at_day = max(float(left.predict(day)), 0.05)
    gone, here = ended & (time <= day), time > day
    return float((still**2 * gone / before + (1 - still) ** 2 * here / at_day).mean())


def measured(keep: Callable[[Found], None]) -> Found:
    """C-index and Brier of each way on each set, mean over all folds and rounds; each set is kept when done."""
    from lifelines.utils import concordance_index

    found: Found = {}
    for data in sets():
        scores: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
        failed: dict[str, int] = dict.fromkeys(WAYS, 0)
        for turn in range(ROUNDS):
            fold = np.random.default_rng([SEED, turn]).permutation(len(data.time)) % FOLDS
            for own in range(FOLDS):
                inside, out = fold != own, fold == own
                part = Data(data.name, data.x[inside], data.time[inside], data.ended[inside], data.horizon)
                for name, way in WAYS.items():
                    try:
                        still = way(part.x, part.time, part.ended, data.x[out], data.horizon)
                    except Exception:  # a fit of another package that does not converge is counted, not hidden
                        if name == "ours":
                            raise
                        failed[name] += 1
                        continue
                    order = concordance_index(data.time[out], still, data.ended[out])
                    scores[name].append((order, brier(still, data.time[out], data.ended[out], data.horizon, part)))
        means = {
            name: {"c_index": round(c, 4), "brier": round(b, 4), "fits_failed": failed[name]}
            for name, rows in scores.items()
            if rows
            for c, b in (np.mean(rows, axis=0),)
        }
        found[data.name] = {
            "cases": len(data.time),
            "ends_seen": int(data.ended.sum()),
            "features": data.x.shape[1],
            "horizon": data.horizon,
            **means,
        }
        keep(found)
    return found


def run() -> Found:
    """Measure, add commit and seed, write the file."""
    import lifelines

    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    about = {"commit": commit, "seed": SEED, "lifelines": lifelines.__version__, "folds": [FOLDS, ROUNDS]}

    def keep(found: Found) -> None:
        OUT.write_text(json.dumps({**about, "sets": found}, indent=1) + "\n", encoding="utf-8")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {**about, "sets": measured(keep)}


if __name__ == "__main__":
    json.dump(run(), sys.stdout, indent=1)

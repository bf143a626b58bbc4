"""The risk models: one row explained, many curves, rows with holes; each against the least that any code must do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.pair import Pair
from risk.columns import LEVELS
from risk.detail import Detail
from risk.explain import Contribution, contributions
from risk.features import COLUMNS, Features
from risk.model_set import shipped_set
from risk.score_rows import survival_of_rows
from risk.unknowns import person_curve

KEY, MANY, HOLES = "F32", 1_000_000, 100_000
UNKNOWN = (*("SA_1_gross", "SA_SyssStart_fct", "SA_ExtentFirst"), "edu_cat_fct", "birth_cat_fct")
SIXTH = "Visits_yearBefore_all_r1_median"


def pairs() -> Iterator[Pair]:
    models = shipped_set()
    model, everyone = models.model(KEY), models.everyone(KEY)
    answers: dict[str, str | None] = {name: LEVELS[name][-1] for name in COLUMNS}
    open_ = {name: None if name in (*UNKNOWN, SIXTH) else level for name, level in answers.items()}

    def explained(said: dict[str, str | None]) -> tuple[Contribution, ...]:
        levels = model.levels(said)
        return contributions(model, everyone, levels, person_curve(model, levels), day=90, given_day=15)

    def around(said: dict[str, str | None]) -> Detail | None:
        return models.detail(Features(KEY, said), given_day=15, days=(90, 180, 365))

    dummies, matrix, exposure = plain_numbers()
    row = np.ascontiguousarray(dummies[:1])

    def bare() -> object:
        return np.exp(-(np.exp(row @ matrix) @ exposure))

    yield Pair("one row explained / bare numpy, one row", lambda: explained(answers), bare, unit="rows")
    yield Pair("six unknown, explained / bare numpy, one row", lambda: explained(open_), bare, unit="rows")
    yield Pair("everything on the page / bare numpy, one row", lambda: around(open_), bare, unit="rows")
    random = np.random.default_rng(1)
    codes = np.stack(
        [random.integers(0, len(levels), MANY, dtype=np.int8) for levels in model.columns.values()], axis=1
    )
    days = model.breaks[1:]
    many, spent = dummies[random.integers(0, len(dummies), MANY)], model.exposure(days)
    yield Pair(
        "1e6 curves / numpy matmul and exp, same shape",
        lambda: survival_of_rows(model, codes, days),
        lambda: np.exp(-(np.exp(many @ matrix) @ spent)),
        items=MANY,
        unit="curves",
    )
    holes = np.where(random.random((HOLES, codes.shape[1])) < 0.2, -1, codes[:HOLES]).astype(np.int8)
    yield Pair(
        "1e5 rows with holes / complete",
        lambda: survival_of_rows(model, holes, (30, 60, 90, 180, 365)),
        lambda: survival_of_rows(model, codes[:HOLES], (30, 60, 90, 180, 365)),
        items=HOLES,
        unit="rows",
    )


def plain_numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """The same model as a dummy matrix, a coefficient matrix and days at risk: what bare numpy needs."""
    model = shipped_set().model(KEY)
    matrix = np.concatenate([model.intercept[None, :], *(model.effects[name][1:] for name in model.names)])
    random = np.random.default_rng(2)
    dummies = (random.random((1000, len(matrix))) < 0.3).astype(float)
    dummies[:, 0] = 1.0
    return dummies, matrix, model.exposure((90,))

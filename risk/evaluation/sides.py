"""Who says what of the same cases: the set that is measured, and those it is measured against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from risk.columns import LEVELS, SENSITIVE, group_of
from risk.diagnoses import find_key
from risk.errors import NoModel
from risk.evaluation.outcome import Floats
from risk.hazard_model import HazardModel
from risk.model_set import ModelSet
from risk.score_rows import survival_of_rows
from risk.statistics import national_figures
from risk.survival import Model
from risk.training.simulate import Rows

GRID = (30, 60, 90, 120, 180, 240, 300, 365)
UNANSWERED, REFITTED = "sensitive-unanswered", "without-sensitive"
NATIONAL_SIDE = "national-2017"
SIDES = (UNANSWERED, REFITTED, NATIONAL_SIDE)


@dataclass(frozen=True)
class Risks:
    """S at GRID of every row, float64 (n, len(GRID)), with a name for who says so."""

    name: str
    shares: Floats

    def at(self, day: int) -> Floats:
        """S(day) of every row."""
        result: Floats = self.shares[:, GRID.index(day)]
        return result

    def of(self, chosen: Any) -> Risks:
        """For the chosen rows."""
        return Risks(self.name, self.shares[chosen])


def own_codes(rows: Rows, model: HazardModel) -> Any:
    """The rows' levels in the model's own order of columns."""
    return rows.codes[:, [tuple(LEVELS).index(name) for name in model.names]]


def set_risks(models: ModelSet, rows: Rows, name: str | None = None) -> Risks:
    """What a set says of each row; unknown answers are integrated over.

    Raises:
        NoModel: a row's diagnosis has no key in the set.
    """
    keys = {key: models.model(models.match(key).key) for key in sorted(set(rows.keys.tolist()))}
    return model_risks(name or models.id, keys, rows)


def model_risks(name: str, models: Mapping[str, HazardModel], rows: Rows) -> Risks:
    """As `set_risks`, from models by key; the longest beginning of a row's key that has one answers."""
    shares = np.full((len(rows), len(GRID)), np.nan)
    for key in sorted(set(rows.keys.tolist())):
        at, found = rows.keys == key, find_key(key, models)
        if found is None:
            raise NoModel(code=key)
        shares[at] = survival_of_rows(models[found], own_codes(rows.of(at), models[found]), GRID)
    return Risks(name, shares)


def unanswered(rows: Rows) -> Rows:
    """The rows as if nobody had told birth country, education and region."""
    codes = rows.codes.copy()
    codes[:, [tuple(LEVELS).index(name) for name in SENSITIVE]] = -1
    return replace(rows, codes=codes)


def national_risks(rows: Rows) -> Risks:
    """What the national figures say: the same for everyone in a group."""
    groups = {key: national_figures()[group_of(key)].curve for key in set(rows.keys.tolist())}
    found = {key: [curve.at(day) for day in GRID] for key, curve in groups.items()}
    return Risks(NATIONAL_SIDE, np.array([found[str(key)] for key in rows.keys]))


def risks_in_force(name: str, models: Sequence[Model], rows: Rows) -> Risks:
    """What the models of an installation say together: each row is answered by the first that knows its diagnosis."""
    shares = np.full((len(rows), len(GRID)), np.nan)
    for key in sorted(set(rows.keys.tolist())):
        at = rows.keys == key
        shares[at] = _first_answer(models, key, rows.of(at))
    return Risks(name, shares)


def _first_answer(models: Sequence[Model], key: str, rows: Rows) -> Floats:
    for model in models:
        try:
            match = model.match(key)
        except NoModel:
            continue
        if isinstance(model, ModelSet):
            own = model.model(match.key)
            return survival_of_rows(own, own_codes(rows, own), GRID)
        curve = model.group_curve(match)
        return np.tile([curve.at(day) for day in GRID], (len(rows), 1))
    raise NoModel(code=key)

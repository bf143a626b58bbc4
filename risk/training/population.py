"""How the answers are distributed in the simulated population: one probability for every combination of answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.columns import LEVELS, group_of, key_columns
from risk.packaged import packaged_rows, packaged_toml

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]
_TABLE = "training/tables/answers.toml"


@dataclass(frozen=True)
class Combinations:
    """Every combination of the answers that matter for one key.

    Attributes:
        columns: names, in the order of `risk.columns.LEVELS`.
        codes: int8 (n, columns), place of the level; every combination once, the last column fastest.
        weights: float64 (n,), sums to 1.
    """

    columns: tuple[str, ...]
    codes: Codes
    weights: Floats


def all_codes(columns: tuple[str, ...]) -> Codes:
    """Every combination of levels, int8 (n, columns), the last column fastest."""
    sizes = [len(LEVELS[name]) for name in columns]
    grid = np.indices(sizes, dtype=np.int8).reshape(len(sizes), -1)
    return np.ascontiguousarray(grid.T)


@cache
def combinations(key: str) -> Combinations:
    """The answers of cases with this key: all 13 columns are drawn, then those summed away that the key does not use.

    Source: risk/training/tables/answers.toml, persons_2015.csv.

    >>> float(combinations("S62").weights.sum().round(9))
    1.0
    """
    columns = tuple(LEVELS)
    joint = np.ones([len(LEVELS[name]) for name in columns])
    for place, name in enumerate(columns):
        joint = joint * _conditional(key, name, place, columns)
    used = key_columns(key)
    weights = joint.sum(axis=tuple(i for i, name in enumerate(columns) if name not in used)).ravel()
    return Combinations(used, all_codes(used), weights / weights.sum())


@cache
def full_combinations(key: str) -> Combinations:
    """As `combinations`, with all 13 columns."""
    columns = tuple(LEVELS)
    joint = np.ones([len(LEVELS[name]) for name in columns])
    for place, name in enumerate(columns):
        joint = joint * _conditional(key, name, place, columns)
    weights = joint.ravel()
    return Combinations(columns, all_codes(columns), weights / weights.sum())


def kind_of(key: str) -> str:
    """Kind of diagnosis, for the answers' distribution."""
    return str(next(kind for kind, keys in _assumptions()["kinds"].items() if key in keys))


def share_women(key: str) -> float:
    """Share of women, by the three-character group."""
    row = next(row for row in packaged_rows("training/tables/persons_2015.csv") if row["icd10"] == group_of(key))
    return int(row["women"]) / (int(row["women"]) + int(row["men"]))


@cache
def _assumptions() -> dict[str, Any]:
    return packaged_toml(_TABLE)


def _conditional(key: str, name: str, place: int, columns: tuple[str, ...]) -> Floats:
    """P(name | earlier columns), shaped to multiply into the joint of all columns."""
    listed = _assumptions()
    if name == "Sex":
        return _along(np.array([share_women(key), 1 - share_women(key)]), place, columns)
    if name in ("age_cat_fct", "Region"):
        shares = listed["region"]["shares"] if name == "Region" else listed["age"]["shares"][kind_of(key)]
        return _along(np.array([shares[level] for level in LEVELS[name]]), place, columns)
    if name in listed["yes"]:
        rule = listed["yes"][name]
        base, terms = [rule["base"]], {term: [value] for term, value in rule["terms"].items()}
    else:
        rule = listed["many"][name]
        base, terms = [rule["base"][level] for level in LEVELS[name][1:]], rule["terms"]
    scores = np.zeros([1] * place + [len(LEVELS[name])] + [1] * (len(columns) - place - 1))
    scores = scores + _along(np.array([0.0, *base]), place, columns)
    for term, values in terms.items():
        scores = scores + _along(np.array([0.0, *values]), place, columns) * _holds(term, key, columns)
    weights: Floats = np.exp(scores)
    result: Floats = weights / weights.sum(axis=place, keepdims=True)
    return result


def _holds(term: str, key: str, columns: tuple[str, ...]) -> Floats | float:
    if "=" in term:
        name, level = term.split("=", 1)
        place = columns.index(name)
        return _along((np.array(LEVELS[name]) == level).astype(float), place, columns)
    return float(term in (key, f"kind:{kind_of(key)}"))


def _along(values: Floats, place: int, columns: tuple[str, ...]) -> Floats:
    return values.reshape([1] * place + [-1] + [1] * (len(columns) - place - 1))

"""The simulation's true model: one piecewise constant hazard per key, made from the tables.

Where the tables disagree, the national shares win (levels), then the effects, then the reference profiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from risk.columns import LEVELS, group_of, key_questions
from risk.packaged import packaged_rows, packaged_toml
from risk.statistics import national_figures
from risk.training.population import Combinations, Floats, combinations

BREAKS = (15, 22, 30, 37, 45, 52, 60, 75, 90, 105, 120, 150, 180, 240, 300, 365, 550)
KNOTS = (15, 30, 60, 90, 180, 365)
_LEVELS = "training/tables/levels.toml"
_STEPS, _HALVINGS, _LEAST, _MOST = 8, 60, 0.01, 0.985


@dataclass(frozen=True)
class Truth:
    """True hazards of one key.

    Attributes:
        key: diagnosis key.
        breaks: J + 1 days, the first is 15.
        intercept: float64 (J,), log hazard per day of the reference profile.
        effects: (column, level) -> float64 (J,), added to it; 0 for reference levels, which are left out.
        answers: the combinations of answers and how common they are on day 15.
    """

    key: str
    breaks: tuple[int, ...]
    intercept: Floats
    effects: dict[tuple[str, str], Floats]
    answers: Combinations

    def log_hazards(self, codes: np.ndarray[Any, Any]) -> Floats:
        """Log hazard per day, float64 (n, J), for rows of level places in the order of `answers.columns`."""
        total = np.tile(self.intercept, (len(codes), 1))
        for place, name in enumerate(self.answers.columns):
            table = np.stack([self.effects.get((name, level), np.zeros(len(self.intercept))) for level in LEVELS[name]])
            total += table[codes[:, place]]
        return total

    def survival(self, codes: np.ndarray[Any, Any], days: tuple[int, ...]) -> Floats:
        """S(day | answers), float64 (n, days)."""
        result: Floats = np.exp(-np.exp(self.log_hazards(codes)) @ exposure(self.breaks, days))
        return result

    def reference(self, day: int) -> float:
        """S(day) of the reference profile."""
        return float(np.exp(-np.exp(self.intercept) @ exposure(self.breaks, (day,))[:, 0]))


def exposure(breaks: tuple[int, ...], days: tuple[int, ...]) -> Floats:
    """Days spent in each interval up to each day, float64 (J, days)."""
    left, right = np.array(breaks[:-1], float)[:, None], np.array(breaks[1:], float)[:, None]
    result: Floats = np.clip(np.array(days, float)[None, :], left, right) - left
    return result


@cache
def truth(key: str) -> Truth:
    """The true model of one of the 34 keys.

    >>> truth("F32").breaks[0]
    15
    """
    return make_truth(key, level_of(key), published_effects(key))


def make_truth(key: str, level: Floats, points: dict[tuple[str, str], float]) -> Truth:
    """A true model with a given level and given effects.

    Args:
        key: one of the 34 keys.
        level: S at KNOTS, of all cases of the key together.
        points: (column, level) -> change of the 90-day risk in percentage points at the reference profile.
    """
    answers = combinations(key)
    shapes = {pair: _shape(key, pair[0]) for pair in points}
    listed = packaged_toml(_LEVELS)
    short, later = listed["short_cases"].get(key, 0.0), listed["later_cases"].get(key, 0.0)
    effects = {pair: np.zeros(len(BREAKS) - 1) for pair in points}
    to_90 = exposure(BREAKS, (90,))[:, 0]
    intercept = np.zeros(len(BREAKS) - 1)
    for _ in range(_STEPS):
        found = Truth(key, BREAKS, np.zeros(len(BREAKS) - 1), effects, answers)
        intercept = _calibrated(found, level)
        base = np.exp(intercept)
        at_90 = float(np.exp(-base @ to_90))
        for pair, value in points.items():
            wanted = min(max(at_90 + value / 100, _LEAST), _MOST)
            apart = _apart(base, short, later) if pair[0] == "Region" else np.zeros(len(base))
            effects[pair] = apart + _size(base * np.exp(apart) * to_90, shapes[pair], -np.log(wanted)) * shapes[pair]
    return Truth(key, BREAKS, intercept, dict(effects), answers)


def published_effects(key: str) -> dict[tuple[str, str], float]:
    """(column, level) -> percentage points at day 90."""
    rows = packaged_rows("training/tables/effects.csv")
    return {(row["column"], row["level"]): float(row["points"]) for row in rows if row["icd10"] == key}


def published_reference(key: str) -> dict[int, float]:
    """Day -> S(day) of the reference profile, as computed from the national tool."""
    row = next(row for row in packaged_rows("training/tables/reference.csv") if row["icd10"] == key)
    return {day: float(row[f"S{day}"]) for day in KNOTS[1:]}


@cache
def sub_shares(group: str) -> dict[str, float]:
    """Key -> share of the group's cases; the group's own key takes the rest."""
    listed = packaged_toml(_LEVELS)["shares"]
    subs = {key: float(share) for key, share in listed.items() if group_of(key) == group and key in key_questions()}
    return {**subs, group: 1 - sum(subs.values())}


def level_of(key: str) -> Floats:
    """S at KNOTS of all cases of a key.

    A group has its national shares. Its sub-diagnoses together have them too: each begins at its reference profile on
    the logit scale, and all are moved alike until their mixture is the group.
    """
    group = group_of(key)
    goal = _national(group)
    if key == group:
        return goal
    subs = {one: share for one, share in sub_shares(group).items() if one != group}
    weights = np.array(list(subs.values())) / sum(subs.values())
    own = np.array([[published_reference(one)[day] for day in KNOTS[1:]] for one in subs])
    moves = packaged_toml(_LEVELS).get("moves", {})
    logits = np.log(own / (1 - own)) + np.array([[moves.get(one, 0.0)] for one in subs])
    low, high = np.full(own.shape[1], -5.0), np.full(own.shape[1], 5.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = weights @ (1 / (1 + np.exp(-(logits + middle)))) > goal[1:]
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    moved = 1 / (1 + np.exp(-(logits + low)))
    return np.array([1.0, *moved[list(subs).index(key)]])


def _national(group: str) -> Floats:
    """National shares; day 60, which they lack, lies between days 30 and 90 as in the reference profile."""
    curve, reference = national_figures()[group].curve, published_reference(group)
    r30, r60, r90 = (np.log(reference[day]) for day in (30, 60, 90))
    s30, s90 = np.log(curve.at(30)), np.log(curve.at(90))
    s60 = np.exp(s30 + (s90 - s30) * (r60 - r30) / (r90 - r30))
    return np.array([1.0, curve.at(30), s60, curve.at(90), curve.at(180), curve.at(365)])


def _calibrated(model: Truth, level: Floats) -> Floats:
    """The intercept with which all cases together have the given S at KNOTS."""
    relative, weights = np.exp(model.log_hazards(model.answers.codes)), model.answers.weights
    lengths = np.diff(np.array(model.breaks, float))
    done = np.zeros(len(weights))
    intercept = np.zeros(len(lengths))
    for last, day in enumerate(KNOTS[1:], start=1):
        inside = [j for j in range(len(lengths)) if KNOTS[last - 1] <= model.breaks[j] < day]
        spent = relative[:, inside] @ lengths[inside]
        low, high = -16.0, 3.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = float(weights @ np.exp(-done - np.exp(middle) * spent)) > level[last]
            low, high = (middle, high) if above else (low, middle)
        intercept[inside] = low
        done += np.exp(low) * spent
    intercept[[j for j in range(len(lengths)) if model.breaks[j] >= KNOTS[-1]]] = intercept[
        [j for j in range(len(lengths)) if model.breaks[j] < KNOTS[-1]][-1]
    ]
    return intercept


def _apart(base: Floats, short: float, later: float) -> Floats:
    """Days 15-29 changed by `short`, 30-89 so that the cumulative hazard at day 90 stays, 90-179 by `later`."""
    first = exposure(BREAKS, (30,))[:, 0]
    then = exposure(BREAKS, (90,))[:, 0] - first
    moved = float(base @ first) * (1 - np.exp(short)) / float(base @ then)
    last = exposure(BREAKS, (180,))[:, 0] - first - then
    return np.select([first > 0, then > 0, last > 0], [short, np.log1p(moved), later])


def _shape(key: str, column: str) -> Floats:
    rules: dict[str, Any] = packaged_toml(_LEVELS)["time"]
    rule = rules[rules["keys"].get(key, rules["columns"][column])]
    middle = (np.array(BREAKS[:-1], float) + np.array(BREAKS[1:], float)) / 2
    result: Floats = rule["early"] + rule["late"] * np.minimum(np.log(middle / 15) / np.log(365 / 15), 1.0)
    return result


def _size(spent: Floats, shape: Floats, wanted: float) -> float:
    """The size with which the cumulative hazard at day 90 is as wanted."""
    low, high = -8.0, 8.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if float(spent @ np.exp(middle * shape)) < wanted:
            low = middle
        else:
            high = middle
    return low

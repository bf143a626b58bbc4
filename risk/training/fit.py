"""Fitting: Poisson regression on person-period rows with exposure, sub-diagnoses leaning on their group."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import PoissonRegressor  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

from risk.answer_distribution import AnswerDistribution
from risk.columns import LEVELS, group_of, key_columns
from risk.hazard_model import Draws, Floats, HazardModel
from risk.training.answers import answers_of, counted, own_answers
from risk.training.open_answers import Form, Seen
from risk.training.open_answers import fit as fit_open
from risk.training.simulate import Rows

BREAKS = (15, 22, 30, 37, 45, 52, 60, 75, 90, 105, 120, 150, 180, 240, 300, 365, 550)
COURSES = 5
LEAST_KNOWN = 0.2
"""A column that is known in a smaller share of a key's cases is left out of its model; the best known one never is."""


@dataclass(frozen=True)
class Strength:
    """How strongly coefficients are held back: standard deviations of their normal priors.

    Attributes:
        level: log hazard of an interval against the mean of the key (or, with a group, against the group's).
        effect: an effect's middle course; the two ways in which it may change over time.
        change: see `effect`.
        apart: the same for a sub-diagnosis's difference from its group; `apart_change` for its change over time.
    """

    level: float = 3.0
    effect: float = 1.0
    change: float = 0.4
    apart: float = 0.3
    apart_change: float = 0.12
    apart_level: float = 1.0

    def scaled(self, by: float) -> Strength:
        """Every effect held back more (below 1) or less; levels as they are."""
        return replace(
            self,
            effect=self.effect * by,
            change=self.change * by,
            apart=self.apart * by,
            apart_change=self.apart_change * by,
        )


@dataclass(frozen=True)
class Fitted:
    """Coefficients of one key with their covariance, in the order intercept, then (column, level, course).

    Attributes:
        columns: those fitted; `known` says in which share of the cases each column of the key was known.
        answers: how common the answers are.
        cases: how many cases it was fitted on.
    """

    key: str
    columns: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    answers: AnswerDistribution
    cases: int
    known: Mapping[str, float]


@dataclass(frozen=True)
class _Periods:
    """Person-period rows summed over equal answers: events and days at risk of each (answers, interval)."""

    codes: npt.NDArray[np.int8]
    place: npt.NDArray[np.int64]
    interval: npt.NDArray[np.int64]
    events: Floats
    exposure: Floats


def basis(breaks: tuple[int, ...] = BREAKS) -> Floats:
    """The courses that an effect may be made of: constant, two that change with log time, days 15-29, days 90-179."""
    middle = np.log((np.array(breaks[:-1], float) + np.array(breaks[1:], float)) / 2 / 15) / np.log(365 / 15)
    one = middle - middle.mean()
    two = one**2 - (one**2).mean()
    left = np.array(breaks[:-1])
    early, later = (left < 30).astype(float), ((left >= 90) & (left < 180)).astype(float)
    return np.stack([np.ones_like(middle), one / np.abs(one).max(), two / np.abs(two).max(), early, later])


def fit_key(
    rows: Rows,
    key: str,
    *,
    parent: Fitted | None = None,
    strength: Strength | None = None,
    seed: int = 0,
    draws: int = 200,
) -> HazardModel:
    """One key's model.

    Args:
        rows: cases of this key only; answers may be unknown.
        key: diagnosis key.
        parent: the group's fit, for a sub-diagnosis or the bare group code: the fit leans on it.
        strength: how strongly; the shipped values when left out.
        seed: of the draws.
        draws: how many other equally likely models; 0 for none.
    """
    return as_model(fit_coefficients(rows, key, parent=parent, strength=strength), seed=seed, draws=draws)


def known_shares(rows: Rows, key: str) -> dict[str, float]:
    """In which share of the cases each column of the key is known."""
    return {name: float((rows.codes[:, tuple(LEVELS).index(name)] >= 0).mean()) for name in key_columns(key)}


def fit_coefficients(rows: Rows, key: str, *, parent: Fitted | None = None, strength: Strength | None = None) -> Fitted:
    """Coefficients and covariance of one key (Laplace: inverse of the penalised information).

    A column that is known in fewer than a fifth of the cases is left out. Other unknown answers are no reason to leave
    a case out: it counts in every way in which it may be answered (`open_answers`).
    """
    known = known_shares(rows, key)
    enough = tuple(name for name, share in known.items() if share >= LEAST_KNOWN)
    columns = enough or (max(known, key=lambda name: known[name]),)
    prior_mean, prior_covariance = _prior(columns, parent)
    spread = _spread(_terms(columns), strength or Strength(), leaning=parent is not None)
    fitted = _fit_open if min(known[name] for name in columns) < 1 else _fit_whole
    theta, information, answers, level = fitted(rows, columns, prior_mean, spread, parent)
    inverse = np.linalg.inv(information + np.eye(len(spread)))
    covariance = inverse * np.outer(spread, spread)
    if parent is not None:
        shrink = inverse * np.outer(spread, 1 / spread)
        covariance = covariance + shrink @ prior_covariance @ shrink.T
    coefficients = prior_mean + theta * spread
    coefficients[: len(BREAKS) - 1] += level
    return Fitted(key, columns, coefficients, covariance, answers, len(rows), known)


_Solved = tuple[Floats, Floats, AnswerDistribution, float]


def _fit_whole(rows: Rows, columns: tuple[str, ...], centre: Floats, spread: Floats, parent: Fitted | None) -> _Solved:
    """Coefficients in units of their priors, their information, distribution of answers, level that `centre` lacks."""
    periods = _periods(rows, columns)
    level = 0.0 if parent is not None else _level(float(periods.events.sum()), float(periods.exposure.sum()))
    plain = _design(periods, columns)
    design = plain * spread
    weight = periods.exposure * np.exp(plain @ centre + level)
    theta = regress(design, periods.events / weight, weight)
    hazard = weight * np.exp(design @ theta)
    return theta, (design.T * hazard) @ design, _answers(parent, columns)(counted(rows, columns)), level


def _answers(parent: Fitted | None, columns: tuple[str, ...]) -> Callable[[Floats], AnswerDistribution]:
    """From cases by way of answering to the distribution, pulled to the group's."""
    return partial(answers_of, columns=columns, group=parent.answers if parent is not None else None)


def _level(ends: float, days: float) -> float:
    """Log hazard per day of all together; half an end when none was seen."""
    return float(np.log(max(ends, 0.5) / days))


def _fit_open(rows: Rows, columns: tuple[str, ...], centre: Floats, spread: Floats, parent: Fitted | None) -> _Solved:
    """As `_fit_whole`, where answers are unknown."""
    seen, sizes = _seen(rows, columns), tuple(len(LEVELS[name]) for name in columns)
    answers = _answers(parent, columns)
    ends, days = float(seen.count @ seen.ended), float(seen.count @ seen.spent.sum(axis=1))
    level = 0.0 if parent is not None else _level(ends, days)
    at = centre + level * (np.arange(len(centre)) < len(BREAKS) - 1)
    form = Form(sizes, basis(), at, spread)
    with threadpool_limits(limits=1, user_api="blas"):  # many small products: threads would wait for each other
        theta, information, counts = fit_open(seen, form, lambda ways: answers(ways).joint, seed=len(rows))
    return theta, information, answers(counts), level


def regress(design: Floats, rate: Floats, weight: Floats) -> Floats:
    """Poisson regression with a unit-variance prior on every coefficient."""
    total = float(weight.sum())
    model = PoissonRegressor(alpha=1 / total, fit_intercept=False, solver="newton-cholesky", max_iter=50, tol=1e-10)
    model.fit(design, rate, sample_weight=weight)
    return np.asarray(model.coef_, float)


def _periods(rows: Rows, columns: tuple[str, ...]) -> _Periods:
    own, sizes = own_answers(rows, columns), [len(LEVELS[name]) for name in columns]
    number = np.ravel_multi_index(tuple(own.T.astype(np.int64)), sizes)
    unique, place = np.unique(number, return_inverse=True)
    codes = np.stack(np.unravel_index(unique, sizes), axis=1).astype(np.int8)
    spent, interval, ended = _followed(rows)
    shape = (len(unique), spent.shape[1])
    exposure, events = np.zeros(shape), np.zeros(shape)
    for j in range(shape[1]):
        exposure[:, j] = np.bincount(place, spent[:, j], len(unique))
        events[:, j] = np.bincount(place, ended & (interval == j), len(unique))
    at, period = np.nonzero(exposure > 0)
    return _Periods(codes, at, period, events[at, period], exposure[at, period])


def _followed(rows: Rows) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Days at risk in each interval, the interval in which each case was last seen, whether its end was seen in it."""
    left, right = np.array(BREAKS[:-1], float), np.array(BREAKS[1:], float)
    seen = np.where(rows.ended, rows.days + 0.5, rows.days).astype(float)
    interval = np.minimum(np.searchsorted(right, seen, side="right"), len(left) - 1)
    return np.clip(seen[:, None], left, right) - left, interval, rows.ended & (seen < BREAKS[-1])


def _seen(rows: Rows, columns: tuple[str, ...]) -> Seen:
    """The cases of `rows`, equal ones once."""
    same = np.column_stack([own_answers(rows, columns), rows.days, rows.ended]).astype(np.int32)
    _, first, count = np.unique(same, axis=0, return_index=True, return_counts=True)
    own = rows.of(first)
    spent, interval, ended = _followed(own)
    return Seen(own_answers(own, columns), spent, interval, ended, count.astype(float))


def _terms(columns: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Coefficients after the intercepts: (column, place of the level, course)."""
    return [
        (name, level, course) for name in columns for level in range(1, len(LEVELS[name])) for course in range(COURSES)
    ]


def _design(periods: _Periods, columns: tuple[str, ...]) -> Floats:
    courses, intervals = basis(), len(BREAKS) - 1
    design = np.zeros((len(periods.events), intervals + len(_terms(columns))))
    design[np.arange(len(design)), periods.interval] = 1.0
    over = courses[:, periods.interval].T
    codes = periods.codes[periods.place]
    for number, (name, level, course) in enumerate(_terms(columns)):
        at = codes[:, columns.index(name)] == level
        design[at, intervals + number] = over[at, course]
    return design


def _spread(names: list[tuple[str, int, int]], strong: Strength, *, leaning: bool) -> Floats:
    level = strong.apart_level if leaning else strong.level
    own = (strong.apart, strong.apart_change) if leaning else (strong.effect, strong.change)
    return np.array([level] * (len(BREAKS) - 1) + [own[0] if course == 0 else own[1] for _, _, course in names])


def _prior(columns: tuple[str, ...], parent: Fitted | None) -> tuple[Floats, Floats]:
    """The group's coefficients for the columns that both have; 0 for those that the group does not use."""
    names, intervals = _terms(columns), len(BREAKS) - 1
    size = intervals + len(names)
    if parent is None:
        return np.zeros(size), np.zeros((size, size))
    theirs = {name: intervals + place for place, name in enumerate(_terms(parent.columns))}
    take = [*range(intervals), *(theirs.get(name, -1) for name in names)]
    known = np.array([place >= 0 for place in take])
    mean = np.where(known, parent.coefficients[take], 0.0)
    covariance = np.where(np.outer(known, known), parent.covariance[np.ix_(take, take)], 0.0)
    return mean, covariance


def as_model(found: Fitted, *, seed: int = 0, draws: int = 200) -> HazardModel:
    """The model that is served, from fitted coefficients."""
    columns, intervals, courses = found.columns, len(BREAKS) - 1, basis()
    random = np.random.default_rng([seed, sum(map(ord, found.key))])
    changes = np.zeros((0, len(found.coefficients)))
    if draws:
        values, vectors = np.linalg.eigh(found.covariance)
        changes = random.standard_normal((draws, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0))).T
        changes -= changes.mean(axis=0)
    effects, moved = _tables(found.coefficients[None, intervals:], columns), _tables(changes[:, intervals:], columns)
    return HazardModel(
        key=found.key,
        breaks=BREAKS,
        columns={name: LEVELS[name] for name in columns},
        intercept=found.coefficients[:intervals],
        effects={name: table[0] @ courses for name, table in effects.items()},
        answers=found.answers,
        cases=found.cases,
        draws=Draws(courses, changes[:, :intervals], moved) if draws else None,
        not_used={name: round(share, 4) for name, share in found.known.items() if name not in columns},
    )


def _tables(weights: Floats, columns: tuple[str, ...]) -> dict[str, Floats]:
    """Weights of the courses per column: float64 (D, levels, courses), the reference level 0."""
    tables, at = {}, 0
    for name in columns:
        count = COURSES * (len(LEVELS[name]) - 1)
        own = weights[:, at : at + count].reshape(len(weights), len(LEVELS[name]) - 1, COURSES)
        tables[name] = np.concatenate([np.zeros((len(weights), 1, COURSES)), own], axis=1)
        at += count
    return tables


@dataclass(frozen=True)
class FittedSet:
    """Models by key, and the pooled fits of the groups that have sub-diagnoses."""

    models: Mapping[str, HazardModel]
    groups: Mapping[str, Fitted] = field(default_factory=dict)


def fit_set(
    rows: Rows,
    *,
    seed: int = 0,
    draws: int = 200,
    strength: Strength | None = None,
    keys: Collection[str] | None = None,
    progress: Any = None,
) -> FittedSet:
    """Models for every key that has cases; a group with sub-diagnoses is fitted as one first, its keys against it.

    Args:
        rows: cases.
        seed, draws, strength: as in `fit_key`.
        keys: only these get a model; the other cases count in their group alone.
        progress: told each key.
    """
    present = sorted(set(rows.keys.tolist()))
    wanted = [key for key in present if keys is None or key in keys]
    models: dict[str, HazardModel] = {}
    groups: dict[str, Fitted] = {}
    for group in dict.fromkeys(map(group_of, present)):
        members = [key for key in present if group_of(key) == group]
        if len(members) > 1:
            groups[group] = fit_coefficients(rows.of(np.isin(rows.keys, members)), group, strength=strength)
        for key in (key for key in members if key in wanted):
            own, parent = rows.of(rows.keys == key), groups.get(group)
            models[key] = fit_key(own, key, parent=parent, strength=strength, seed=seed, draws=draws)
            if progress is not None:
                progress(key, len(models), len(wanted))
    return FittedSet(models, groups)

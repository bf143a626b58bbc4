"""Fitting where answers are unknown: every way to answer counts as much as it is likely (EM).

In turn: each case's open answers are weighed by how common they are among cases with the same known answers and by how
well each fits the length that was seen; coefficients and distribution are fitted to the weighed cases. This is maximum
likelihood as long as whether an answer is known depends on nothing but what is known (missing at random).

Source: Dempster, Laird and Rubin 1977; Ibrahim 1990, doi 10.1080/01621459.1990.10474938 (weights); Louis 1982
(covariance); docs/explanation/risk.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from risk.hazard_model import Floats

Ints = npt.NDArray[np.int64]
Answers = Callable[[Floats], Floats]
_MOST_STEPS, _STILL, _FAR, _NEAR_END = 200, 1e-4, 2.0, 0.1
_AT_ONCE, _PAIRS, _MOST_MISSING = 2_000_000, 10, 0.98


@dataclass(frozen=True)
class Seen:
    """Cases as they were seen, equal ones once.

    Attributes:
        codes: (n, columns), places of the levels; -1 = unknown.
        spent: float64 (n, J), days at risk in each interval.
        interval: (n,), where it was last seen.
        ended: (n,), whether its end was seen there.
        count: float64 (n,), how many such cases.
    """

    codes: npt.NDArray[np.int8]
    spent: Floats
    interval: Ints
    ended: npt.NDArray[np.bool_]
    count: Floats

    def of(self, at: Ints) -> Seen:
        return Seen(self.codes[at], self.spent[at], self.interval[at], self.ended[at], self.count[at])


@dataclass(frozen=True)
class Form:
    """What is fitted: log hazard = centre + spread * theta, theta with a unit-variance prior.

    Attributes:
        sizes: levels of each column.
        basis: float64 (K, J), the courses of an effect.
        centre, spread: float64 (p,), in the order intercepts, then (column, level, course).
    """

    sizes: tuple[int, ...]
    basis: Floats
    centre: Floats
    spread: Floats

    def tables(self, theta: Floats) -> tuple[Floats, list[Floats]]:
        """Intercepts (J,) and one table (levels, J) per column, the reference level 0."""
        found, intervals = self.centre + self.spread * theta, self.basis.shape[1]
        levels = found[intervals:].reshape(-1, len(self.basis)) @ self.basis
        parts = np.split(levels, np.cumsum([size - 1 for size in self.sizes])[:-1])
        return found[:intervals], [np.concatenate([np.zeros((1, intervals)), part]) for part in parts]

    def levels(self, numbers: Ints) -> Floats:
        """1, then yes or no for every level but the reference: float64 (n, 1 + levels)."""
        codes = np.unravel_index(numbers, self.sizes)
        parts = [code[:, None] == np.arange(1, size)[None, :] for code, size in zip(codes, self.sizes, strict=True)]
        return np.concatenate([np.ones((len(numbers), 1)), *parts], axis=1)


@dataclass(frozen=True)
class _Alike:
    """Cases that lack the same answers; `number` is that of the first way to answer, `ways` what others add to it."""

    seen: Seen
    known: tuple[int, ...]
    open_: tuple[int, ...]
    number: Ints
    ways: Ints


@dataclass(frozen=True)
class Counts:
    """Cases by way of answering: float64 (combinations, J) events and days, (combinations,) cases."""

    events: Floats
    spent: Floats
    cases: Floats


def alike(seen: Seen, sizes: tuple[int, ...]) -> list[_Alike]:
    """The cases in parts that lack the same answers, none too large to hold every way to answer at once."""
    strides = np.array([int(np.prod(sizes[place + 1 :])) for place in range(len(sizes))])
    unknown = seen.codes < 0
    pattern = unknown @ (1 << np.arange(len(sizes)))
    parts = []
    for one in np.unique(pattern):
        at = np.flatnonzero(pattern == one)
        open_ = tuple(np.flatnonzero(unknown[at[0]]).tolist())
        known = tuple(place for place in range(len(sizes)) if place not in open_)
        ways = np.zeros(1, dtype=np.int64)
        for place in open_:
            ways = (ways[:, None] + strides[place] * np.arange(sizes[place])).ravel()
        for piece in np.array_split(at, -(-len(at) * len(ways) // _AT_ONCE)):
            own = seen.of(piece)
            parts.append(_Alike(own, known, open_, np.maximum(own.codes, 0) @ strides, ways))
    return parts


def fit(seen: Seen, form: Form, answers: Answers, *, seed: int) -> tuple[Floats, Floats, Floats]:
    """Fit coefficients and the distribution of answers together.

    Args:
        seen: the cases.
        form: what is fitted.
        answers: from cases by way of answering (shape `form.sizes`) to the share of each way.
        seed: of the drawing that the information rests on.

    Returns:
        theta float64 (p,); its information without the prior, less what the unknown answers cost (p, p); cases by way
        of answering (shape `form.sizes`).
    """
    parts = alike(seen, form.sizes)
    theta, share = np.zeros(len(form.centre)), _apart(seen, form.sizes)
    levels = form.levels(np.arange(int(np.prod(form.sizes))))
    step, whole = np.full(len(theta), np.inf), np.eye(len(theta))
    for _ in range(_MOST_STEPS):
        counts = _counted(parts, form, theta, share)
        share = answers(counts.cases.reshape(form.sizes)).ravel()
        expected = counts.spent * np.exp(_log_hazards(levels, form, theta))
        if np.abs(step).max() > _NEAR_END:
            whole = _information(levels, expected, form)
        slope = _slope(levels, counts.events - expected, form)
        step = np.linalg.solve(whole + np.eye(len(theta)), slope - theta)
        theta = theta + step * min(1.0, _FAR / max(float(np.abs(step * form.spread).max()), 1e-12))
        if np.abs(step).max() < _STILL:
            break
    expected = counts.spent * np.exp(_log_hazards(levels, form, theta))
    whole = _information(levels, expected, form)
    return theta, _less(whole, _missing(parts, form, theta, share, seed)), counts.cases.reshape(form.sizes)


def _apart(seen: Seen, sizes: tuple[int, ...]) -> Floats:
    """To begin with: every column by itself, as known."""
    share = np.ones(1)
    for place, size in enumerate(sizes):
        code = seen.codes[:, place]
        known = np.bincount(code[code >= 0], seen.count[code >= 0], size) + 0.5
        share = (share[:, None] * (known / known.sum())).ravel()
    return share


def _counted(parts: list[_Alike], form: Form, theta: Floats, share: Floats) -> Counts:
    """Events, days and cases of every way of answering, each case counted over its ways by how likely they are."""
    intervals = form.basis.shape[1]
    at_end, days, events = (np.zeros(len(share) * intervals) for _ in range(3))
    longest = np.max([part.seen.spent.max(axis=0) for part in parts], axis=0)
    for some in _together(_weighed(parts, form, theta, share)):
        weight, cell, last, ended = (
            np.concatenate(one) for one in zip(*(_ends(*one, intervals) for one in some), strict=True)
        )
        at_end += np.bincount(cell, weight, len(at_end))
        days += np.bincount(cell, weight * last, len(days))
        events += np.bincount(cell, weight * ended, len(events))
    shape = (len(share), intervals)
    at_end = at_end.reshape(shape)
    later = at_end[:, ::-1].cumsum(axis=1)[:, ::-1] - at_end
    return Counts(events.reshape(shape), days.reshape(shape) + later * longest, at_end.sum(axis=1))


def _ends(part: _Alike, weight: Floats, intervals: int) -> tuple[Floats, Ints, Floats, Floats]:
    """Flat, one per case and way: weight, way and last interval as one number, days spent in it, whether it ended."""
    own, ways = part.seen, len(part.ways)
    cell = (part.number[:, None] + part.ways) * intervals + own.interval[:, None]
    last = own.spent[np.arange(len(own.interval)), own.interval]
    return weight.ravel(), cell.ravel(), np.repeat(last, ways), np.repeat(own.ended.astype(float), ways)


def _together(parts: Iterator[tuple[_Alike, Floats]]) -> Iterator[list[tuple[_Alike, Floats]]]:
    """Small parts taken together, up to what is held at once."""
    some, size = [], 0
    for part in parts:
        some.append(part)
        size += part[1].size
        if size > _AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _weighed(parts: list[_Alike], form: Form, theta: Floats, share: Floats) -> Iterator[tuple[_Alike, Floats]]:
    """Each part with how many cases every way of answering stands for: float64 (cases, ways)."""
    intercept, tables = form.tables(theta)
    for part in parts:
        own = part.seen
        base, ways = _hazards(part, intercept, tables)
        likely = np.log(share[part.number[:, None] + part.ways]) - (np.exp(base) * own.spent) @ np.exp(ways).T
        likely += np.where(own.ended[:, None], ways.T[own.interval], 0.0)
        weight = np.exp(likely - likely.max(axis=1, keepdims=True))
        yield part, weight * (own.count / weight.sum(axis=1))[:, None]


def _hazards(part: _Alike, intercept: Floats, tables: list[Floats]) -> tuple[Floats, Floats]:
    """Log hazards from the known answers (cases, J), and what each way to answer the open ones adds (ways, J)."""
    base = np.tile(intercept, (len(part.number), 1))
    for place in part.known:
        base += tables[place][part.seen.codes[:, place]]
    ways = np.zeros((1, len(intercept)))
    for place in part.open_:
        ways = (ways[:, None, :] + tables[place][None, :, :]).reshape(-1, len(intercept))
    return base, ways


def _log_hazards(levels: Floats, form: Form, theta: Floats) -> Floats:
    intercept, tables = form.tables(theta)
    result: Floats = levels @ np.concatenate([intercept[None, :], *(table[1:] for table in tables)])
    return result


def _slope(levels: Floats, apart: Floats, form: Form) -> Floats:
    """Slope of the log likelihood, from events less expected events (combinations, J)."""
    sums = levels.T @ apart
    result: Floats = form.spread * np.concatenate([sums[0], (sums[1:] @ form.basis.T).ravel()])
    return result


def _information(levels: Floats, expected: Floats, form: Form) -> Floats:
    """Information of cases whose ways of answering were known, from expected events (combinations, J)."""
    some = expected.sum(axis=1) > 0
    own, basis = levels[some], form.basis
    products = np.stack([own.T @ (own * mean[:, None]) for mean in expected[some].T])
    intervals, count = basis.shape[1], products.shape[1] - 1
    crossed = (products[:, 0, 1:, None] * basis.T[:, None, :]).reshape(intervals, -1)
    effects = np.einsum("jtv,kj,lj->tkvl", products[:, 1:, 1:], basis, basis, optimize=True)
    whole = np.block(
        [
            [np.diag(products[:, 0, 0]), crossed],
            [crossed.T, effects.reshape(count * len(basis), count * len(basis))],
        ]
    )
    result: Floats = whole * np.outer(form.spread, form.spread)
    return result


def _missing(parts: list[_Alike], form: Form, theta: Floats, share: Floats, seed: int) -> Floats:
    """What the unknown answers cost: how the score varies over each case's ways, from pairs drawn by likelihood."""
    random, size = np.random.default_rng([seed, 7]), len(theta)
    intercept, tables = form.tables(theta)
    lost = np.zeros((size, size))
    for part, weight in _weighed(parts, form, theta, share):
        if len(part.ways) == 1:
            continue
        base, ways = _hazards(part, intercept, tables)
        passed = np.cumsum(weight, axis=1) / part.seen.count[:, None]
        for _ in range(_PAIRS):
            one, other = (_score(part, base, ways, _drawn(passed, random), form) for _ in range(2))
            apart = (one - other) * np.sqrt(part.seen.count / (2 * _PAIRS))[:, None]
            lost += apart.T @ apart
    return lost


def _drawn(passed: Floats, random: np.random.Generator) -> Ints:
    """One way per case."""
    draw = random.random(len(passed)) * passed[:, -1]
    result: Ints = np.minimum((passed < draw[:, None]).sum(axis=1), passed.shape[1] - 1)
    return result


def _score(part: _Alike, base: Floats, ways: Floats, drawn: Ints, form: Form) -> Floats:
    """Slope of each case's log likelihood, answered in the drawn way: float64 (cases, p)."""
    apart = -np.exp(base + ways[drawn]) * part.seen.spent
    apart[np.arange(len(drawn)), part.seen.interval] += part.seen.ended
    levels = form.levels(part.number + part.ways[drawn])[:, 1:]
    effects = levels[:, :, None] * (apart @ form.basis.T)[:, None, :]
    result: Floats = form.spread * np.concatenate([apart, effects.reshape(len(drawn), -1)], axis=1)
    return result


def _less(whole: Floats, lost: Floats) -> Floats:
    """Information less what was lost; some always remains, though the loss was drawn."""
    root = np.linalg.cholesky(whole + np.eye(len(whole)))
    part = np.linalg.solve(root, np.linalg.solve(root, lost).T)
    values, vectors = np.linalg.eigh((part + part.T) / 2)
    turned = root @ vectors
    result: Floats = (turned * (1 - np.clip(values, 0.0, _MOST_MISSING))) @ turned.T - np.eye(len(whole))
    return result

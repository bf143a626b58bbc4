"""Why one person's figure differs from the diagnosis's: contributions that add up exactly.

Between the given day and the horizon let A be the person's cumulative hazard and B the group's, a_j and b_j their
parts in interval j. With L the logarithmic mean, log(A / B) = sum over j of L(a_j, b_j) / L(A, B) * log(a_j / b_j),
exactly (the logarithmic mean Divisia decomposition); and log(a_j / b_j) is a sum over factors. A positive contribution
to the log cumulative hazard means an earlier return; what people are told is the other way round (`prolongs`).

Source: Ang 2005, doi 10.1016/j.enpol.2003.10.010; docs/explanation/risk.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from risk.hazard_curve import HazardCurve
from risk.hazard_model import Floats, HazardModel
from risk.unknowns import person_curve

UNANSWERED = "unanswered"
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Contribution:
    """One row of the explanation.

    Attributes:
        column: a column of the model, or "unanswered" for all open questions together.
        level: the person's answer; None for "unanswered".
        value: part of log(cumulative hazard of the person / of the diagnosis); negative = stays longer.
    """

    column: str
    level: str | None
    value: float

    @property
    def prolongs(self) -> bool:
        return self.value < 0


@dataclass(frozen=True)
class Window:
    """The diagnosis between a given day and a horizon, prepared once.

    Attributes:
        inside: the intervals touched.
        lengths: float64 (k,), days in each of them.
        group: float64 (k,), cumulative hazard of all with the diagnosis in each.
        total: its sum.
        centred: float64 (rows, k), as `HazardModel.stacked`: effects so centred that a patient's sum to the log of
            the patient's hazard over the diagnosis's.
        edges: k + 1 days.
    """

    inside: slice
    lengths: Floats
    group: Floats
    total: float
    centred: Floats
    edges: tuple[int, ...]


@dataclass(frozen=True)
class Population:
    """Everyone with the diagnosis on day 15, prepared once per model.

    Attributes:
        curve: S(t) of each combination of answers and of all together.
        centred: float64 (rows, J), as `HazardModel.stacked`, less the column's mean among those still at risk.
        spread: float64 (rows, J), share of the row's column in the variation of the hazards.
        rest: float64 (J,), intercept plus the means that `centred` lacks.
        cumulative: float64 (days,), -log S of all together on every day from day 15.
    """

    curve: HazardCurve
    centred: Floats
    spread: Floats
    rest: Floats
    cumulative: Floats
    _windows: dict[tuple[int, int], Window] = field(default_factory=dict)

    def window(self, given_day: int, day: int) -> Window:
        """What `contributions` needs for these days."""
        found = self._windows.get((given_day, day))
        if found is None:
            found = self._windows[given_day, day] = self._window(given_day, day)
        return found

    def _window(self, given_day: int, day: int) -> Window:
        edges = _edges(self.curve.breaks, given_day, day)
        first = _place(self.curve.breaks, edges[0])
        inside = slice(first, first + len(edges) - 1)
        lengths = np.diff(np.array(edges, float))
        group = np.diff(self.cumulative[np.array(edges) - self.curve.breaks[0]])
        # What the columns' means leave of the group's hazard is shared out by how much each column varies.
        leftover = np.log(group / lengths) - self.rest[inside]
        centred = self.centred[:, inside] - self.spread[:, inside] * leftover
        return Window(inside, lengths, group, float(group.sum()), centred, edges)


def population(model: HazardModel) -> Population:
    """The diagnosis as a whole: the mixture over every combination of answers."""
    curve = person_curve(model, [None] * len(model.names))
    at_risk = _at_risk(curve)
    sizes = [len(levels) for levels in model.columns.values()]
    shaped = at_risk.reshape([*sizes, at_risk.shape[1]])
    centred, spread, rest = [], [], model.intercept.copy()
    for axis, name in enumerate(model.names):
        others = tuple(i for i in range(len(sizes)) if i != axis)
        shares = shaped.sum(axis=others)
        mean = (shares * model.effects[name]).sum(axis=0)
        centred.append(model.effects[name] - mean)
        spread.append((shares * centred[-1] ** 2).sum(axis=0))
        rest = rest + mean
    part = np.stack(spread) / np.maximum(np.sum(spread, axis=0), 1e-12)
    return Population(curve, np.concatenate(centred), np.repeat(part, sizes, axis=0), rest, -np.log(curve.daily))


def contributions(
    model: HazardModel,
    everyone: Population,
    levels: Sequence[int | None],
    curve: HazardCurve,
    *,
    day: int,
    given_day: int = 15,
) -> tuple[Contribution, ...]:
    """One row per known factor, and one for all open questions, against the diagnosis's mean on the same day.

    Returns:
        Rows whose values sum to log(-log P(person)) - log(-log P(diagnosis)), P = share still on leave on `day` among
        those on leave on `given_day`; in the order of the model's columns, "unanswered" last, when something is.
    """
    window = everyone.window(given_day, day)
    parts = window.centred[model.rows(levels)]
    mine = _parts(curve, window)
    open_ = None in levels
    ratio = np.log(mine / window.group) if open_ else parts.sum(axis=0)
    total = float(mine.sum())
    weight = _log_mean(mine, window.group, ratio) / _log_mean_of(total, window.total)
    values = (parts @ weight).tolist()
    known = [(name, level) for name, level in zip(model.names, levels, strict=True) if level is not None]
    rows = [
        Contribution(name, model.columns[name][level], value)
        for (name, level), value in zip(known, values, strict=True)
    ]
    if open_:
        rows.append(Contribution(UNANSWERED, None, float(weight @ ratio) - sum(values)))
    return tuple(rows)


def _at_risk(curve: HazardCurve) -> Floats:
    """Shares of the combinations among those at risk at each interval's beginning: float64 (n, J)."""
    remaining = np.stack([curve.weights * np.exp(-curve.cumulative(day)) for day in curve.breaks[:-1]], axis=1)
    result: Floats = remaining / remaining.sum(axis=0)
    return result


def _edges(breaks: tuple[int, ...], given_day: int, day: int) -> tuple[int, ...]:
    start = max(given_day, breaks[0])
    return (start, *(one for one in breaks if start < one < day), day)


def _place(breaks: tuple[int, ...], day: int) -> int:
    return int(np.searchsorted(breaks, day, side="right")) - 1


def _parts(curve: HazardCurve, window: Window) -> Floats:
    """Cumulative hazard of the person in each interval of the window: float64 (k,)."""
    if len(curve.weights) == 1:
        alone: Floats = curve.hazards[0, window.inside] * window.lengths
        return alone
    return np.diff(-np.log(np.array([curve.at(day) for day in window.edges])))


def _log_mean(one: Floats, other: Floats, log: Floats) -> Floats:
    """Logarithmic means, where `log` is log(one / other)."""
    near = np.abs(log) < _NEAR
    if not near.any():
        return (one - other) / log
    return np.where(near, (one + other) / 2 * (1 - log**2 / 12), (one - other) / np.where(near, 1.0, log))


def _log_mean_of(one: float, other: float) -> float:
    log = math.log(one / other)
    return (one + other) / 2 * (1 - log**2 / 12) if abs(log) < _NEAR else (one - other) / log

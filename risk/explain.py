"""Why one person's figure differs from the diagnosis's: contributions that add up exactly.

Between the given day and the horizon let A be the person's cumulative hazard and B the group's, a_j and b_j their
parts in interval j. With L the logarithmic mean, log(A / B) = sum over j of L(a_j, b_j) / L(A, B) * log(a_j / b_j),
exactly (the logarithmic mean Divisia decomposition); and log(a_j / b_j) is a sum over factors. A positive contribution
to the log cumulative hazard means an earlier return; what people are told is the other way round (`prolongs`).

Source: Ang 2005, doi 10.1016/j.enpol.2003.10.010; docs/explanation/risk.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from risk.hazard_curve import HazardCurve
from risk.hazard_model import Floats, HazardModel
from risk.unknowns import person_curve

UNANSWERED = "unanswered"


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
class Population:
    """Everyone with the diagnosis on day 15, prepared once per model.

    Attributes:
        curve: S(t) of each combination of answers and of all together.
        centred: column -> float64 (levels, J), the effect less the mean among those at risk in each interval.
        spread: float64 (columns, J), share of each column in the variation of the hazards.
        rest: float64 (J,), intercept plus the means that `centred` lacks.
        cumulative: float64 (days,), -log S of all together on every day from day 15.
    """

    curve: HazardCurve
    centred: dict[str, Floats]
    spread: Floats
    rest: Floats
    cumulative: Floats


def population(model: HazardModel) -> Population:
    """The diagnosis as a whole: the mixture over every combination of answers."""
    curve = person_curve(model, [None] * len(model.names))
    at_risk = _at_risk(curve)
    sizes = [len(levels) for levels in model.columns.values()]
    shaped = at_risk.reshape([*sizes, at_risk.shape[1]])
    centred, spread, rest = {}, [], model.intercept.copy()
    for axis, name in enumerate(model.names):
        others = tuple(i for i in range(len(sizes)) if i != axis)
        shares = shaped.sum(axis=others)
        mean = (shares * model.effects[name]).sum(axis=0)
        centred[name] = model.effects[name] - mean
        spread.append((shares * centred[name] ** 2).sum(axis=0))
        rest = rest + mean
    total = np.stack(spread)
    return Population(curve, centred, total / np.maximum(total.sum(axis=0), 1e-12), rest, -np.log(curve.daily))


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
    edges = _edges(model.breaks, given_day, day)
    mine = _parts(curve, edges)
    group = np.diff(everyone.cumulative[np.array(edges) - model.breaks[0]])
    first = _place(model.breaks, edges[0])
    inside = slice(first, first + len(mine))
    ratio = np.log(mine / group)
    weight = _log_mean(mine, group) / _log_mean(mine.sum(keepdims=True), group.sum(keepdims=True))
    # What the factors' means leave of the group's hazard is shared out by how much each factor varies.
    leftover = np.log(group / np.diff(np.array(edges, float))) - everyone.rest[inside]
    rows, total = [], 0.0
    for place, (name, level) in enumerate(zip(model.names, levels, strict=True)):
        if level is None:
            continue
        part = everyone.centred[name][level, inside] - everyone.spread[place, inside] * leftover
        value = float(weight @ part)
        total += value
        rows.append(Contribution(name, model.columns[name][level], value))
    if None in levels:
        rows.append(Contribution(UNANSWERED, None, float(weight @ ratio) - total))
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


def _parts(curve: HazardCurve, edges: tuple[int, ...]) -> Floats:
    """Cumulative hazard of the mixture between the edges: float64 (len(edges) - 1,)."""
    if len(curve.weights) == 1:
        first = _place(curve.breaks, edges[0])
        result: Floats = curve.hazards[0, first : first + len(edges) - 1] * np.diff(np.array(edges, float))
        return result
    return np.diff(-np.log(np.array([curve.at(day) for day in edges])))


def _log_mean(one: Floats, other: Floats) -> Floats:
    log = np.log(one / other)
    near = np.abs(log) < 1e-6
    return np.where(near, (one + other) / 2 * (1 - log**2 / 24), (one - other) / np.where(near, 1.0, log))

"""S(t) for many rows at once, holes and all: the same figures as one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from risk.hazard_model import Floats, HazardModel

_AT_ONCE = 4_000_000


def survival_of_rows(
    model: HazardModel,
    codes: npt.NDArray[np.integer],
    days: tuple[float, ...],
    own_days: npt.NDArray[np.integer] | None = None,
) -> Floats:
    """S(day) of every row, unknown answers integrated over.

    Args:
        model: of the rows' diagnosis key.
        codes: integers (n, columns), places of the levels in the model's order; -1 = unknown.
        days: days asked about, 15 to the model's last.
        own_days: integers (n,), one day more for each row; left out for none.

    Returns:
        float64 (n, len(days)), with S on the row's own day as one column more when there are such days.
    """
    spent = model.exposure(days)
    own = np.empty((len(codes), 0, len(spent))) if own_days is None else model.exposure(tuple(own_days)).T[:, None, :]
    lacking = (codes < 0).any(axis=1)
    if not lacking.any():
        return _complete(model, codes, spent, own)
    found = np.empty((len(codes), len(days) + own.shape[1]))
    found[~lacking] = _complete(model, codes[~lacking], spent, own[~lacking])
    unknown = codes < 0
    number = unknown @ (1 << np.arange(codes.shape[1]))
    for pattern in np.unique(number[lacking]):
        at = np.flatnonzero(number == pattern)
        found[at] = _pattern(model, codes[at], unknown[at[0]], spent, own[at])
    return found


def _complete(model: HazardModel, codes: npt.NDArray[np.integer], spent: Floats, own: Floats) -> Floats:
    """Rows without holes; from a table of all combinations when there are many rows."""
    sizes = [len(levels) for levels in model.columns.values()]
    if own.shape[1] or len(codes) < np.prod(sizes):
        hazards = np.exp(model.log_hazards(codes))
        lost = np.concatenate([hazards @ spent, (own @ hazards[:, :, None])[:, :, 0]], axis=1)
        few: Floats = np.exp(-lost)
        return few
    place = np.zeros(len(codes), dtype=np.int32)
    for column, size in enumerate(sizes):
        place *= size
        place += codes[:, column]
    every = np.indices(sizes).reshape(len(sizes), -1).T
    table: Floats = np.exp(-(np.exp(model.log_hazards(every)) @ spent))
    return table[place]


def _pattern(
    model: HazardModel, codes: npt.NDArray[np.integer], unknown: npt.NDArray[np.bool_], spent: Floats, alone: Floats
) -> Floats:
    """Rows that lack the same answers."""
    known = [place for place in range(len(model.names)) if not unknown[place]]
    open_ = [place for place in range(len(model.names)) if unknown[place]]
    base = np.tile(model.intercept, (len(codes), 1))
    for place in known:
        base += model.effects[model.names[place]][codes[:, place]]
    hazards = np.exp(base)
    factors = np.exp(_combined([model.effects[model.names[place]] for place in open_]))
    spread = (factors[:, :, None] * spent).transpose(1, 0, 2).reshape(spent.shape[0], -1)
    joint = np.moveaxis(model.answers.joint, open_, range(-len(open_), 0))
    weights = joint.reshape(*joint.shape[: len(known)], -1)
    found = np.empty((len(codes), spent.shape[1] + alone.shape[1]))
    for part in _parts(len(codes), len(factors) * spent.shape[1]):
        own = weights[tuple(codes[part, place] for place in known)] if known else weights[None, :]
        own = own / own.sum(axis=1, keepdims=True)
        each = np.exp(-(hazards[part] @ spread)).reshape(len(hazards[part]), len(factors), -1)
        own = np.broadcast_to(own, each.shape[:2])
        found[part, : spent.shape[1]] = np.einsum("nm,nmd->nd", own, each)
        if alone.shape[1]:
            last = np.exp(-((hazards[part] * alone[part, 0]) @ factors.T))
            found[part, -1] = np.einsum("nm,nm->n", own, last)
    return found


def _combined(effects: list[Floats]) -> Floats:
    """The summed effects of every combination, the last column fastest."""
    total = np.zeros((1, effects[0].shape[1]))
    for table in effects:
        total = (total[:, None, :] + table[None, :, :]).reshape(-1, table.shape[1])
    return total


def _parts(rows: int, width: int) -> Iterator[slice]:
    step = max(_AT_ONCE // max(width, 1), 1)
    return (slice(begin, begin + step) for begin in range(0, rows, step))

"""How common each combination of answers is among the cases of one diagnosis key, as a chain of small tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AnswerTable:
    """P(level | levels of the parents): float64, one axis per parent in order, the column's own levels last."""

    parents: tuple[str, ...]
    shares: Floats


@dataclass(frozen=True)
class AnswerDistribution:
    """The joint distribution of a key's columns on day 15: the product of one table per column.

    Attributes:
        columns: column -> number of levels, in the model's order; a table's parents come before it.
        tables: column -> its table.
    """

    columns: Mapping[str, int]
    tables: Mapping[str, AnswerTable]

    @cached_property
    def joint(self) -> Floats:
        """Share of every combination: float64, one axis per column, sums to 1."""
        names = tuple(self.columns)
        joint = np.ones(tuple(self.columns.values()))
        for name, table in self.tables.items():
            axes = [names.index(one) for one in (*table.parents, name)]
            shaped = np.transpose(table.shares, np.argsort(axes))
            sizes = [self.columns[one] if place in axes else 1 for place, one in enumerate(names)]
            joint = joint * shaped.reshape(sizes)
        result: Floats = joint / joint.sum()
        return result

    def given(self, levels: Sequence[int | None]) -> Floats:
        """Shares of the combinations of the unknown columns, given the known ones: float64, flat, sums to 1."""
        if None not in levels:
            return np.ones(1)
        at = tuple(slice(None) if level is None else level for level in levels)
        shares = self.joint[at].ravel()
        total = shares.sum()
        return shares / total if total > 0 else np.full(len(shares), 1 / len(shares))

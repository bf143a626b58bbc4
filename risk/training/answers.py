"""How the answers of a key's cases are distributed, and the cases counted by how they answer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from risk.answer_distribution import AnswerDistribution, AnswerTable
from risk.columns import LEVELS
from risk.hazard_model import Floats
from risk.training.simulate import Rows

PARENTS: dict[str, tuple[str, ...]] = {
    "Sex": (),
    "age_cat_fct": ("Sex",),
    "Region": (),
    "birth_cat_fct": ("Region", "age_cat_fct"),
    "edu_cat_fct": ("Sex", "age_cat_fct"),
    "comorbidity": ("age_cat_fct", "edu_cat_fct"),
    "SA_SyssStart_fct": ("birth_cat_fct", "edu_cat_fct"),
    "DP_atStart": ("age_cat_fct", "comorbidity"),
    "SA_1_gross": ("comorbidity", "SA_SyssStart_fct", "DP_atStart"),
    "NoCareAtStart": ("comorbidity", "Region"),
    "Visits_yearBefore_all_r1_median": ("comorbidity", "NoCareAtStart"),
    "Vtid_yearBefore_all_r1_median": ("comorbidity", "NoCareAtStart"),
    "SA_ExtentFirst": ("Sex", "edu_cat_fct", "SA_SyssStart_fct", "DP_atStart"),
}
"""Which earlier answers a column's distribution may depend on; those that a key does not use fall away."""


def own_answers(rows: Rows, columns: tuple[str, ...]) -> npt.NDArray[np.int8]:
    """Places of the levels in these columns, in their order; -1 = unknown."""
    return rows.codes[:, [tuple(LEVELS).index(name) for name in columns]]


def counted(rows: Rows, columns: tuple[str, ...]) -> Floats:
    """Cases of every way of answering: one axis per column."""
    sizes = [len(LEVELS[name]) for name in columns]
    number = np.ravel_multi_index(tuple(own_answers(rows, columns).T.astype(np.int64)), sizes)
    return np.bincount(number, minlength=int(np.prod(sizes))).reshape(sizes).astype(float)


def answers_of(
    counts: Floats, columns: tuple[str, ...], *, group: AnswerDistribution | None = None, prior_cases: float = 20.0
) -> AnswerDistribution:
    """How the answers are distributed: counts per parents' levels, pulled to the group's, else to the overall shares.

    Args:
        counts: cases of every way of answering, one axis per column.
        columns: in order.
        group: that of the group, for a key that leans on it.
        prior_cases: how strongly.
    """
    tables = {}
    for axis, name in enumerate(columns):
        parents = tuple(one for one in PARENTS[name] if one in columns)
        axes = [*(columns.index(one) for one in parents), axis]
        kept = counts.sum(axis=tuple(one for one in range(len(columns)) if one not in axes))
        own = np.transpose(kept, [sorted(axes).index(one) for one in axes])
        own = own + prior_cases * _pulled_to(name, parents, own, group)
        tables[name] = AnswerTable(parents, own / own.sum(axis=-1, keepdims=True))
    return AnswerDistribution({name: len(LEVELS[name]) for name in columns}, tables)


def _pulled_to(name: str, parents: tuple[str, ...], own: Floats, group: AnswerDistribution | None) -> Floats:
    """Shares of the group where it asks the same of the same, else the column's own overall shares."""
    theirs = group.tables.get(name) if group is not None else None
    if theirs is not None and theirs.parents == parents:
        return theirs.shares
    overall = own.reshape(-1, own.shape[-1]).sum(axis=0) + 0.5
    shares: Floats = overall / overall.sum()
    return shares

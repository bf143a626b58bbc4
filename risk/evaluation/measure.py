"""A set measured on cases with known outcome: per key, per group of people, over time, against other models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.columns import LEVELS
from risk.evaluation.decision import decision_curve
from risk.evaluation.figures import figures, said
from risk.evaluation.sides import UNANSWERED, Risks, national_risks, set_risks, unanswered
from risk.model_set import ModelSet
from risk.result import HORIZONS
from risk.training.rows import CaseRows

PEOPLE = ("Sex", "age_cat_fct", "Region", "birth_cat_fct", "edu_cat_fct")
UNKNOWN = "unknown"
_FEWEST = 100
_COMPARED = ("c_index", "integrated_brier", "auc", "brier")
Found = dict[str, Any]


def evaluated(
    models: ModelSet,
    cases: CaseRows,
    *,
    others: Sequence[Risks] = (),
    about: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Found:
    """Everything that the report shows, as plain values.

    Args:
        models: the set that is measured.
        cases: with known outcome; every diagnosis is answered by the set.
        others: what other models say of the same cases, to measure against.
        about: said beside it.
        progress: told what was measured.
    """
    own = set_risks(models, cases.rows)
    blind = set_risks(models, unanswered(cases.rows), UNANSWERED)
    sides = (own, *others, blind, national_risks(cases.rows))
    tell = progress or (lambda _: None)
    found: Found = {
        "models": {"id": models.id, "version": models.version, "simulated": models.simulated},
        "rows": _rows(cases),
        "fits": _fits(models),
        **(about or {}),
    }
    found["overall"], found["differences"] = _compared(sides, cases)
    tell("all")
    found["people"] = _grouped(sides, cases, _people(cases), tell)
    found["started"] = {year: groups for (_, year), groups in _each(sides, cases, _years(cases), tell).items()}
    found["decision"] = {str(day): decision_curve(sides, cases.rows, day=day) for day in HORIZONS}
    keys = ((("key", key), cases.rows.keys == key) for key in sorted(set(cases.rows.keys.tolist())))
    found["keys"] = {key: groups for (_, key), groups in _each(sides, cases, keys, tell).items()}
    return found


def _fits(models: ModelSet) -> Found:
    """What is worth knowing of how a key was fitted; keys of which nothing is are not there."""
    read = {key: models.model(key) for key in models.listed}
    return {
        key: {"cases": model.cases, "leans_on": model.leans_on, "not_used": dict(model.not_used)}
        for key, model in read.items()
        if model.leans_on or model.not_used
    }


def _rows(cases: CaseRows) -> Found:
    return {
        "cases": len(cases),
        "persons": len(set(cases.persons)),
        "ended": int(cases.rows.ended.sum()),
        "first_start": min(cases.starts).isoformat(),
        "last_start": max(cases.starts).isoformat(),
    }


def _compared(sides: Sequence[Risks], cases: CaseRows) -> tuple[Found, Found]:
    """Each side's figures, and by how much the first differs from each other: paired, with intervals."""
    persons = cases.person_numbers
    all_ = {side.name: figures(side, cases.rows) for side in sides}
    first = all_[sides[0].name]
    apart = {
        side.name: said(
            {name: first[name].minus(one) for name, one in all_[side.name].items() if name[1] in _COMPARED}, persons
        )
        for side in sides[1:]
    }
    return {side.name: said(all_[side.name], persons, side, cases.rows) for side in sides}, apart


Groups = Iterator[tuple[tuple[str, str], npt.NDArray[np.bool_]]]


def _people(cases: CaseRows) -> Groups:
    for name in PEOPLE:
        codes = cases.rows.codes[:, tuple(LEVELS).index(name)]
        for code, level in (*enumerate(LEVELS[name]), (-1, UNKNOWN)):
            yield (name, level), codes == code


def _years(cases: CaseRows) -> Groups:
    years = np.array([start.year for start in cases.starts])
    return ((("started", str(year)), years == year) for year in sorted(set(years.tolist())))


def _each(
    sides: Sequence[Risks], cases: CaseRows, groups: Groups, tell: Callable[[str], None]
) -> dict[tuple[str, str], Found]:
    """Every side in each group of at least a hundred cases."""
    found = {}
    for name, at in groups:
        if at.sum() >= _FEWEST:
            own = cases.of(at)
            persons = own.person_numbers
            found[name] = {
                side.name: said(figures(side.of(at), own.rows), persons, side.of(at), own.rows) for side in sides
            }
            tell(" ".join(name))
    return found


def _grouped(sides: Sequence[Risks], cases: CaseRows, groups: Groups, tell: Callable[[str], None]) -> Found:
    found: Found = {}
    for (name, level), one in _each(sides, cases, groups, tell).items():
        found.setdefault(name, {})[level] = one
    return found

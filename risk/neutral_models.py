"""Models fitted elsewhere: neutral JSON of breaks, columns and coefficients, for rights holders to bring their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from risk.columns import LEVELS
from risk.errors import ModelFileFault
from risk.hazard_files import FORM, model_document, read_model
from risk.hazard_model import HazardModel
from risk.result import HORIZONS

NEUTRAL = "neutral-piecewise-hazard/1"
INTERCEPT = "(Intercept)"


def from_neutral(document: Mapping[str, Any], answers_of: Mapping[str, HazardModel]) -> dict[str, HazardModel]:
    """Models by key from one neutral document.

    Args:
        document: {"form": "neutral-piecewise-hazard/1", "models": [{"key", "breaks": [15, ...], "columns":
            ["(Intercept)", "SA_1_gross=(0,90]", ...], "coefficients": [[one number per column] per interval],
            "cases", "answers"}]}. A column is "(Intercept)" or NAME=LEVEL with the names and levels of
            `risk.columns.LEVELS`; a level that is not among the columns is the reference. Breaks and columns are the
            model's own. "answers": {NAME: {LEVEL: share}} says how common the answers are, independently of the
            others; needed where our own model of the key does not have the column.
        answers_of: models whose answers' distribution is taken for the same key, to integrate over unknown answers.

    Raises:
        ModelFileFault: which model, and what is wrong with it.
    """
    if document.get("form") != NEUTRAL:
        raise ModelFileFault(file="-", reason=f"form {document.get('form')!r}, expected {NEUTRAL!r}")
    try:
        return {str(one["key"]): _model(one, answers_of.get(str(one["key"]))) for one in document["models"]}
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise ModelFileFault(file="-", reason=f"{type(wrong).__name__}: {wrong}") from wrong


def _model(one: Mapping[str, Any], own: HazardModel | None) -> HazardModel:
    key, given = str(one["key"]), _coefficients(one)
    told: Mapping[str, Mapping[str, float]] = one.get("answers", {})
    used = {name.partition("=")[0] for name in given} - {INTERCEPT}
    columns = tuple(name for name in LEVELS if name in used or (own is not None and name in own.names))
    answers = _answers(columns, told, own, key)
    zero = [0.0] * (len(one["breaks"]) - 1)
    return read_model(
        {
            "form": FORM,
            "key": key,
            "cases": one.get("cases", 0),
            "breaks": one["breaks"],
            "columns": {name: LEVELS[name] for name in columns},
            "intercept": given[INTERCEPT],
            "coefficients": {
                name: {level: given.get(f"{name}={level}", zero) for level in LEVELS[name][1:]} for name in columns
            },
            "answers": answers,
        },
        file=key,
    )


def _coefficients(one: Mapping[str, Any]) -> dict[str, Sequence[float]]:
    """Column -> its coefficients over the intervals; the reference level may stand among them with zeros."""
    key, names, table = str(one["key"]), list(one["columns"]), np.array(one["coefficients"], float)
    if table.shape != (len(one["breaks"]) - 1, len(names)) or len(set(names)) != len(names):
        raise ModelFileFault(file=key, reason=f"coefficients are {table.shape}, columns {len(names)}")
    if INTERCEPT not in names:
        raise ModelFileFault(file=key, reason=f"no column {INTERCEPT}")
    if one["breaks"][-1] < HORIZONS[-1]:
        raise ModelFileFault(file=key, reason=f"the last break must be day {HORIZONS[-1]} or later")
    known = {f"{name}={level}" for name, levels in LEVELS.items() for level in levels} | {INTERCEPT}
    foreign = sorted(set(names) - known)
    if foreign:
        raise ModelFileFault(file=key, reason=f"unknown column {foreign[0]}")
    given: dict[str, Sequence[float]] = {name: table[:, place].tolist() for place, name in enumerate(names)}
    wrong = [f"{name}={levels[0]}" for name, levels in LEVELS.items() if any(given.get(f"{name}={levels[0]}", ()))]
    if wrong:
        raise ModelFileFault(file=key, reason=f"{wrong[0]} is the reference level: its coefficients must be 0")
    return given


def _answers(
    columns: Sequence[str], told: Mapping[str, Mapping[str, float]], own: HazardModel | None, key: str
) -> dict[str, Any]:
    """Tables of how common the answers are: as told, else those of our own model of the key."""
    ours = model_document(own)["answers"] if own is not None else {}
    answers: dict[str, Any] = {}
    for name in columns:
        if name in told:
            if set(told[name]) != set(LEVELS[name]):
                raise ModelFileFault(file=key, reason=f"answers: {name} needs a share for each of {LEVELS[name]}")
            answers[name] = {"parents": [], "shares": [float(told[name][level]) for level in LEVELS[name]]}
        elif name in ours:
            answers[name] = ours[name]
        else:
            raise ModelFileFault(file=key, reason=f"answers: how common the answers of {name} are must be told")
    return answers

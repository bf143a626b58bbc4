"""Models fitted elsewhere: neutral JSON of breaks, columns and coefficients, for rights holders to bring their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from risk.columns import LEVELS
from risk.errors import ModelFileFault
from risk.hazard_files import FORM, model_document, read_model
from risk.hazard_model import HazardModel

NEUTRAL = "neutral-piecewise-hazard/1"


def from_neutral(document: Mapping[str, Any], answers_of: Mapping[str, HazardModel]) -> dict[str, HazardModel]:
    """Models by key from one neutral document.

    Args:
        document: {"form": "neutral-piecewise-hazard/1", "models": [{"key", "breaks": [15, ...], "columns":
            ["(Intercept)", "SA_1_gross=(0,90]", ...], "coefficients": [[one number per column] per interval],
            "cases"}]}. A column is "(Intercept)" or NAME=LEVEL with the names and levels of `risk.columns.LEVELS`; a
            level that is not among the columns is the reference.
        answers_of: models whose answers' distribution is taken for the same key, to integrate over unknown answers.

    Raises:
        ModelFileFault: which model, and what is wrong with it.
    """
    if document.get("form") != NEUTRAL:
        raise ModelFileFault(file="-", reason=f"form {document.get('form')!r}, expected {NEUTRAL!r}")
    return {str(one["key"]): _model(one, answers_of) for one in document["models"]}


def _model(one: Mapping[str, Any], answers_of: Mapping[str, HazardModel]) -> HazardModel:
    key = str(one.get("key"))
    if key not in answers_of:
        raise ModelFileFault(file=key, reason="no distribution of answers is known for this key")
    names, table = list(one["columns"]), np.array(one["coefficients"], float)
    if table.shape != (len(one["breaks"]) - 1, len(names)) or len(set(names)) != len(names):
        raise ModelFileFault(file=key, reason=f"coefficients are {table.shape}, columns {len(names)}")
    if "(Intercept)" not in names:
        raise ModelFileFault(file=key, reason="no column (Intercept)")
    own = answers_of[key]
    given = {name: table[:, place].tolist() for place, name in enumerate(names)}
    wanted = {f"{name}={level}": (name, level) for name in own.names for level in LEVELS[name]}
    foreign = sorted(given.keys() - wanted.keys() - {"(Intercept)"})
    if foreign:
        raise ModelFileFault(file=key, reason=f"unknown column {foreign[0]}")
    zero = [0.0] * len(table)
    return read_model(
        {
            "form": FORM,
            "key": key,
            "cases": one.get("cases", 0),
            "breaks": one["breaks"],
            "columns": own.columns,
            "intercept": given["(Intercept)"],
            "coefficients": {
                name: {level: given.get(f"{name}={level}", zero) for level in levels[1:]}
                for name, levels in own.columns.items()
            },
            "answers": model_document(own)["answers"],
        },
        file=key,
    )

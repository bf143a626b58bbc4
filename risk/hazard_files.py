"""A hazard model as readable JSON, and back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from risk.answer_distribution import AnswerDistribution, AnswerTable
from risk.errors import ModelFileFault
from risk.hazard_model import Draws, Floats, HazardModel

FORM = "piecewise-hazard/1"
_DRAW_UNIT = 1e-4
_NEVER, _ALWAYS = -46.0, 7.0


def model_document(model: HazardModel) -> dict[str, Any]:
    """The model as plain JSON values; numbers keep all their digits."""
    document: dict[str, Any] = {
        "form": FORM,
        "key": model.key,
        "cases": model.cases,
        "breaks": list(model.breaks),
        "columns": {name: list(levels) for name, levels in model.columns.items()},
        "intercept": model.intercept.tolist(),
        "coefficients": {
            name: {level: model.effects[name][place].tolist() for place, level in enumerate(levels) if place}
            for name, levels in model.columns.items()
        },
        "answers": {
            name: {"parents": list(table.parents), "shares": np.round(table.shares, 6).tolist()}
            for name, table in model.answers.tables.items()
        },
        "accuracy": {name: dict(figures) for name, figures in model.accuracy.items()},
    }
    if model.not_used:
        document["not_used"] = dict(model.not_used)
    if model.leans_on is not None:
        document["leans_on"] = model.leans_on
    if model.draws is not None:
        document["draws"] = _draws_document(model.draws, model.columns)
    return document


def model_text(model: HazardModel) -> str:
    """The model as JSON text: one line per column, so that two versions can be compared."""
    document = model_document(model)
    lines = []
    for name, value in document.items():
        if name in ("coefficients", "answers") or (name == "draws"):
            inner = ",\n  ".join(f"{json.dumps(one)}: {_compact(value[one])}" for one in value)
            lines.append(f'"{name}": {{\n  {inner}\n }}')
        else:
            lines.append(f'"{name}": {_compact(value)}')
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def read_model(document: Mapping[str, Any], *, file: str) -> HazardModel:
    """A model from its JSON document.

    Args:
        document: as `model_document` gives it; "draws", "accuracy" and "cases" may be missing.
        file: name for the fault's text.

    Raises:
        ModelFileFault: something is missing, has another length than the intervals, or is no hazard.
    """
    try:
        return _read(document, file)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as wrong:
        raise ModelFileFault(file=file, reason=f"{type(wrong).__name__}: {wrong}") from wrong


def _read(document: Mapping[str, Any], file: str) -> HazardModel:
    if document["form"] != FORM:
        raise ModelFileFault(file=file, reason=f"form {document['form']!r}, expected {FORM!r}")
    breaks = tuple(int(day) for day in document["breaks"])
    if breaks[0] != 15 or any(a >= b for a, b in itertools.pairwise(breaks)):
        raise ModelFileFault(file=file, reason="breaks must begin on day 15 and rise")
    columns = {name: tuple(levels) for name, levels in document["columns"].items()}
    intervals = len(breaks) - 1
    effects = {
        name: np.array([[0.0] * intervals, *(document["coefficients"][name][level] for level in levels[1:])])
        for name, levels in columns.items()
    }
    model = HazardModel(
        key=str(document["key"]),
        breaks=breaks,
        columns=columns,
        intercept=np.array(document["intercept"], float),
        effects=effects,
        answers=_read_answers(document["answers"], columns),
        cases=int(document.get("cases", 0)),
        draws=_read_draws(document["draws"], columns) if "draws" in document else None,
        accuracy=document.get("accuracy", {}),
        not_used=document.get("not_used", {}),
        leans_on=document.get("leans_on"),
    )
    _check(model, file)
    return model


def _check(model: HazardModel, file: str) -> None:
    wrong = [name for name, table in model.effects.items() if table.shape[1:] != model.intercept.shape]
    if model.intercept.shape != (len(model.breaks) - 1,) or wrong:
        raise ModelFileFault(file=file, reason=f"number of intervals differs: {wrong or 'intercept'}")
    widest = sum(np.abs(table).max() for table in model.effects.values())
    numbers = [model.intercept, *model.effects.values()]
    if not all(np.isfinite(one).all() for one in numbers) or not (
        model.intercept.min() - widest > _NEVER and model.intercept.max() < _ALWAYS
    ):
        raise ModelFileFault(file=file, reason="a coefficient is not finite or makes no hazard per day")
    for name, table in model.answers.tables.items():
        if (table.shares < 0).any() or not np.allclose(table.shares.sum(axis=-1), 1, atol=1e-4):
            raise ModelFileFault(file=file, reason=f"answers: the shares of {name} do not sum to 1")


def _read_answers(tables: Mapping[str, Any], columns: Mapping[str, tuple[str, ...]]) -> AnswerDistribution:
    read = {}
    for name, table in tables.items():
        shares: Floats = np.array(table["shares"], float)
        parents = tuple(table["parents"])
        if shares.shape != tuple(len(columns[one]) for one in (*parents, name)):
            raise ValueError(f"answers: {name} has shape {shares.shape}")
        read[name] = AnswerTable(parents, shares)
    if set(read) != set(columns):
        raise ValueError("answers: not the same columns as the model")
    return AnswerDistribution({name: len(levels) for name, levels in columns.items()}, read)


def _draws_document(draws: Draws, columns: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    return {
        "unit": _DRAW_UNIT,
        "basis": np.round(draws.basis, 9).tolist(),
        "intercept": _whole(draws.intercept),
        **{name: _whole(draws.effects[name][:, 1:].reshape(draws.count, -1)) for name in columns},
    }


def _whole(values: Floats) -> Any:
    return np.rint(values / _DRAW_UNIT).astype(int).tolist()


def _read_draws(document: Mapping[str, Any], columns: Mapping[str, tuple[str, ...]]) -> Draws:
    unit, basis = float(document["unit"]), np.array(document["basis"], float)
    intercept = np.array(document["intercept"], float) * unit
    effects = {}
    for name, levels in columns.items():
        values = np.array(document[name], float).reshape(len(intercept), len(levels) - 1, len(basis)) * unit
        effects[name] = np.concatenate([np.zeros((len(intercept), 1, len(basis))), values], axis=1)
    return Draws(basis, intercept, effects)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

"""Answers that somebody gave: put into the models, the questions that are left, and what an answer would do; pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

import numpy as np

from risk.case import SickLeaveCase
from risk.columns import ALWAYS, LEVELS
from risk.detail import Detail
from risk.features import Features, build
from risk.hazard_curve import HazardCurve
from risk.model_interval import Interval, model_intervals
from risk.model_set import ModelSet
from risk.result import RiskResult
from risk.survival import LAST_DAY, Model
from smart_app.model_choice import Models
from smart_app.own_rules import SHIPPED, OwnRules

DO_NOT_KNOW = "unknown"
MOST_ASKED = 3
LEAST_MOVEMENT = 0.005
EDGE_STEP_DAYS, EDGE_SHOWN_DAYS = 15, 3
CURVE_DAYS = (15, 30, 45, 60, 75, 90, 120, 150, 180, 240, 300, LAST_DAY)
"""The days that the curve's table has."""
Answers = Mapping[str, str]
NO_ANSWERS: Answers = MappingProxyType(dict[str, str]())


@dataclass(frozen=True, slots=True)
class Effect:
    """What one answer would make of the figure of the nearest horizon."""

    level: str
    share: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can move the figure.

    Attributes:
        column: of the model.
        effects: one per answer, all else as it is known.
        said: the answer given, perhaps `DO_NOT_KNOW`; None when nobody has answered.
    """

    column: str
    effects: tuple[Effect, ...]
    said: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The model's own uncertainty on one day of the curve, nine chances in ten."""

    day: int
    low: float
    high: float


@dataclass(frozen=True)
class _AnsweredSet(ModelSet):
    """A model set that knows what somebody answered; what the record says goes before."""

    answers: Answers = field(default_factory=dict)

    def curve(self, features: Features) -> HazardCurve:
        return super().curve(self._known(features))

    def detail(self, features: Features, *, given_day: int, days: tuple[int, ...]) -> Detail | None:
        return super().detail(self._known(features), given_day=given_day, days=days)

    def _known(self, features: Features) -> Features:
        return Features(features.diagnosis, with_answers(features.columns, self.answers))


def with_answers(columns: Mapping[str, str | None], answers: Answers) -> dict[str, str | None]:
    """Columns with the answers where the record says nothing; "do not know" stays unknown.

    >>> with_answers({"Sex": "Male", "comorbidity": None}, {"Sex": "Female", "comorbidity": "yes"})
    {'Sex': 'Male', 'comorbidity': 'yes'}
    """
    given = {name: level for name, level in answers.items() if level != DO_NOT_KNOW}
    return {name: given.get(name) if level is None else level for name, level in columns.items()}


def answered(models: Models, answers: Answers) -> Models:
    """The same models, told what was answered."""
    return tuple(_told(model, answers) for model in models) if answers else models


def _told(model: Model, answers: Answers) -> Model:
    if not isinstance(model, ModelSet):
        return model
    return _AnsweredSet(**{one.name: getattr(model, one.name) for one in fields(ModelSet)}, answers=dict(answers))


def questions(
    case: SickLeaveCase, result: RiskResult, models: Models, answers: Answers, own: OwnRules = SHIPPED
) -> tuple[Question, ...]:
    """The answered questions as they were asked, then those whose answers are expected to move the figure most.

    Args:
        models: as they are without the answers.
        answers: those that `result` was made with.
        own: what the installation asks; what it does not ask stays unknown.
    """
    model, horizon = _used(result, models), result.next_horizon
    if model is None or result.match is None or result.detail is None or horizon is None:
        return ()
    features = build(case)
    uses = model.model(result.match.key).names
    said = [name for name in answers if name in uses and features.columns.get(name) is None]
    open_ = [
        one.column
        for one in result.detail.questions
        if one.column not in (*said, *ALWAYS) and own.asks(one.column) and one.movement >= LEAST_MOVEMENT
    ]

    def effect(name: str, level: str) -> Effect:
        columns = with_answers(features.columns, {**answers, name: level})
        curve = model.curve(Features(features.diagnosis, columns))
        return Effect(level, curve.still_on_leave(horizon.day, horizon.given_day))

    return tuple(
        Question(name, tuple(effect(name, level) for level in LEVELS[name]), answers.get(name))
        for name in (*said, *open_[: max(MOST_ASKED - len(said), 0)])
    )


def edges(case: SickLeaveCase, result: RiskResult, models: Models, answers: Answers) -> tuple[Edge, ...]:
    """The model's interval along the curve, from the day of the case; empty when the patient does not count."""
    model, horizon, curve = _used(result, models), result.next_horizon, result.curve
    if model is None or result.match is None or result.detail is None or horizon is None:
        return ()
    assert isinstance(curve, HazardCurve)  # a set gave it
    fitted = model.model(result.match.key)
    levels, given = fitted.levels(with_answers(build(case).columns, answers)), horizon.given_day
    days = sorted({*range(given + EDGE_STEP_DAYS, LAST_DAY, EDGE_STEP_DAYS), *CURVE_DAYS})
    inside = [day for day in days if given < day <= curve.last_day]
    found = model_intervals(fitted, levels, curve, days=inside, given_day=given)
    return tuple(_between(curve, given, dict(zip(inside, found, strict=True)))) if found else ()


def _between(curve: HazardCurve, given: int, known: Mapping[int, Interval]) -> Iterator[Edge]:
    """The range on every few days: its width on the log cumulative hazard, where it is symmetric, is interpolated."""
    width = [math.log(math.log(one.low) / math.log(one.high)) / 2 for one in known.values()]
    points = [
        (day, share) for day, share in curve.points(given)[1:] if day in known or (day - given) % EDGE_SHOWN_DAYS == 0
    ]
    halves = np.interp([day for day, _ in points], list(known), width).tolist()
    yield Edge(given, 1.0, 1.0)
    for (day, share), half in zip(points, halves, strict=True):
        cumulative = -math.log(share)
        yield Edge(day, math.exp(-cumulative * math.exp(half)), math.exp(-cumulative * math.exp(-half)))


def _used(result: RiskResult, models: Models) -> ModelSet | None:
    """The set that gave the figure; None when the national figures did."""
    same = (result.model.id, result.model.version)
    return next((one for one in models if isinstance(one, ModelSet) and (one.id, one.version) == same), None)

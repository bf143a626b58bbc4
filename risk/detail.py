"""What stands around the figure: intervals, place, remaining days, contributions, open questions, bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from risk.bands import MAIN, NamedBand, bands
from risk.explain import Contribution, Population, contributions
from risk.features import Features
from risk.hazard_curve import HazardCurve
from risk.hazard_model import HazardModel
from risk.model_interval import Interval, model_interval
from risk.place import Place, place
from risk.survival import LAST_DAY, Curve, Model
from risk.unknowns import AnswersRange, OpenQuestion, answers_range, open_questions


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well this model tells cases apart at a horizon, on cases it was not fitted on.

    Attributes:
        auc: 0.5 = no better than chance, 1 = always right.
        slope: calibration slope, 1 = right, below 1 = too sure of itself.
        simulated: whether the cases were made up.
        answered: share of the questions that had an answer in those cases.
    """

    auc: float
    slope: float
    simulated: bool
    answered: float = 1.0


@dataclass(frozen=True, slots=True)
class HorizonDetail:
    """Around the figure of one horizon that is ahead.

    Attributes:
        day: 90, 180 or 365.
        model: the model's own uncertainty, 90 %; None when unknown.
        answers: what the open questions leave open.
        place: among patients with the same diagnosis and day; a range as long as questions are open.
        contributions: sum to log(cumulative hazard of the person / of the diagnosis).
        accuracy: None when never measured.
    """

    day: int
    model: Interval | None
    answers: AnswersRange
    place: Place
    contributions: tuple[Contribution, ...]
    accuracy: Accuracy | None


@dataclass(frozen=True, slots=True)
class Remaining:
    """Days left: a quarter, half and three quarters have returned within so many; None = after day 365."""

    quarter: int | None
    half: int | None
    three_quarters: int | None


@dataclass(frozen=True, slots=True)
class Detail:
    """All of it for one case on one day; `questions` and `bands` are for the nearest horizon.

    `leans_on` is the group that the model leans on because only `cases` were the diagnosis's own, else None.
    """

    horizons: tuple[HorizonDetail, ...]
    remaining: Remaining
    questions: tuple[OpenQuestion, ...]
    bands: tuple[NamedBand, ...]
    answered: int
    asked: int
    cases: int = 0
    leans_on: str | None = None

    @property
    def word(self) -> str:
        """What the figure is called against the diagnosis."""
        return next(one.band for one in self.bands if one.rule == MAIN)

    def at(self, day: int) -> HorizonDetail | None:
        """The detail of a horizon; None when it has passed."""
        return next((one for one in self.horizons if one.day == day), None)


@runtime_checkable
class DetailedModel(Model, Protocol):
    """A model in which the patient counts, and that can say how."""

    def detail(self, features: Features, *, given_day: int, days: tuple[int, ...]) -> Detail | None:
        """What stands around the figures of the horizons `days` that are ahead; None when none is."""
        ...


def remaining(curve: Curve, given_day: int) -> Remaining:
    """How many days are left, counted from `given_day`."""
    points = curve.points(given_day, LAST_DAY)
    return Remaining(
        *(next((day - given_day for day, still in points if still <= share), None) for share in (0.75, 0.5, 0.25))
    )


def detail(
    model: HazardModel,
    everyone: Population,
    levels: tuple[int | None, ...],
    curve: HazardCurve,
    *,
    given_day: int,
    days: tuple[int, ...],
    simulated: bool,
) -> Detail | None:
    """Everything around the figures of the horizons `days` that are still ahead; None when none is."""
    ahead = tuple(day for day in days if given_day < day <= curve.last_day)
    if not ahead:
        return None
    horizons = tuple(
        _horizon(model, everyone, levels, curve, day=day, given_day=given_day, simulated=simulated) for day in ahead
    )
    nearest = ahead[0]
    share = curve.still_on_leave(nearest, given_day)
    group = float(np.exp(-np.diff(everyone.cumulative[[given_day - 15, nearest - 15]])[0]))
    return Detail(
        horizons=horizons,
        remaining=remaining(curve, given_day),
        questions=open_questions(model, levels, curve, day=nearest, given_day=given_day),
        bands=bands(
            share=share,
            group_share=group,
            place=horizons[0].place,
            between=(horizons[0].answers.low, horizons[0].answers.high),
        ),
        answered=sum(level is not None for level in levels),
        asked=len(levels),
        cases=model.cases,
        leans_on=model.leans_on,
    )


def _horizon(
    model: HazardModel,
    everyone: Population,
    levels: tuple[int | None, ...],
    curve: HazardCurve,
    *,
    day: int,
    given_day: int,
    simulated: bool,
) -> HorizonDetail:
    said = model.accuracy.get(str(day))
    answers = answers_range(curve, day=day, given_day=given_day)
    return HorizonDetail(
        day=day,
        model=model_interval(model, levels, curve, day=day, given_day=given_day),
        answers=answers,
        place=place(everyone, answers, day=day, given_day=given_day),
        contributions=contributions(model, everyone, levels, curve, day=day, given_day=given_day),
        accuracy=_accuracy(said, simulated) if said else None,
    )


def _accuracy(said: Mapping[str, float], simulated: bool) -> Accuracy:
    """As measured; cases of another kind than the set's own say so themselves (a set that was recalibrated)."""
    return Accuracy(said["auc"], said["slope"], bool(said.get("simulated", simulated)), said.get("answered", 1.0))

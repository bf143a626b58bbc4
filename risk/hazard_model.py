"""Piecewise constant hazards of one diagnosis key: readable numbers in, S(t | x) out, with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from risk.answer_distribution import AnswerDistribution
from risk.errors import DayPassed, UnknownLevel, WrongColumns

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Draws:
    """Equally likely other values of the coefficients, for the model's own uncertainty.

    Attributes:
        basis: float64 (M, J); an effect over the intervals is a combination of these M courses.
        intercept: float64 (D, J), differences from the model's intercept.
        effects: column -> float64 (D, levels, M), differences from the model's effects, as weights of the courses.
    """

    basis: Floats
    intercept: Floats
    effects: Mapping[str, Floats]

    @property
    def count(self) -> int:
        return len(self.intercept)


@dataclass(frozen=True)
class HazardModel:
    """Hazard per day of a case in interval j: exp(intercept[j] + sum of effects[column][level, j]).

    Attributes:
        key: diagnosis key, e.g. "F438A".
        breaks: J + 1 days, ascending, the first is 15: interval j is [breaks[j], breaks[j + 1]).
        columns: column -> its levels, the reference level first.
        intercept: float64 (J,), log hazard per day of the reference levels.
        effects: column -> float64 (levels, J); the reference level's row is 0.
        answers: how common each combination of answers is on day 15.
        cases: how many cases it was fitted on.
        draws: None when nothing is known of its uncertainty.
        accuracy: horizon -> figures on cases that it was not fitted on.
        not_used: columns of the key that too few cases told -> share that did.
        leans_on: the group that the fit leans on because the key's own cases are few; None when they are enough.

    Source: piecewise exponential survival regression, docs/explanation/risk.md.
    """

    key: str
    breaks: tuple[int, ...]
    columns: Mapping[str, tuple[str, ...]]
    intercept: Floats
    effects: Mapping[str, Floats]
    answers: AnswerDistribution
    cases: int
    draws: Draws | None = None
    accuracy: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    not_used: Mapping[str, float] = field(default_factory=dict)
    leans_on: str | None = None

    @property
    def first_day(self) -> int:
        return self.breaks[0]

    @property
    def last_day(self) -> int:
        return self.breaks[-1]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns in order."""
        return tuple(self.columns)

    @cached_property
    def places(self) -> dict[str, dict[str, int]]:
        """Column -> level -> row of its effects."""
        return {name: {level: place for place, level in enumerate(levels)} for name, levels in self.columns.items()}

    @cached_property
    def stacked(self) -> Floats:
        """All effects, one row per (column, level): float64 (rows, J)."""
        return np.concatenate([self.effects[name] for name in self.names])

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """First row of each column in `stacked`."""
        sizes = [len(levels) for levels in self.columns.values()]
        return tuple(sum(sizes[:place]) for place in range(len(sizes)))

    def rows(self, levels: Sequence[int | None]) -> list[int]:
        """Rows of the known answers in `stacked`."""
        return [first + level for first, level in zip(self.offsets, levels, strict=True) if level is not None]

    def levels(self, answers: Mapping[str, str | None]) -> tuple[int | None, ...]:
        """Places of the levels in the order of `names`; None = unknown. Columns of other models are passed over.

        Raises:
            WrongColumns: a column of this model is missing.
            UnknownLevel: a level that this model was not fitted on.
        """
        found: list[int | None] = []
        for name, places in self.places.items():
            try:
                level = answers[name]
            except KeyError:
                raise WrongColumns(expected=self.names, got=tuple(answers)) from None
            if level is None:
                found.append(None)
            elif level in places:
                found.append(places[level])
            else:
                raise UnknownLevel(column=name, level=level, known=tuple(places))
        return tuple(found)

    def log_hazards(self, codes: Codes) -> Floats:
        """Log hazard per day for complete rows.

        Args:
            codes: integers (n, columns), places of the levels.

        Returns:
            float64 (n, J).
        """
        total = np.tile(self.intercept, (len(codes), 1))
        for place, name in enumerate(self.names):
            total += self.effects[name][codes[:, place]]
        return total

    def exposure(self, days: tuple[float, ...]) -> Floats:
        """Days spent in each interval from day 15 to each of `days`: float64 (J, days)."""
        left = np.array(self.breaks[:-1], float)[:, None]
        right = np.array(self.breaks[1:], float)[:, None]
        result: Floats = np.clip(np.array(days, float)[None, :], left, right) - left
        return result

    def survival(self, codes: Codes, days: tuple[int, ...]) -> Floats:
        """S(day | x) for complete rows: float64 (n, days), each in (0, 1]."""
        result: Floats = np.exp(-(np.exp(self.log_hazards(codes)) @ self.exposure(days)))
        return result

    def still_on_leave(self, codes: Codes, *, day: int, given_day: int = 15) -> Floats:
        """S(day) / S(given_day) for complete rows: float64 (n,).

        Raises:
            DayPassed: the case already runs on `day`.
        """
        if given_day >= day:
            raise DayPassed(day=day, given_day=given_day)
        between = self.exposure((day,))[:, 0] - self.exposure((given_day,))[:, 0]
        result: Floats = np.exp(-(np.exp(self.log_hazards(codes)) @ between))
        return result

"""The risk of one case on one day, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from risk.detail import Detail
from risk.group_match import GroupMatch
from risk.survival import Curve

HORIZONS = (90, 180, 365)


class Band(StrEnum):
    """The word that stands beside the figure."""

    LOWER = "lower"
    AS_DIAGNOSIS = "as-diagnosis"  # about as the diagnosis
    RAISED = "raised"
    HIGH = "high"
    OPEN = "not-placed"  # a figure of the patient's own, but too little is known to compare it with others
    NATIONAL = "national"  # the figure is the group's, nothing about this patient counts
    UNKNOWN = "unknown"  # no diagnosis, or nothing left to compare: no figure


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence, Swedish first."""

    sv: str
    en: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model gave the figure, and what it was built on."""

    id: str
    version: str
    name_sv: str
    name_en: str
    basis_sv: str
    basis_en: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class Horizon:
    """The risk that the case still runs on day `day`.

    Attributes:
        day: 90, 180 or 365, counted from day 1 of the case.
        date: the calendar day that it is.
        share: S(day) / S(max(case day, 15)), 0-1; None when passed or when no figure exists.
        passed: the case already runs on that day (case day >= day).
        group_share: the same for everyone in the diagnosis group; None when passed or unknown.
        given_day: the day that the share is conditional on, at least 15.
        share_low, share_high: range that comes from not knowing day 1 for certain; both equal `share` when it is known;
            None where `share` is None.
    """

    day: int
    date: date
    share: float | None
    passed: bool
    group_share: float | None
    given_day: int
    share_low: float | None
    share_high: float | None


@dataclass(frozen=True, slots=True)
class National:
    """The counted national figures of the nearest group that has them, beside what a model says of the diagnosis."""

    match: GroupMatch
    curve: Curve


@dataclass(frozen=True, slots=True)
class RiskResult:
    """The risk of one case as seen on one day.

    Attributes:
        match: the diagnosis group; None when no diagnosis was coded.
        curve: S(t) of the patient; in the baseline it is the group's; None when unknown.
        group_curve: S(t) of everyone in the group, by the model; None when unknown.
        horizons: always three, 90/180/365.
        model: what gave the figures (also when there are none).
        band: the word beside the figure.
        reasons: what the figure rests on.
        limits: what it does not say.
        detail: intervals, contributions, open questions and more; None when only the diagnosis counts or no figure is.
        national: None when the figures are the national ones themselves, or there are none.
    """

    match: GroupMatch | None
    curve: Curve | None
    group_curve: Curve | None
    horizons: tuple[Horizon, ...]
    model: ModelInfo
    band: Band
    reasons: tuple[Reason, ...]
    limits: tuple[Reason, ...]
    detail: Detail | None = None
    national: National | None = None

    @property
    def individual(self) -> bool:
        """Whether the figure counts more of the patient than the diagnosis and the day."""
        return self.band not in (Band.NATIONAL, Band.UNKNOWN)

    @property
    def next_horizon(self) -> Horizon | None:
        """The nearest horizon that is ahead and has a figure; None when there is none."""
        return next((horizon for horizon in self.horizons if horizon.share is not None), None)

"""From a case to its risk: curve, horizons, reasons, limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from risk import survival, why
from risk.bands import against_diagnosis
from risk.baseline import NATIONAL_2017
from risk.case import SickLeaveCase
from risk.certificates_to_cases import MAX_GAP_DAYS
from risk.days import length, plus
from risk.detail import Detail, DetailedModel
from risk.errors import NoDiagnosis, NoModel
from risk.features import Features, build
from risk.group_match import GroupMatch
from risk.result import HORIZONS, Band, Horizon, ModelInfo, National, Reason, RiskResult
from risk.survival import FIRST_DAY, Curve, Model

__all__ = ["HORIZONS", "Band", "Horizon", "ModelInfo", "Reason", "RiskResult", "assess", "beside", "has_ended"]


def assess(case: SickLeaveCase, *, models: Sequence[Model]) -> RiskResult:
    """The risk that the case becomes long, with what it rests on and what it does not say.

    Args:
        case: as seen on one day; an ended case (no certificate within five days) gets no figure.
        models: the first that answers for the diagnosis is used; the last answers for all.

    Returns:
        Always a result. Without a diagnosis: band "unknown", no curve, horizons without share.

    Source: conditional survival, docs/explanation/risk.md.
    """
    features = build(case)
    model, match = _choose(features, models)
    if match is None:
        own = group = None
    else:
        own, group = survival.curve(model, features), model.group_curve(match)
    ended = has_ended(case)
    horizons = tuple(_horizon(case, day, None if ended else own, None if ended else group) for day in HORIZONS)
    around = None if own is None or ended else _detail(model, features, case)
    info = ModelInfo(
        model.id, model.version, model.name_sv, model.name_en, model.basis_sv, model.basis_en, model.simulated
    )
    return RiskResult(
        match=match,
        curve=own,
        group_curve=group,
        horizons=horizons,
        model=info,
        band=_band(model, horizons, around, unknown=match is None or ended),
        reasons=why.reasons(case, model, match, around),
        limits=why.limits(case, horizons, ended=ended, model=model, detail=around),
        detail=around,
        national=None if match is None or ended else beside(model, match),
    )


def beside(model: Model, match: GroupMatch) -> National | None:
    """The national figures to set beside a model's; None when its figures are national ones."""
    if not model.individual:
        return None
    counted = NATIONAL_2017.match(match.code)
    return National(counted, NATIONAL_2017.group_curve(counted))


def has_ended(case: SickLeaveCase, on: date | None = None) -> bool:
    """Whether a certificate that begins on day `on` (the case's own when left out) would make a new case."""
    return (case.on if on is None else on) > plus(case.until, MAX_GAP_DAYS + 1)


def _detail(model: Model, features: Features, case: SickLeaveCase) -> Detail | None:
    if not isinstance(model, DetailedModel):
        return None
    return model.detail(features, given_day=max(case.day, FIRST_DAY), days=HORIZONS)


def _choose(features: Features, models: Sequence[Model]) -> tuple[Model, GroupMatch | None]:
    for model in models:
        try:
            return model, model.match(features.diagnosis)
        except NoModel:
            continue
        except NoDiagnosis:
            break
    return models[-1], None


def _horizon(case: SickLeaveCase, day: int, own: Curve | None, group: Curve | None) -> Horizon:
    given, passed = max(case.day, FIRST_DAY), case.day >= day
    latest = length(case.since_earliest, case.on)
    if passed or own is None or group is None:
        return Horizon(day, plus(case.since, day - 1), None, passed, None, given, None, None)
    share = own.still_on_leave(day, given)
    high = 1.0 if latest >= day else own.still_on_leave(day, max(latest, FIRST_DAY))
    return Horizon(
        day, plus(case.since, day - 1), share, passed, group.still_on_leave(day, given), given, share, max(share, high)
    )


def _band(model: Model, horizons: Sequence[Horizon], around: Detail | None, *, unknown: bool) -> Band:
    ahead = next((one for one in horizons if one.share is not None and one.group_share), None)
    if unknown:
        return Band.UNKNOWN
    if not model.individual:
        return Band.NATIONAL
    if ahead is None or ahead.share is None or not ahead.group_share:
        return Band.UNKNOWN
    if around is not None:
        return Band(around.word)
    return Band(against_diagnosis(ahead.share, ahead.group_share))

"""What a figure rests on and what it does not say, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from risk.case import SickLeaveCase
from risk.days import length
from risk.detail import Detail
from risk.diagnoses import group_name
from risk.factor_words import contribution, weightiest
from risk.group_match import GroupMatch, MatchLevel
from risk.result import Horizon, Reason
from risk.survival import FIRST_DAY, Model
from risk.wording import count_sv, date_en, date_sv, days_en, days_sv
from terminology.codes import pretty_icd


def reasons(
    case: SickLeaveCase, model: Model, match: GroupMatch | None, detail: Detail | None = None
) -> tuple[Reason, ...]:
    """What the figure rests on: the group, how it was found, the day it is conditional on, and what weighs most."""
    if match is None:
        return (
            Reason(
                "Diagnos saknas i intyget. Risken kan inte räknas.",
                "The certificate has no diagnosis. The risk cannot be calculated.",
            ),
        )
    found = (_group(model, match), _level(match), _leaning(match, detail), _given(case), *_weighing(detail))
    return tuple(one for one in found if one)


def limits(
    case: SickLeaveCase,
    horizons: Sequence[Horizon],
    *,
    ended: bool,
    model: Model | None = None,
    detail: Detail | None = None,
) -> tuple[Reason, ...]:
    """What the figure does not say, for this case; the general ones last."""
    if ended:
        return _ended(case), _general()
    own = (_simulated(model), _unreviewed(model), *_uncertain(detail))
    return tuple(one for one in (_paused(case), _day_one(case), *_passed(horizons), *own, _general()) if one)


def _group(model: Model, match: GroupMatch) -> Reason | None:
    if model.individual:
        return None
    sv, en = group_name(match.key)
    cases = model.cases(match)
    return Reason(
        f"{model.name_sv} för alla med {sv}, {count_sv(cases)} fall. Inget om just den här patienten räknas in."
        if match.level is not MatchLevel.NATIONAL
        else f"{model.name_sv} för alla diagnoser, {count_sv(cases)} fall. Inget om just den här patienten räknas in.",
        f"{model.name_en} for everyone with {en}, {cases:,} cases. Nothing about this patient is counted."
        if match.level is not MatchLevel.NATIONAL
        else f"{model.name_en} for all diagnoses, {cases:,} cases. Nothing about this patient is counted.",
    )


def _level(match: GroupMatch) -> Reason | None:
    code = pretty_icd(match.code)
    if match.level is MatchLevel.COARSER:
        sv, en = group_name(match.key)
        return Reason(
            f"{code} saknar egna siffror. Du ser siffrorna för {sv}.",
            f"{code} has no figures of its own. You see those for {en}.",
        )
    if match.level is MatchLevel.CHAPTER:
        sv, en = group_name(match.key)
        return Reason(
            f"{code} saknar egen grupp. Du ser siffror för de {sv} som har siffror, tillsammans.",
            f"{code} has no group of its own. You see figures for those {en} that have them, together.",
        )
    if match.level is MatchLevel.NATIONAL:
        return Reason(
            f"{code} saknar egen grupp. Du ser nationella siffror för alla sjukskrivna.",
            f"{code} has no group of its own. You see national figures for everyone on sick leave.",
        )
    return None


def _leaning(match: GroupMatch, detail: Detail | None) -> Reason | None:
    if detail is None or detail.leans_on is None:
        return None
    (sv, en), code = group_name(detail.leans_on), pretty_icd(match.key)
    return Reason(
        f"Modellen bygger på bara {count_sv(detail.cases)} egna fall för {code} och lutar sig mot hela gruppen {sv}.",
        f"The model rests on only {detail.cases:,} cases of {code} itself and leans on its whole group, {en}.",
    )


def _given(case: SickLeaveCase) -> Reason:
    if case.day < FIRST_DAY:
        return Reason(
            f"Siffran gäller fall som varar minst {FIRST_DAY} dagar. Det här fallet är på dag {case.day}.",
            f"The figure is for cases that last at least {FIRST_DAY} days. This case is on day {case.day}.",
        )
    return Reason(
        f"Räknat bland dem som är sjukskrivna dag {case.day}.",
        f"Counted among those who are on sick leave on day {case.day}.",
    )


def _day_one(case: SickLeaveCase) -> Reason | None:
    if case.day1_known:
        return None
    unseen = length(case.since_earliest, case.since) - 1
    if unseen == 0:
        return None
    sv, en = date_sv(case.since_earliest, case.on), date_en(case.since_earliest, case.on)
    return Reason(
        f"Första frånvarodagen är inte känd. Den kan ligga upp till {days_sv(unseen)} tidigare, den {sv}.",
        f"The first day of absence is not known. It may lie up to {days_en(unseen)} earlier, on {en}.",
    )


def _paused(case: SickLeaveCase) -> Reason | None:
    if case.ongoing:
        return None
    return Reason(
        "Inget intyg gäller i dag. Siffran gäller om fallet fortsätter.",
        "No certificate covers today. The figure holds if the case goes on.",
    )


def _ended(case: SickLeaveCase) -> Reason:
    return Reason(
        f"Fallet är avslutat. Sista intygsdagen var {date_sv(case.until, case.on)}. Ingen risk räknas.",
        f"The case has ended. The last day certified was {date_en(case.until, case.on)}. No risk is calculated.",
    )


def _passed(horizons: Sequence[Horizon]) -> tuple[Reason, ...]:
    passed = [one.day for one in horizons if one.passed]
    ahead = next((one.day for one in horizons if one.share is not None), None)
    if not passed:
        return ()
    if ahead is not None:
        sv, en = f"Siffran gäller dag {ahead}.", f"The figure is for day {ahead}."
    else:
        sv, en = "Statistiken säger inget om tiden efter.", "The statistics say nothing of the time after."
    if len(passed) == len(horizons) or ahead is not None:
        return (Reason(f"Dag {passed[-1]} är passerad. {sv}", f"Day {passed[-1]} has passed. {en}"),)
    return ()


def _weighing(detail: Detail | None) -> tuple[Reason, ...]:
    if detail is None:
        return ()
    return tuple(contribution(row) for row in weightiest(detail.horizons[0].contributions))


def _simulated(model: Model | None) -> Reason | None:
    if model is None or not model.simulated:
        return None
    return Reason(
        "Modellen är anpassad till påhittade fall. Använd den inte i vården.",
        "The model was fitted on made-up cases. Do not use it in care.",
    )


def _unreviewed(model: Model | None) -> Reason | None:
    if model is None or model.reviewed:
        return None
    return Reason(
        "Modellen är inte godkänd av någon annan än den som lade in den.",
        "Nobody but whoever installed the model has approved it.",
    )


def _uncertain(detail: Detail | None) -> tuple[Reason, ...]:
    """What the open questions leave open, and how often the model is right, at the nearest horizon."""
    if detail is None:
        return ()
    near, said = detail.horizons[0], []
    low, high = round(100 * near.answers.low), round(100 * near.answers.high)
    if detail.answered < detail.asked and low != high:
        left = detail.asked - detail.answered
        said.append(
            Reason(
                f"{left} av {detail.asked} uppgifter saknas. Med dem blir siffran för nio av tio från {low} "
                f"till {high} av 100.",
                f"{left} of {detail.asked} facts are missing. With them the figure is from {low} to {high} of 100 "
                f"for nine patients of ten.",
            )
        )
    if near.accuracy is not None:
        right, known = round(100 * near.accuracy.auc), round(100 * near.accuracy.answered)
        sv, en = ("alla", "every fact") if known == 100 else (f"{known} av 100", f"{known} of 100 facts")
        said.append(
            Reason(
                f"Av två patienter där bara den ena är sjuk längre än dag {near.day} pekar modellen ut rätt "
                f"i {right} fall av 100, mätt när {sv} uppgifter finns. Slumpen klarar 50.",
                f"Of two patients of whom only one passes day {near.day} the model picks that one in {right} cases of "
                f"100, measured with {en} known. Chance manages 50.",
            )
        )
    return tuple(said)


def _general() -> Reason:
    return Reason(
        "Produkten är inte CE-märkt. Siffran ersätter inte din bedömning.",
        "The product is not CE-marked. The figure does not replace your judgement.",
    )

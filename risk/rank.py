"""The order of the worklist: what needs doing first, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from risk.assess import has_ended
from risk.case import SickLeaveCase
from risk.days import days_between, plus
from risk.milestones import chain_day_on, is_employee, upcoming
from risk.rank_rules import RankRule, RankWhen, rank_rules
from risk.result import Horizon, RiskResult
from risk.wording import date_en, date_sv, days_en, days_sv, when_en, when_sv
from terminology.codes import pretty_icd

_RULE_STEP, _DAY_STEP, _FURTHEST = 100_000, 100, 900


class RankGroup(StrEnum):
    """The three headings of the worklist."""

    TODAY = "today"
    WEEK = "week"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a case stands in the worklist.

    Attributes:
        score: lower = more urgent; comparable between patients; always below 10 000 000.
        group: today, week or watch.
        reason_sv, reason_en: one sentence that says a date or a number of days.
        due: the day by which something needs doing.
        rule: id of the rule that decided.
    """

    score: int
    group: RankGroup
    reason_sv: str
    reason_en: str
    due: date
    rule: str


_NOT_BOOKED_SV, _NOT_BOOKED_EN = "ingen uppföljning bokad", "no follow-up booked"
_NOT_KNOWN_SV, _NOT_KNOWN_EN = "okänt om uppföljning är bokad", "not known whether a follow-up is booked"


@dataclass(frozen=True, slots=True)
class _Seen:
    """The case as the rules see it on one day."""

    case: SickLeaveCase
    on: date
    plan_exists: bool
    follow_up_booked: bool | None
    ahead: Horizon | None

    @property
    def day(self) -> int:
        return self.case.day + (self.on - self.case.on).days

    @property
    def left(self) -> int:
        return (self.case.until - self.on).days

    def near(self, when: RankWhen) -> int | None:
        """The nearest of the named chain days that lies ahead within the named days."""
        if when.chain_near is None:
            return None
        today = chain_day_on(self.case, self.on)
        return next((day for day in when.chain_near.days if 0 <= day - today <= when.chain_near.within), None)


def rank(case: SickLeaveCase, result: RiskResult, plan_exists: bool, follow_up_booked: bool | None, on: date) -> Rank:
    """Where a case stands: the first rule that holds decides, then the due day, then the risk.

    Args:
        case: the case; its own `on` may be an earlier day.
        result: its risk.
        plan_exists: a plan is in the record or waiting to be written.
        follow_up_booked: a visit is booked ahead; None when the record does not let us know, and the reason says so.
        on: today.

    Source: risk/rules/worklist.toml.
    """
    seen = _Seen(case, on, plan_exists, follow_up_booked, result.next_horizon)
    rules = rank_rules()
    place, rule = next((place, rule) for place, rule in enumerate(rules) if _holds(rule.when, seen))
    due = _due(rule, seen)
    days = min(max((due - on).days, 0), _FURTHEST)
    share = seen.ahead.share if seen.ahead is not None and seen.ahead.share is not None else 0.0
    position = len(rules) if rule.last else place
    facts = _facts(rule, seen)
    return Rank(
        score=position * _RULE_STEP + days * _DAY_STEP + 99 - round(99 * share),
        group=RankGroup(rule.group),
        reason_sv=rule.sv.format_map(facts),
        reason_en=rule.en.format_map(facts),
        due=due,
        rule=rule.id,
    )


def _holds(when: RankWhen, seen: _Seen) -> bool:
    case, share = seen.case, seen.ahead.share if seen.ahead else None
    ongoing = any(period.since <= seen.on <= period.until for period in case.degrees)
    return all(
        (
            when.ongoing is None or ongoing == when.ongoing,
            when.ended is None or has_ended(case, on=seen.on) == when.ended,
            when.ends_within is None or 0 <= seen.left <= when.ends_within,
            when.follow_up_booked is None or bool(seen.follow_up_booked) == when.follow_up_booked,
            when.plan_exists is None or seen.plan_exists == when.plan_exists,
            when.day_from is None or seen.day >= when.day_from,
            when.day_to is None or seen.day <= when.day_to,
            when.diagnosis_known is None or (case.diagnosis is not None) == when.diagnosis_known,
            when.diagnosis_changed is None or _changed(case) == when.diagnosis_changed,
            when.chain_longer is None or (case.chain_day > case.day) == when.chain_longer,
            when.unexamined_from is None or case.renewals_without_examination >= when.unexamined_from,
            when.share_from is None or (share is not None and share >= when.share_from),
            when.employee is None or is_employee(case) == when.employee,
            when.chain_near is None or seen.near(when) is not None,
        )
    )


def _changed(case: SickLeaveCase) -> bool:
    if case.diagnosis is None or case.first_diagnosis is None:
        return False
    return case.diagnosis[:3] != case.first_diagnosis[:3]


def _due(rule: RankRule, seen: _Seen) -> date:
    if isinstance(rule.due, int):
        return plus(seen.on, rule.due)
    near = seen.near(rule.when)
    if rule.due == "near" and near is not None:
        return plus(seen.on, near - chain_day_on(seen.case, seen.on))
    if rule.due == "until":
        return max(seen.on, seen.case.until)
    if rule.due == "milestone":
        return next((one.date for one in upcoming(seen.case, seen.on) if one.date > seen.on), seen.on)
    return seen.on


def _facts(rule: RankRule, seen: _Seen) -> dict[str, object]:
    case, on = seen.case, seen.on
    near = seen.near(rule.when) or 0
    near_days = near - chain_day_on(case, on)
    milestone = next((one for one in upcoming(case, on) if one.date > on), None)
    gap = days_between(case.earlier[0].until, case.since) if case.earlier else 0
    ahead = seen.ahead
    facts: dict[str, object] = {
        "day": seen.day,
        "chain_day": chain_day_on(case, on),
        "ends_sv": when_sv(seen.left),
        "ends_en": when_en(seen.left),
        "until_sv": date_sv(case.until, on),
        "until_en": date_en(case.until, on),
        "follow_up_sv": _NOT_BOOKED_SV if seen.follow_up_booked is False else _NOT_KNOWN_SV,
        "follow_up_en": _NOT_BOOKED_EN if seen.follow_up_booked is False else _NOT_KNOWN_EN,
        "near": near,
        "near_sv": when_sv(near_days),
        "near_en": when_en(near_days),
        "unexamined": case.renewals_without_examination,
        "gap_sv": days_sv(gap),
        "gap_en": days_en(gap),
        "first": pretty_icd(case.first_diagnosis or ""),
        "now": pretty_icd(case.diagnosis or ""),
        "share": round(100 * ahead.share) if ahead is not None and ahead.share is not None else 0,
        "horizon": ahead.day if ahead is not None else 0,
        "milestone_sv": f"i dag, {date_sv(on, on)}",
        "milestone_en": f"today, {date_en(on, on)}",
    }
    if milestone is not None:
        named_sv = f"dag {milestone.day}" if milestone.chain else "intygets slut"
        named_en = f"day {milestone.day}" if milestone.chain else "the end of the certificate"
        facts["milestone_sv"] = f"{named_sv}, den {date_sv(milestone.date, on)}"
        facts["milestone_en"] = f"{named_en}, on {date_en(milestone.date, on)}"
    return facts

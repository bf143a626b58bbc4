"""One case as the rules of the catalogue see it: which conditions hold, and the facts that fill their reasons."""

from __future__ import annotations

from dataclasses import dataclass

from risk.case import SickLeaveCase
from risk.intervention_rules import When
from risk.result import RiskResult
from risk.wording import date_en, date_sv, days_en, days_sv, when_en, when_sv


@dataclass(frozen=True, slots=True)
class Situation:
    """The case, its risk, and the KVÅ codes of what is done or ongoing in it."""

    case: SickLeaveCase
    result: RiskResult
    done: frozenset[str] = frozenset()

    def holds(self, when: When, own: str | None = None) -> bool:
        """Whether every condition holds; `own` is the KVÅ code of the intervention that the rule is about."""
        return self._of_the_case(when) and self._of_the_figure(when) and self._of_the_work(when, own)

    def facts(self) -> dict[str, object]:
        """What the places in a reason stand for; the share only where there is one."""
        case, ahead = self.case, self.result.next_horizon
        left = (case.until - case.on).days
        share = (
            {} if ahead is None or ahead.share is None else {"share": round(100 * ahead.share), "horizon": ahead.day}
        )
        return {
            "day": case.day,
            "unexamined": case.renewals_without_examination,
            "prior_sv": days_sv(case.prior_days_12_months),
            "prior_en": days_en(case.prior_days_12_months),
            "ends_sv": when_sv(left),
            "ends_en": when_en(left),
            "until_sv": date_sv(case.until, case.on),
            "until_en": date_en(case.until, case.on),
            **share,
        }

    def _of_the_case(self, when: When) -> bool:
        case, left = self.case, (self.case.until - self.case.on).days
        return all(
            (
                when.day_from is None or case.day >= when.day_from,
                when.day_to is None or case.day <= when.day_to,
                when.ongoing is None or case.ongoing == when.ongoing,
                when.extension is None or case.extension == when.extension,
                when.degree is None or self._degree() == when.degree,
                when.ends_within is None or 0 <= left <= when.ends_within,
                when.prior_days_from is None or case.prior_days_12_months >= when.prior_days_from,
                when.unexamined_from is None or case.renewals_without_examination >= when.unexamined_from,
            )
        )

    def _of_the_figure(self, when: When) -> bool:
        result, ahead = self.result, self.result.next_horizon
        share = None if ahead is None else ahead.share
        likely = True
        if when.still_on_leave is not None:
            day = int(when.still_on_leave["day"])
            likely = (
                result.curve is not None
                and self.case.day < day
                and result.curve.still_on_leave(day, self.case.day) >= when.still_on_leave["share_from"]
            )
        return (
            likely
            and (when.bands is None or result.band.value in when.bands)
            and (when.next_share_from is None or (share is not None and share >= when.next_share_from))
            and (when.next_share_to is None or (share is not None and share <= when.next_share_to))
        )

    def _of_the_work(self, when: When, own: str | None) -> bool:
        said = {one.value for one in self.case.occupations}
        return all(
            (
                when.occupations is None or bool(said & set(when.occupations)),
                when.only_occupations is None or (bool(said) and said <= set(when.only_occupations)),
                when.done_any is None or bool(self.done & set(when.done_any)),
                when.done_none is None or not self.done & set(when.done_none),
                when.own_done is None or (own is not None and own in self.done) == when.own_done,
            )
        )

    def _degree(self) -> str | None:
        if self.case.degree_now is None:
            return None
        return "full" if self.case.degree_now >= 1.0 else "part"

"""The order of the worklist: what needs doing first, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class RankGroup(StrEnum):
    """The three headings of the worklist."""

    TODAY = "today"
    WEEK = "week"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a case stands in the worklist.

    Attributes:
        score: lower = more urgent; comparable between patients.
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

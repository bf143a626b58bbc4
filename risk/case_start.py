"""Day 1 of a case: the known first day of absence, else the first certificate's first day with an uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from risk.case import CaseSpan, Occupation
from risk.days import plus, swedish_day, year_before
from risk.findings import Remark

SELF_CERTIFIED_DAYS = 7  # a certificate is needed from day 8
SICK_PAY_DAYS = 14  # an employee's certificate to Försäkringskassan may begin on day 15


@dataclass(frozen=True, slots=True)
class Start:
    """Day 1, the earliest that it can be, and whether it was stated."""

    since: date
    since_earliest: date
    known: bool
    remarks: tuple[Remark, ...]


def find_start(span: CaseSpan, previous: CaseSpan | None) -> Start:
    """Day 1 of a case.

    Args:
        span: the case.
        previous: the case before it; day 1 never lies on or before its last day.

    Returns:
        Known: the earliest stated first day of absence that fits. Not known: the first day certified, and up to
        seven days before it; up to fourteen for an employee whose first certificate was signed before it begins
        (or carries no time of signing), because it may begin on day 15, after the employer's sick pay.
    """
    floor = plus(previous.until, 1) if previous else date.min
    stated: list[date] = []
    remarks: set[Remark] = set()
    for certificate in span.certificates:
        first = certificate.first_absence
        if first is None:
            continue
        if first > certificate.since:
            remarks.add(Remark.FIRST_ABSENCE_LATE)
        elif first < floor:
            remarks.add(Remark.FIRST_ABSENCE_EARLIER_CASE)
        elif first < year_before(span.since):
            remarks.add(Remark.FIRST_ABSENCE_FAR)
        elif first <= span.since:
            stated.append(first)
    if stated:
        return Start(min(stated), min(stated), True, tuple(sorted(remarks)))
    earliest = max(floor, plus(span.since, -_days_unseen(span)))
    return Start(span.since, earliest, False, tuple(sorted(remarks)))


def _days_unseen(span: CaseSpan) -> int:
    first = span.certificates[0]
    employee = Occupation.CURRENT_WORK in first.occupations
    ahead = first.signed is None or swedish_day(first.signed) < first.since
    return SICK_PAY_DAYS if employee and ahead else SELF_CERTIFIED_DAYS

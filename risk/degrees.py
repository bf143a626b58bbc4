"""Degree of reduced work capacity over time, read from all certificates of a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

from risk.case import Certificate, DegreePeriod
from risk.certificate_sorting import signing_order


def degrees_over_time(certificates: Iterable[Certificate]) -> tuple[DegreePeriod, ...]:
    """Periods of one degree each, ascending and not overlapping; days without certificate are left out.

    Where certificates overlap, the one signed last decides; inside one certificate, the period that begins last.
    Neighbouring days of the same degree are one period.
    """
    claims = [(period, certificate) for certificate in certificates for period in certificate.periods]
    edges = sorted({period.since for period, _ in claims} | {_after(period.until) for period, _ in claims})
    steps: list[DegreePeriod] = []
    for since, after in pairwise(edges):
        over = [claim for claim in claims if claim[0].since <= since <= claim[0].until]
        if over:
            degree = max(over, key=_strength)[0].degree
            _append(steps, DegreePeriod(since, after - timedelta(days=1), degree))
    return tuple(steps)


def degree_on(degrees: Iterable[DegreePeriod], on: date) -> DegreePeriod | None:
    """The period that covers day `on`; None when no certificate does."""
    return next((period for period in degrees if period.since <= on <= period.until), None)


def _strength(claim: tuple[DegreePeriod, Certificate]) -> tuple[object, ...]:
    period, certificate = claim
    known = period.degree is not None
    return signing_order(certificate), certificate.since, certificate.id, known, period.since, period.degree or 0.0


def _append(steps: list[DegreePeriod], new: DegreePeriod) -> None:
    last = steps[-1] if steps else None
    if last and last.degree == new.degree and _after(last.until) == new.since:
        steps[-1] = DegreePeriod(last.since, new.until, new.degree)
    else:
        steps.append(new)


def _after(day: date) -> date:
    return day + timedelta(days=1)

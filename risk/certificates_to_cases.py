"""THE case definition: how certificates become sick-leave cases, and how one case looks on a given day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from risk.case import (
    Basis,
    CaseSpan,
    Certificate,
    Occupation,
    Person,
    Scope,
    SickLeaveCase,
)
from risk.case_start import Start, find_start
from risk.certificate_sorting import sort_out
from risk.days import days_between, length, plus, year_before
from risk.degrees import degree_on, degrees_over_time
from risk.errors import CaseNotBegun
from risk.findings import words

MAX_GAP_DAYS = 5
CHAIN_GAP_DAYS = 90
_EXAMINED = frozenset({Basis.PHYSICAL_EXAMINATION, Basis.DIGITAL_EXAMINATION})


def cases(
    certificates: Iterable[Certificate], *, scope: Scope, max_gap_days: int = MAX_GAP_DAYS
) -> tuple[CaseSpan, ...]:
    """Join certificates into cases, ascending by start; their order in the input does not matter.

    Args:
        certificates: all that were read; those that do not count are left out (`sort_out` says which and why).
        scope: whose certificates count.
        max_gap_days: whole days between an end and the next start that still join.

    Returns:
        Spans that do not overlap and lie more than `max_gap_days` apart. A certificate belongs to one span.

    Source: Försäkringskassan's and Inera's definition of sjukfall; docs/explanation/cases.md.

    >>> from risk.case import DegreePeriod, ScopeKind
    >>> def one(name, since, until):
    ...     return Certificate(name, name, (DegreePeriod(date(2026, 1, since), date(2026, 1, until), 1.0),))
    >>> permitted = Scope(ScopeKind.PERMITTED)
    >>> [span.until.day for span in cases([one("b", 16, 20), one("a", 1, 10)], scope=permitted)]
    [20]
    >>> [span.until.day for span in cases([one("b", 17, 20), one("a", 1, 10)], scope=permitted)]
    [10, 20]
    """
    return _joined(sort_out(certificates, scope=scope, max_gap_days=max_gap_days).kept, max_gap_days)


def _joined(kept: Iterable[Certificate], max_gap_days: int) -> tuple[CaseSpan, ...]:
    spans: list[CaseSpan] = []
    for certificate in kept:
        last = spans[-1] if spans else None
        if last and days_between(last.until, certificate.since) <= max_gap_days:
            spans[-1] = CaseSpan(last.since, max(last.until, certificate.until), (*last.certificates, certificate))
        else:
            spans.append(CaseSpan(certificate.since, certificate.until, (certificate,)))
    return tuple(spans)


def current(
    certificates: Iterable[Certificate], *, person: Person, on: date, scope: Scope, max_gap_days: int = MAX_GAP_DAYS
) -> SickLeaveCase | None:
    """The ongoing case on day `on`, else the most recent one; `ongoing` says which.

    Returns:
        None when no counted certificate begins on or before `on`.
    """
    sorted_out = sort_out(certificates, scope=scope, max_gap_days=max_gap_days)
    spans = _joined(sorted_out.kept, max_gap_days)
    begun = [index for index, span in enumerate(spans) if span.since <= on]
    if not begun:
        return None
    return view(spans, begun[-1], person=person, on=on, scope=scope, warnings=words(sorted_out.findings))


def view(
    spans: Sequence[CaseSpan],
    index: int,
    *,
    person: Person,
    on: date,
    scope: Scope,
    warnings: tuple[str, ...] = (),
) -> SickLeaveCase:
    """One case as it looks on day `on`.

    Args:
        spans: all cases of the patient, ascending, as `cases` gives them.
        index: which of them.
        warnings: remarks on the certificates (`risk.findings.words`); those about day 1 are added.

    Raises:
        CaseNotBegun: the case begins after `on`.
    """
    span, earlier = spans[index], tuple(spans[:index])
    start = find_start(span, earlier[-1] if earlier else None)
    if start.since > on:
        raise CaseNotBegun(since=start.since, on=on)
    degrees = degrees_over_time(span.certificates)
    today = degree_on(degrees, on)
    prior = _prior(earlier, start.since)
    day = length(start.since, on)
    renewals = span.certificates[1:]
    occupations = next((one.occupations for one in reversed(span.certificates) if one.occupations), frozenset())
    diagnoses = [one.diagnoses[0] for one in span.certificates if one.diagnoses]
    return SickLeaveCase(
        on=on,
        since=start.since,
        since_earliest=start.since_earliest,
        day1_known=start.known,
        until=span.until,
        day=day,
        chain_day=day + chain_days_before(earlier, start.since),
        certificates=span.certificates,
        diagnosis=diagnoses[-1] if diagnoses else None,
        first_diagnosis=diagnoses[0] if diagnoses else None,
        degrees=degrees,
        degree_now=today.degree if today else None,
        ongoing=today is not None,
        renewals=len(renewals),
        renewals_without_examination=sum(bool(one.basis) and not one.basis & _EXAMINED for one in renewals),
        prior_days_12_months=sum(prior[0]),
        prior_longest_case_days=max(prior[1], default=0),
        earlier=tuple(reversed(earlier)),
        person=person,
        occupations=occupations,
        scope=scope,
        unknown=_unknown(span, start, person, occupations, diagnoses, bool(today and today.degree is None)),
        warnings=tuple(sorted({*warnings, *(remark.value for remark in start.remarks)})),
    )


def chain_days_before(earlier: Sequence[CaseSpan], since: date) -> int:
    """Days of the rehabilitation chain that earlier cases add: those fewer than 90 whole days before the next.

    Source: ISF 2015:5. Försäkringskassan decides the day.
    """
    added, next_start = 0, since
    for span in reversed(earlier):
        if days_between(span.until, next_start) >= CHAIN_GAP_DAYS:
            break
        added += length(span.since, span.until)
        next_start = span.since
    return added


def _prior(earlier: Sequence[CaseSpan], since: date) -> tuple[list[int], list[int]]:
    """(certificate days, case length) of each earlier case inside the twelve months before `since`."""
    begin, end = year_before(since), plus(since, -1)
    certified: list[int] = []
    lengths: list[int] = []
    for span in earlier:
        covered = [
            length(max(period.since, begin), min(period.until, end))
            for period in degrees_over_time(span.certificates)
            if period.until >= begin and period.since <= end
        ]
        certified.append(sum(covered))
        lengths.append(max(0, length(max(span.since, begin), min(span.until, end))))
    return certified, lengths


def _unknown(
    span: CaseSpan,
    start: Start,
    person: Person,
    occupations: frozenset[Occupation],
    diagnoses: list[str],
    degree_missing: bool,
) -> tuple[str, ...]:
    missing = {
        "diagnosis": not diagnoses,
        "first_absence": not start.known,
        "degree": degree_missing,
        "basis": any(not one.basis for one in span.certificates),
        "occupation": not occupations,
        "birth_date": person.birth_date is None,
        "sex": person.sex is None,
        "region": person.postal_code is None and person.county_code is None,
    }
    return tuple(name for name, lacking in missing.items() if lacking)

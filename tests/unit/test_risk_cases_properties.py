"""What holds for the case definition whatever the certificates are."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from risk.case import Certificate, DegreePeriod, Person, Scope, ScopeKind
from risk.certificates_to_cases import cases, current
from risk.days import days_between
from risk.degrees import degrees_over_time

PERMITTED = Scope(ScopeKind.PERMITTED)
START = date(2026, 1, 1)


def _day(offset: int) -> date:
    return START + timedelta(days=offset)


periods = st.builds(
    lambda since, length, degree: DegreePeriod(_day(since), _day(since + length), degree),
    st.integers(0, 120),
    st.integers(-2, 25),
    st.sampled_from([None, 0.25, 0.5, 0.75, 1.0]),
)
certificates = st.lists(
    st.builds(
        lambda name, spans, signed, revoked, first: Certificate(
            name,
            name,
            tuple(spans),
            signed=None if signed is None else datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=signed),
            revoked=revoked,
            first_absence=None if first is None else _day(first),
        ),
        st.sampled_from("abcdefgh"),
        st.lists(periods, max_size=3),
        st.none() | st.integers(0, 50),
        st.sampled_from([False, False, False, True]),
        st.none() | st.integers(-20, 130),
    ),
    max_size=8,
)


def _days(spans: object) -> set[date]:
    return {
        one.since + timedelta(days=step)
        for one in spans  # type: ignore[attr-defined]
        for step in range((one.until - one.since).days + 1)
    }


@given(certificates, st.randoms())
def test_the_order_of_reading_changes_nothing(read: list[Certificate], chance: object) -> None:
    shuffled = list(read)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert cases(shuffled, scope=PERMITTED) == cases(read, scope=PERMITTED)


@given(certificates)
def test_cases_lie_more_than_five_whole_days_apart(read: list[Certificate]) -> None:
    for one, following in itertools.pairwise(cases(read, scope=PERMITTED)):
        assert days_between(one.until, following.since) > 5


@given(certificates)
def test_every_counted_day_is_in_exactly_one_case_and_no_case_invents_days(read: list[Certificate]) -> None:
    spans = cases(read, scope=PERMITTED)
    counted = [certificate for span in spans for certificate in span.certificates]
    assert len({one.id for one in counted}) == len(counted)
    certified = _days(counted)
    assert certified <= _days(spans)
    for invented in _days(spans) - certified:
        near = {invented + timedelta(days=step) for step in range(-5, 6)}
        assert near & certified


@given(certificates)
def test_joining_what_is_joined_changes_nothing(read: list[Certificate]) -> None:
    spans = cases(read, scope=PERMITTED)
    assert cases([one for span in spans for one in span.certificates], scope=PERMITTED) == spans


@given(certificates)
def test_a_revoked_certificate_counts_nowhere(read: list[Certificate]) -> None:
    revoked = {one.id for one in read if one.revoked}
    counted = {one.id for span in cases(read, scope=PERMITTED) for one in span.certificates}
    assert not revoked & counted


@given(certificates)
def test_degrees_are_ascending_disjoint_and_cover_the_certified_days(read: list[Certificate]) -> None:
    for span in cases(read, scope=PERMITTED):
        steps = degrees_over_time(span.certificates)
        assert all(one.until < after.since for one, after in itertools.pairwise(steps))
        assert _days(steps) == _days(period for one in span.certificates for period in one.periods)


@settings(max_examples=150)
@given(certificates, st.integers(0, 160))
def test_a_case_is_consistent_on_any_day(read: list[Certificate], offset: int) -> None:
    on = _day(offset)
    case = current(read, person=Person(), on=on, scope=PERMITTED)
    if case is None:
        assert all(span.since > on for span in cases(read, scope=PERMITTED))
        return
    assert 1 <= case.day <= case.chain_day
    assert case.since_earliest <= case.since <= case.certificates[0].since
    assert case.day1_known == ("first_absence" not in case.unknown)
    assert case.renewals == len(case.certificates) - 1
    assert 0 <= case.prior_days_12_months <= 366
    assert all(one.until < case.since_earliest for one in case.earlier)

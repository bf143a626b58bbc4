"""Case ids through late, bridging, revoked and corrected certificates, in every order of arrival."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.case import CaseSpan, Certificate, DegreePeriod, Scope, ScopeKind
from risk.case_history import CaseEvent, CaseRegister, EventKind, reconcile
from risk.certificates_to_cases import cases
from risk.errors import UnknownCase

PERMITTED = Scope(ScopeKind.PERMITTED)
DAY_ZERO = date(2025, 12, 31).toordinal()


def one(name: str, since: int, until: int, *, signed: int = 1, revoked: bool = False) -> Certificate:
    period = DegreePeriod(date.fromordinal(DAY_ZERO + since), date.fromordinal(DAY_ZERO + until), 1.0)
    return Certificate(name, name, (period,), signed=datetime(2026, 1, signed, tzinfo=UTC), revoked=revoked)


def ids() -> Iterator[str]:
    return (f"case-{number}" for number in itertools.count(1))


class Patient:
    """Certificates arriving one by one, the register kept up after each."""

    def __init__(self) -> None:
        self.read: list[Certificate] = []
        self.register = CaseRegister()
        self.events: list[CaseEvent] = []
        self.ids = ids()

    def arrives(self, *certificates: Certificate) -> tuple[CaseEvent, ...]:
        self.read += certificates
        result = reconcile(self.register, self.spans, lambda: next(self.ids))
        self.register = result.register
        self.events += result.events
        return result.events

    @property
    def spans(self) -> tuple[CaseSpan, ...]:
        return cases(self.read, scope=PERMITTED)

    def grouping(self) -> set[frozenset[str]]:
        return {record.certificates for record in self.register.records if record.live}


A, B, C = one("a", 1, 10), one("b", 11, 20), one("c", 21, 30)


def test_an_id_is_given_once_and_kept_when_the_case_grows() -> None:
    patient = Patient()
    assert patient.arrives(A) == (CaseEvent(EventKind.OPENED, None, "case-1", "a"),)
    assert patient.arrives(B) == ()
    assert patient.register.case_of(patient.spans[0]) == "case-1"


def test_a_late_bridging_certificate_merges_and_the_first_id_stays() -> None:
    patient = Patient()
    patient.arrives(C)
    patient.arrives(A)
    assert patient.arrives(B) == (CaseEvent(EventKind.MERGED, "case-2", "case-1", "b"),)
    assert patient.register.resolve("case-2") == "case-1"
    assert patient.register.resolve("case-1") == "case-1"


def test_revoking_the_bridge_gives_the_merged_case_its_id_back() -> None:
    patient = Patient()
    patient.arrives(A)
    patient.arrives(C)
    patient.arrives(B)
    assert patient.arrives(replace(B, revoked=True)) == (CaseEvent(EventKind.SPLIT, "case-1", "case-2", "b"),)
    assert [patient.register.case_of(span) for span in patient.spans] == ["case-1", "case-2"]


def test_a_split_that_never_had_an_id_gets_a_new_one() -> None:
    patient = Patient()
    patient.arrives(A, B, C)
    (event,) = patient.arrives(replace(B, revoked=True))
    assert (event.kind, event.source, event.target) == (EventKind.SPLIT, "case-1", "case-2")


def test_a_correction_can_split_and_join() -> None:
    patient = Patient()
    patient.arrives(A, one("b", 11, 30), one("d", 31, 40))
    (event,) = patient.arrives(one("b", 11, 12, signed=2))
    assert event.kind is EventKind.SPLIT
    (event,) = patient.arrives(one("b", 11, 30, signed=3))
    assert event.kind is EventKind.MERGED
    assert patient.register.resolve("case-2") == "case-1"


def test_revoking_all_closes_and_the_id_still_answers() -> None:
    patient = Patient()
    patient.arrives(A)
    assert patient.arrives(replace(A, revoked=True)) == (CaseEvent(EventKind.CLOSED, "case-1", None, "a"),)
    assert patient.register.resolve("case-1") is None
    with pytest.raises(UnknownCase):
        patient.register.resolve("case-9")


def test_a_live_id_stays_before_one_that_had_ended() -> None:
    patient = Patient()
    patient.arrives(A)
    patient.arrives(replace(one("a", 1, 10, signed=2), infection_control=True))
    patient.arrives(B)
    assert patient.arrives(one("a", 1, 10, signed=3)) == (CaseEvent(EventKind.FORWARDED, "case-1", "case-2", "a"),)
    assert patient.register.resolve("case-1") == "case-2"


def test_a_closed_case_opens_again_under_its_id() -> None:
    patient = Patient()
    patient.arrives(A)
    patient.arrives(replace(one("a", 1, 10, signed=2), infection_control=True))
    assert patient.arrives(one("a", 1, 10, signed=3)) == (CaseEvent(EventKind.REOPENED, "case-1", "case-1", "a"),)
    _holds(patient)


def test_nothing_new_records_nothing() -> None:
    patient = Patient()
    patient.arrives(A, C)
    before = patient.register
    assert patient.arrives(A) == ()
    assert patient.register == before


STORIES: tuple[Sequence[Certificate], ...] = (
    (A, B, C, replace(B, revoked=True)),
    (A, C, one("d", 60, 70), one("e", 31, 55)),
    (A, one("b", 11, 30), one("d", 31, 40), one("b", 11, 12, signed=2)),
    (A, B, C, replace(A, revoked=True), replace(C, revoked=True)),
    (one("a", 1, 40), one("b", 5, 9), one("c", 44, 50), replace(one("a", 1, 40), revoked=True)),
)


@pytest.mark.parametrize("story", STORIES)
def test_every_order_of_arrival_ends_in_the_same_cases(story: Sequence[Certificate]) -> None:
    endings = set()
    for order in itertools.permutations(story):
        patient = Patient()
        for certificate in order:
            patient.arrives(certificate)
            _holds(patient)
        endings.add(frozenset(patient.grouping()))
    assert len(endings) == 1


certificates = st.builds(
    lambda name, since, length, signed, revoked: one(name, since, since + length, signed=signed, revoked=revoked),
    st.sampled_from("abcde"),
    st.integers(1, 60),
    st.integers(0, 12),
    st.integers(1, 3),
    st.sampled_from([False, False, False, True]),
)


@settings(max_examples=150)
@given(st.lists(certificates, max_size=7), st.randoms())
def test_any_story_in_any_order(story: list[Certificate], chance: object) -> None:
    endings = []
    for _ in range(2):
        patient = Patient()
        for certificate in story:
            patient.arrives(certificate)
            _holds(patient)
        endings.append(patient.grouping())
        chance.shuffle(story)  # type: ignore[attr-defined]
    assert endings[0] == endings[1]


def _holds(patient: Patient) -> None:
    """Live ids are the cases; every id ever given leads to a live one or to a recorded end; events tell the same."""
    live = {record.case_id for record in patient.register.records if record.live}
    assert patient.grouping() == {frozenset(one.id for one in span.certificates) for span in patient.spans}
    assert len(live) == len(patient.spans)
    given_ids = {event.target for event in patient.events if event.kind in (EventKind.OPENED, EventKind.SPLIT)}
    assert {record.case_id for record in patient.register.records} == given_ids
    for record in patient.register.records:
        assert patient.register.resolve(record.case_id) in live | {None}
    told: dict[str, str | None] = {}
    for event in patient.events:
        if event.kind in (EventKind.OPENED, EventKind.SPLIT, EventKind.REOPENED):
            assert event.target is not None
            told[event.target] = event.target
        elif event.source is not None:
            told[event.source] = event.target
    for record in patient.register.records:
        assert told[record.case_id] == (record.case_id if record.live else record.forward)

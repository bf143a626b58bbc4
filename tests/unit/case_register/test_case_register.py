"""Case ids in the database: given once, forwarded, never mixed between providers, whatever arrives in what order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, select

from risk.case import CaseSpan, Certificate, DegreePeriod, Scope, ScopeKind
from risk.case_history import EventKind
from risk.certificates_to_cases import cases
from smart_app.case_register.errors import NoSuchCase
from smart_app.case_register.register import Registered, events_of, register_cases, resolve
from smart_app.case_register.tables import CaseCertificateRow, CaseRow
from smart_app.store.database import Store, open_store
from smart_app.store.owner import Owner

OWNER = Owner("demo", "SE-PROVIDER-1", "SE-UNIT-1")
OTHER_PROVIDER = Owner("demo", "SE-PROVIDER-2", "SE-UNIT-1")
OTHER_ISSUER = Owner("other", "SE-PROVIDER-1", "SE-UNIT-1")
PATIENT = "Patient/p1"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PERMITTED = Scope(ScopeKind.PERMITTED)


def certificate(id_: str, since: int, until: int, *, revoked: bool = False) -> Certificate:
    """A certificate in September 2026."""
    period = DegreePeriod(date(2026, 9, since), date(2026, 9, until), 1.0)
    return Certificate(id_, f"QuestionnaireResponse/{id_}", (period,), signed=NOON, revoked=revoked)


EARLY = certificate("early", 1, 5)
LATE = certificate("late", 20, 25)
BRIDGE = certificate("bridge", 6, 19)


def spans(*certificates: Certificate) -> tuple[CaseSpan, ...]:
    return cases(certificates, scope=PERMITTED)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url, migrate=False)
    SQLModel.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'cases.sqlite'}", migrate=False)
    SQLModel.metadata.create_all(opened.engine)
    yield opened
    opened.close()


def register(store: Store, found: Sequence[CaseSpan], owner: Owner = OWNER, patient: str = PATIENT) -> Registered:
    with store.transaction() as session:
        return register_cases(session, owner, patient, found, NOON)


def lead(store: Store, case_id: str, owner: Owner = OWNER) -> str | None:
    with store.reading() as session:
        return resolve(session, owner, case_id)


def test_an_id_is_given_once_and_stays(store: Store) -> None:
    first = register(store, spans(EARLY, LATE))
    again = register(store, spans(LATE, EARLY))

    assert again.ids == first.ids
    assert len(set(first.ids)) == 2
    assert again.events == ()


def test_the_id_stays_with_its_certificate_when_the_dates_are_corrected(store: Store) -> None:
    first = register(store, spans(EARLY))
    corrected = register(store, spans(certificate("early", 2, 9)))

    assert corrected.ids == first.ids
    with store.reading() as session:
        row = session.exec(select(CaseRow)).one()
        assert (row.since, row.until) == (date(2026, 9, 2), date(2026, 9, 9))


def test_a_bridging_certificate_merges_two_cases_and_the_later_id_leads_to_the_earlier(store: Store) -> None:
    first = register(store, spans(EARLY, LATE))
    merged = register(store, spans(EARLY, BRIDGE, LATE))

    assert merged.ids == (first.ids[0],)
    assert merged.ended == (first.ids[1],)
    assert lead(store, first.ids[1]) == first.ids[0]


def test_a_revoked_bridge_splits_them_again_and_both_have_their_ids_back(store: Store) -> None:
    first = register(store, spans(EARLY, LATE))
    register(store, spans(EARLY, BRIDGE, LATE))
    split = register(store, spans(EARLY, LATE))

    assert split.ids == first.ids
    assert [lead(store, one) for one in first.ids] == list(first.ids)
    assert [event.kind for event in split.events] == [EventKind.SPLIT]


def test_a_case_without_any_certificate_left_is_closed_and_leads_nowhere(store: Store) -> None:
    first = register(store, spans(EARLY))
    closed = register(store, spans(certificate("early", 1, 5, revoked=True)))

    assert closed.ended == first.ids
    assert lead(store, first.ids[0]) is None
    assert register(store, spans(EARLY)).ids == first.ids


def test_forwarding_is_followed_through_several_merges(store: Store) -> None:
    three = [certificate("a", 1, 2), certificate("b", 10, 11), certificate("c", 20, 21)]
    ids = register(store, spans(*three)).ids
    register(store, spans(*three, certificate("bc", 12, 19)))
    whole = register(store, spans(*three, certificate("bc", 12, 19), certificate("ab", 3, 9)))

    assert {lead(store, one) for one in ids} == set(whole.ids)


def test_every_order_of_arrival_ends_in_one_case_with_all_ids_leading_there(sqlite: Store) -> None:
    parts = [EARLY, BRIDGE, LATE, certificate("inner", 21, 22)]
    for number, order in enumerate(permutations(parts)):
        patient = f"Patient/{number}"
        given: set[str] = set()
        for arrived in range(1, len(order) + 1):
            given |= set(register(sqlite, spans(*order[:arrived]), patient=patient).ids)
        (last,) = register(sqlite, spans(*parts), patient=patient).ids

        assert {lead(sqlite, one) for one in given} == {last}, [one.id for one in order]


def test_every_change_is_kept_as_an_event(sqlite: Store) -> None:
    first = register(sqlite, spans(EARLY, LATE))
    register(sqlite, spans(EARLY, BRIDGE, LATE))
    with sqlite.reading() as session:
        told = [(event.kind, event.source, event.target) for event in events_of(session, OWNER, PATIENT)]

    assert told == [
        ("opened", None, first.ids[0]),
        ("opened", None, first.ids[1]),
        ("merged", first.ids[1], first.ids[0]),
    ]


@pytest.mark.parametrize("stranger", [OTHER_PROVIDER, OTHER_ISSUER])
def test_another_provider_or_issuer_has_its_own_cases_and_sees_none_of_ours(store: Store, stranger: Owner) -> None:
    ours = register(store, spans(EARLY))
    theirs = register(store, spans(EARLY), owner=stranger)

    assert set(ours.ids).isdisjoint(theirs.ids)
    with pytest.raises(NoSuchCase):
        lead(store, ours.ids[0], owner=stranger)
    with store.reading() as session:
        assert {event.target for event in events_of(session, stranger, PATIENT)} == set(theirs.ids)


def test_two_patients_with_the_same_certificate_numbers_do_not_meet(store: Store) -> None:
    one, other = register(store, spans(EARLY)), register(store, spans(EARLY), patient="Patient/p2")

    assert set(one.ids).isdisjoint(other.ids)


def test_two_launches_at_one_moment_give_one_id(store: Store) -> None:
    inside = threading.Event()

    def first() -> Registered:
        with store.transaction() as session:
            result = register_cases(session, OWNER, PATIENT, spans(EARLY, LATE), NOON)
            inside.set()
            time.sleep(0.3)
            return result

    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(first)
        inside.wait(10)
        second = register(store, spans(EARLY, LATE))

    assert second.ids == begun.result().ids
    assert second.events == ()


def test_the_database_refuses_a_certificate_in_two_live_cases(store: Store) -> None:
    first = register(store, spans(EARLY, LATE))
    with pytest.raises(IntegrityError), store.transaction() as session:
        session.add(
            CaseCertificateRow(
                **OWNER.columns(), case_id=first.ids[1], certificate_id="early", patient_reference=PATIENT, live=True
            )
        )

"""The table of requirements is complete, and names no test that does not show what it says."""

from __future__ import annotations

import hashlib
from collections import Counter

from tests.requirements_trace import BY_TEST, NOT_APPLICABLE, OPEN, PAGE, SET, carried, page, read_table

MANDATORY = 121
DIGEST_OF_IDS = "dbe0179cfd91f843c00000be7613996559ad70a42a7c6fba885bdad6eaa51a71"
"""Of the ids in order, so that none is dropped or invented."""


def test_every_mandatory_requirement_is_there_once() -> None:
    ids = [row.id for row in read_table()]
    assert len(set(ids)) == len(ids) == MANDATORY
    assert hashlib.sha256(" ".join(ids).encode()).hexdigest() == DIGEST_OF_IDS


def test_each_is_decided_with_its_ground() -> None:
    for row in read_table():
        assert row.decision in (BY_TEST, NOT_APPLICABLE, OPEN), row.id
        assert row.strength in ("SHALL", "SHALL NOT"), row.id
        assert row.url.startswith("https://hl7.org/fhir/smart-app-launch/"), row.id
        assert row.because.strip(), row.id


def test_named_tests_are_exactly_those_that_carry_the_id() -> None:
    """Run `python -m tests.requirements_trace` after a test was renamed or an id was added to one."""
    found = carried()
    assert {row.id: list(row.tests) for row in read_table() if row.decision == BY_TEST} == found
    assert all(number.startswith(f"{SET}@") for number in found)


def test_at_least_a_hundred_are_shown_by_tests_and_none_is_open() -> None:
    count = Counter(row.decision for row in read_table())
    assert count[BY_TEST] >= 100
    assert count[OPEN] == 0


def test_page_is_printed_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_table())

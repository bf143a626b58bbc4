"""A booked visit is seen; visits that were withheld are not taken for none."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mapping.read.case import Chart, read_case
from risk.case import Scope, ScopeKind

ON = date(2026, 11, 22)
PERMITTED = Scope(ScopeKind.PERMITTED)


def visit(status: str, start: str) -> dict[str, object]:
    return {
        "resourceType": "Encounter",
        "id": "e",
        "status": status,
        "subject": {"reference": "Patient/p"},
        "period": {"start": start},
    }


@pytest.mark.parametrize(
    ("status", "start", "booked"),
    [
        ("planned", "2026-11-30T09:00:00+01:00", True),
        ("planned", "2026-11-22T15:00:00+01:00", False),  # today is no follow-up
        ("planned", "2026-11-22T23:30:00Z", True),  # already tomorrow in Sweden
        ("cancelled", "2026-11-30T09:00:00+01:00", False),
        ("finished", "2026-11-30T09:00:00+01:00", False),
    ],
)
def test_a_planned_visit_ahead_is_a_follow_up(status: str, start: str, booked: bool) -> None:
    chart = Chart(patient={"resourceType": "Patient", "id": "p"}, resources=(visit(status, start),))
    assert read_case(chart, on=ON, scope=PERMITTED).follow_up_booked is booked


def test_withheld_visits_leave_it_unknown() -> None:
    chart = Chart(patient={"resourceType": "Patient", "id": "p"}, withheld=("Encounter",))
    assert read_case(chart, on=ON, scope=PERMITTED).follow_up_booked is None

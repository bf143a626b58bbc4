"""REKO status of the coordinator -> Task.status, as one table.

The eight values are those that Swedish coordinators use (facts from sklintyg/intygstjanst; own definitions).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reko:
    """One REKO status.

    Attributes:
        code: REKO_1 to REKO_8.
        sv, en: as users see it.
        task: the Task.status that follows from it.
        why: why that one.
    """

    code: str
    sv: str
    en: str
    task: str
    why: str


TABLE = (
    Reko("REKO_1", "Ingen status", "No status", "requested", "nobody has begun"),
    Reko("REKO_2", "Kontaktad", "Contacted", "accepted", "somebody has taken it up with the patient"),
    Reko("REKO_3", "Aktiv", "Active", "in-progress", "coordination is going on"),
    Reko("REKO_4", "Uppföljning", "Follow-up", "in-progress", "measures are done, the case is still followed"),
    Reko("REKO_5", "Avslutad", "Closed", "completed", "the work was done"),
    Reko(
        "REKO_6", "Avböjt", "Declined", "cancelled", "the patient declined: the work stops, the unit did not refuse it"
    ),
    Reko("REKO_7", "Lämnas utan åtgärd", "No action", "rejected", "the unit decided not to act"),
    Reko("REKO_8", "Medicinsk rehab", "Medical rehabilitation", "on-hold", "medical rehabilitation goes first"),
)
BY_CODE = {each.code: each for each in TABLE}


def task_status(reko: str) -> str:
    """Task.status of a REKO status.

    Raises:
        KeyError: not one of the eight.

    >>> task_status("REKO_3")
    'in-progress'
    """
    return BY_CODE[reko].task

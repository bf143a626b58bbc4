"""One table from fault to answer: HTTP status, FHIR issue code, and what the user reads in Swedish and English.

Every fault class that can reach a door stands here; `tests/unit/test_errors.py` proves the table complete.
Texts say what happened, what it means and what to do next. They never hold a patient's data: placeholders in
braces are filled from the fault's own fields, and faults carry no such data.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultText:
    """How one fault is answered. `retry_after_s` sets Retry-After."""

    status: int
    issue: str
    sv: str
    en: str
    retry_after_s: int | None = None


FAULTS: dict[type[Exception], FaultText] = {}

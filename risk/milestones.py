"""Days that matter ahead: the rehabilitation chain, the horizons and the end of the certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Milestone:
    """One day ahead.

    Attributes:
        day: chain day when `chain`, else day of the case.
        date: the calendar day.
        chain: counted on the rehabilitation chain (Försäkringskassan decides).
    """

    day: int
    date: date
    text_sv: str
    text_en: str
    chain: bool

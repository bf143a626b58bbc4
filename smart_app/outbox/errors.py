"""What the outbox refuses, and why a delivery stops before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NothingToWrite(Exception):
    """A write without any entry was put in."""

    case_id: str


@dataclass
class WrongPatientForCase(Exception):
    """A write was put in for another patient than the case's; nothing was kept."""

    case_id: str


@dataclass
class NoSuchDelivery(Exception):
    """No outbox entry with this number is known here; another unit's looks the same."""

    outbox_id: int


@dataclass
class NotParked(Exception):
    """Only what the EHR refused can be retried by hand; this entry is waiting or done."""

    outbox_id: int
    state: str

    def __str__(self) -> str:
        return f"it is {self.state}, not parked"


@dataclass
class PayloadErased(Exception):
    """The content was erased: it was written, or its time was up; make the assessment again."""

    outbox_id: int

    def __str__(self) -> str:
        return "its content was erased"


@dataclass
class ExportOnly(Exception):
    """The EHR takes this write in no form; it is kept for download. `why`: "profile", "capability" or "scopes"."""

    issuer: str
    why: str


@dataclass
class Duplicates(Exception):
    """The EHR holds the same thing of ours more than once; somebody has to look at it there."""

    kind: str


@dataclass
class MayNotLook(Exception):
    """It may stand at the EHR already by an answer that never came, and nothing lets us read or search for it there."""

    kind: str


@dataclass
class DanglingReference(Exception):
    """An entry refers to something of ours that has never reached the EHR."""

    kind: str

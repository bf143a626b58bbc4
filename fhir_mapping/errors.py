"""What can be wrong with FHIR that we read or are about to write."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(unsafe_hash=True)
class MappingFault(Exception):
    """One resource, or a part of it, cannot be used.

    Attributes:
        path: where, e.g. "QuestionnaireResponse/12: 32.2.end".
        reason: a fixed word from docs/reference/fhir.md, e.g. "reversed-period"; never a value of the patient's.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.path})"


@dataclass(unsafe_hash=True)
class WrongPatient(MappingFault):
    """A resource in the chart, or the context, belongs to another patient than the one asked for: everything stops."""


@dataclass(unsafe_hash=True)
class InvalidResource(Exception):
    """A resource that we built breaks R4 or our own tables; it must not be sent.

    Attributes:
        path: element, e.g. "CarePlan.activity[0]".
        reason: what is wrong there; holds no value of the patient's.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(unsafe_hash=True)
class SameIdentity(Exception):
    """Two entries of one transaction resolve to one identity; some servers then lose one in silence."""

    identity: str


@dataclass(unsafe_hash=True)
class UnreadableOutcome(Exception):
    """The EHR's answer to a write does not tell what became of an entry.

    Attributes:
        path: place in the answer, e.g. "entry[2].response.location".
        reason: fixed word.
    """

    path: str
    reason: str

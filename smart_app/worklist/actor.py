"""Who changes the worklist."""

from __future__ import annotations

from dataclasses import dataclass

from smart_app.audit.log import By


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or API client) behind a change.

    Attributes:
        reference: FHIR reference at the EHR, e.g. "PractitionerRole/7"; for an API client "Device/<client>".
        name: in words; None when unknown.
        role: "physician", "coordinator", "head-of-unit", "client"; None when unknown.
        hsa_id: None when unknown.
        launch_id: whose token may deliver the change; None = the backend's.
    """

    reference: str
    name: str | None = None
    role: str | None = None
    hsa_id: str | None = None
    launch_id: str | None = None

    @property
    def by(self) -> By:
        return By(self.reference, self.role)


@dataclass(frozen=True, slots=True)
class Assignee:
    """The person who takes a task over."""

    reference: str
    name: str | None = None

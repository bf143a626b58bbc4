"""A FHIR interaction without its transport: what is asked, what is answered, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Resource = dict[str, Any]
FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class FhirRequest:
    """`path` is relative to the base without leading slash; header names are lower-case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Resource | None = None


@dataclass(frozen=True, slots=True)
class FhirResponse:
    status: int
    body: Resource | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """Whatever keeps the resources; it knows nothing of tokens and scopes."""

    async def handle(self, request: FhirRequest) -> FhirResponse: ...


class FhirFault(Exception):
    """A request the record refuses; becomes an OperationOutcome."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text

    def response(self) -> FhirResponse:
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if self.status == 401 else {}
        return FhirResponse(self.status, outcome(self.code, self.text), headers)


def outcome(code: str, text: str, severity: str = "error") -> Resource:
    """One-issue OperationOutcome."""
    issue = {"severity": severity, "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}

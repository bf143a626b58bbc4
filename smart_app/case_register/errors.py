"""What the case register refuses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NoSuchCase(Exception):
    """No case with this id is known to this issuer and care provider; another provider's case looks the same."""

    case_id: str

    def __str__(self) -> str:
        return f"no case {self.case_id}"

"""What terminology refuses."""

from __future__ import annotations

from dataclasses import dataclass


class TerminologyFault(Exception):
    """Anything terminology refuses."""


@dataclass
class UnknownCode(TerminologyFault):
    """The text is no code of the system."""

    text: str
    system: str

    def __str__(self) -> str:
        return f"no code of {self.system}: {self.text[:12]!r}"


@dataclass
class NotAPersonalNumber(TerminologyFault):
    """The text is no Swedish personal number; the text itself is never repeated.

    `reason` is one of "shape", "date", "check-digit", "century".
    """

    reason: str

    def __str__(self) -> str:
        return f"not a personal number: {self.reason}"

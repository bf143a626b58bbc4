"""What the terminology operations refuse: always with the parameter and the value that are wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST, LONGEST_REASON = 100, 400
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LIKE_A_PERSON = re.compile(r"(?<![\d.])\d{6,8}[-+]?\d{4}(?![\d.])")


def repeatable(value: object, longest: int = LONGEST) -> str:
    """A value as it may be repeated in an answer: short, printable, and without anything like a personal number."""
    text = _LIKE_A_PERSON.sub("…", _UNFIT.sub("�", str(value)))
    return text if len(text) <= longest else f"{text[:longest]}…"


@dataclass
class ParameterRefused(Exception):
    """A parameter is missing, unknown, or its value cannot be understood."""

    parameter: str
    value: str
    why_sv: str
    why_en: str

    def __post_init__(self) -> None:
        self.parameter, self.value = repeatable(self.parameter), repeatable(self.value)
        self.why_sv, self.why_en = (
            repeatable(self.why_sv, LONGEST_REASON),
            repeatable(self.why_en, LONGEST_REASON),
        )


@dataclass
class TermNotFound(ParameterRefused):
    """The system, release, code, value set or map that a parameter names is not here."""


@dataclass
class TermNotSupported(ParameterRefused):
    """Understood, but not done here."""


@dataclass
class TermTooCostly(ParameterRefused):
    """More than is answered at once."""


def missing(parameter: str) -> ParameterRefused:
    """A parameter that is needed was not sent."""
    return ParameterRefused(parameter, "", "den saknas", "it is missing")

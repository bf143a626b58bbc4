"""What the rules refuse, one class per fault, each with the fields a caller needs to explain it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class RiskFault(Exception):
    """Anything the rules refuse; never carries patient data beyond days and codes."""


@dataclass
class NoDiagnosis(RiskFault):
    """No diagnosis was coded, so no group can be found."""

    def __str__(self) -> str:
        return "no diagnosis was coded"


@dataclass
class DayPassed(RiskFault):
    """The case already runs on `day`; ask for a later one."""

    day: int
    given_day: int

    def __str__(self) -> str:
        return f"day {self.day} has passed: the case runs on day {self.given_day}"


@dataclass
class BeyondCurve(RiskFault):
    """The curve says nothing about `day`; it is known up to `last_day` and never extrapolated."""

    day: int
    last_day: int

    def __str__(self) -> str:
        return f"day {self.day} lies outside the curve, which is known up to day {self.last_day}"


@dataclass
class BeforeCurve(RiskFault):
    """The curve begins on `first_day`; earlier days say nothing."""

    day: int
    first_day: int

    def __str__(self) -> str:
        return f"day {self.day} lies before day {self.first_day}, where the curve begins"


@dataclass
class NoModel(RiskFault):
    """No model answers for this diagnosis."""

    code: str

    def __str__(self) -> str:
        return f"no model for {self.code}"


@dataclass
class WrongColumns(RiskFault):
    """The features are not those that the model was fitted on."""

    expected: tuple[str, ...]
    got: tuple[str, ...]

    def __str__(self) -> str:
        return f"expected columns {self.expected}, got {self.got}"


@dataclass
class CaseNotBegun(RiskFault):
    """The case begins after the day it was asked about."""

    since: date
    on: date

    def __str__(self) -> str:
        return f"the case begins {self.since}, after {self.on}"


@dataclass
class UnknownCase(RiskFault):
    """This case id was never given."""

    case_id: str

    def __str__(self) -> str:
        return f"case id {self.case_id} was never given"


@dataclass
class CatalogueFault(RiskFault):
    """A data file of the rules is wrong: which file, which key, why."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


@dataclass
class UnknownLevel(RiskFault):
    """An answer that the model was not fitted on."""

    column: str
    level: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column}: {self.level!r} is none of {', '.join(self.known)}"


@dataclass
class ModelFileFault(RiskFault):
    """A file of a model set is wrong, missing or was changed since it was made."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"

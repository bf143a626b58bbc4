"""What terminology refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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


@dataclass
class UnknownSystem(TerminologyFault):
    """No release of that code system is here."""

    system: str

    def __str__(self) -> str:
        return f"code system not known here: {self.system}"


@dataclass
class UnknownRelease(TerminologyFault):
    """The system is here, but not in that edition. `known` are the editions there are."""

    system: str
    release: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.system} is not here in release {self.release}; here are {', '.join(self.known)}"


@dataclass
class NoReleaseHeld(TerminologyFault):
    """The day lies before the first edition that is here."""

    system: str
    on: date
    first_day: date

    def __str__(self) -> str:
        return f"no release of {self.system} is here for {self.on}; the first one begins {self.first_day}"


@dataclass
class NotInRelease(TerminologyFault):
    """The code does not stand in that edition.

    `whole` is False when the edition here is a selection: then the code may exist all the same.
    `found_in` are the other editions in which it stands.
    """

    system: str
    code: str
    release: str
    whole: bool
    found_in: tuple[str, ...]

    def __str__(self) -> str:
        said = f"{self.code} does not stand in {self.system} {self.release}"
        if self.found_in:
            return f"{said}; it stands in {', '.join(self.found_in)}"
        return said if self.whole else f"{said}, of which only a selection is here"


@dataclass
class NotValidThen(TerminologyFault):
    """The code stands in the edition, but was not valid on the day. `inferred`: its period is a conclusion."""

    system: str
    code: str
    on: date
    since: date | None
    until: date | None
    inferred: bool = False

    def __str__(self) -> str:
        period = f"{self.since or '?'} to {self.until or '?'}"
        return f"{self.code} was not valid on {self.on} ({'probably ' * self.inferred}valid {period})"


@dataclass
class UnknownValueSet(TerminologyFault):
    """No value set has that address."""

    url: str

    def __str__(self) -> str:
        return f"value set not known here: {self.url}"


@dataclass
class NotInValueSet(TerminologyFault):
    """The code does not stand in the value set."""

    code: str
    url: str

    def __str__(self) -> str:
        return f"{self.code} does not stand in the value set {self.url}"


@dataclass
class UnknownConceptMap(TerminologyFault):
    """No concept map has that address."""

    url: str

    def __str__(self) -> str:
        return f"concept map not known here: {self.url}"


@dataclass
class FilterNotSupported(TerminologyFault):
    """A value set is defined with a filter that we cannot follow."""

    filter: str

    def __str__(self) -> str:
        return f"filter not supported: {self.filter}"


@dataclass
class TooManyCodes(TerminologyFault):
    """The whole answer is more than is given at once."""

    total: int
    most: int

    def __str__(self) -> str:
        return f"{self.total} codes; ask for at most {self.most} at a time"


@dataclass
class UnknownSubject(TerminologyFault):
    """Neither a code of the system nor one of the families has that name."""

    name: str

    def __str__(self) -> str:
        return f"neither a code nor a family: {self.name}"

"""A code as one edition of a code list has it. The concept itself is (system, code): all else belongs to a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Certainty(StrEnum):
    """How sure we are of a statement.

    verified: seen in the named source. inferred: concluded from one, or carried over from another year.
    unverified: from memory or from an unofficial text, not checked.
    """

    VERIFIED = "verified"
    INFERRED = "inferred"
    UNVERIFIED = "unverified"


class Kind(StrEnum):
    """Whether one may code with it, or it only orders the list (chapter, block)."""

    CODE = "code"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Edition:
    """One code in one release.

    Attributes:
        code: as kept by us, e.g. "M545", "DV077".
        text: None when no text is known for sure.
        certainty: of the text.
        source: where the text was seen.
        since: first valid day by the list itself; None = not said.
        until: last valid day; None = not said.
        validity: certainty of `since` and `until`.
        parent: the code above it; None at the top.
        active: False when the list has it without a date of validity.
        notes: what else the list says of it, as (name, text).
        designations: texts in other languages, as (language, text).
    """

    code: str
    text: str | None
    certainty: Certainty = Certainty.VERIFIED
    source: str = ""
    since: date | None = None
    until: date | None = None
    validity: Certainty = Certainty.VERIFIED
    parent: str | None = None
    kind: Kind = Kind.CODE
    active: bool = True
    notes: tuple[tuple[str, str], ...] = ()
    designations: tuple[tuple[str, str], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What it is called, in every language; nothing when no text is known for sure."""
        own = () if self.text is None else (self.text,)
        return (*own, *(text for _, text in self.designations)) if self.designations else own

    def valid_on(self, day: date) -> bool:
        """Whether the list lets it be used on that day (ends included)."""
        begun = self.since is None or self.since <= day
        return self.active and begun and (self.until is None or day <= self.until)

    def note(self, name: str) -> str | None:
        """What the list says under that name; None when nothing."""
        return dict(self.notes).get(name)

    def in_language(self, language: str | None) -> str | None:
        """The text in a language ("en", "en-GB"), else the Swedish one."""
        if not self.designations:
            return self.text
        wanted = (language or "sv").split("-")[0].lower()
        return dict(self.designations).get(wanted, self.text)

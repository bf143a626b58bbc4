"""Whether a code stands in a release, was valid on the day, and is shown with the text of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from terminology.catalogue import Catalogue
from terminology.concept import Kind
from terminology.errors import NotInRelease, TerminologyFault
from terminology.lookup import Looked, look_up
from terminology.words import plain


@dataclass
class WrongDisplay(TerminologyFault):
    """The text shown is not that of the day. `was_in` are the releases in which it was."""

    code: str
    display: str
    text: str | None
    was_in: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} is called {self.text!r}, not {self.display[:80]!r}"


@dataclass
class NotForCoding(TerminologyFault):
    """A chapter or block, which only orders the list."""

    code: str

    def __str__(self) -> str:
        return f"{self.code} is a heading, not to be coded with; abstract=true accepts it"


@dataclass(frozen=True, slots=True)
class Validated:
    """The answer. `found` None = the code does not stand there; `fault` None = nothing is wrong."""

    found: Looked | None
    fault: TerminologyFault | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None


def validate_code(
    catalogue: Catalogue,
    system: str,
    text: str,
    *,
    on: date,
    version: str | None = None,
    display: str | None = None,
    headings: bool = False,
) -> Validated:
    """Check a code, and its text when one is given.

    Args:
        text: the code, in any spelling that occurs.
        on: the day; chooses the release unless `version` does.
        headings: also chapters and blocks are taken, with which nobody may code.
        display: what the sender shows; compared without regard to case, blanks and the "(i)" of KVÅ.

    Raises:
        UnknownSystem, UnknownRelease, NoReleaseHeld: the question cannot be answered.
    """
    try:
        found = look_up(catalogue, system, text, on=on, version=version)
    except NotInRelease as fault:
        return Validated(None, fault)
    wrong: TerminologyFault | None = found.not_valid(on) if version is None else None
    if wrong is None and not headings and found.edition.kind is Kind.HEADING:
        wrong = NotForCoding(found.edition.code)
    if wrong is None and display is not None:
        wrong = _wrong(catalogue, found, display)
    return Validated(found, wrong)


def _wrong(catalogue: Catalogue, found: Looked, display: str) -> WrongDisplay | None:
    edition = found.edition
    if display == edition.text:
        return None
    shown = plain(display)
    if shown in map(plain, edition.texts):
        return None
    was_in = tuple(
        [
            each.release.id
            for each in catalogue.releases(found.release.system)
            if each is not found.store and shown in each.plain_texts(edition.code)
        ]
    )
    return WrongDisplay(edition.code, display, edition.text, was_in)

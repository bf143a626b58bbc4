"""Whether one code lies above another in a release."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from terminology.store import ReleaseStore


class Subsumption(StrEnum):
    """How the first code stands to the second."""

    EQUIVALENT = "equivalent"
    SUBSUMES = "subsumes"
    SUBSUMED_BY = "subsumed-by"
    NOT_SUBSUMED = "not-subsumed"


def subsumes(store: ReleaseStore, code_a: str, code_b: str) -> Subsumption:
    """How `code_a` stands to `code_b`; both stand in the release, spelled as kept."""
    if code_a == code_b:
        return Subsumption.EQUIVALENT
    if code_a in ancestors(store, code_b):
        return Subsumption.SUBSUMES
    if code_b in ancestors(store, code_a):
        return Subsumption.SUBSUMED_BY
    return Subsumption.NOT_SUBSUMED


def ancestors(store: ReleaseStore, code: str) -> Iterator[str]:
    """Everything above a code, nearest first; a list that runs in a circle ends where it began."""
    seen = {code}
    edition = store.find(code)
    while edition is not None and edition.parent is not None and edition.parent not in seen:
        seen.add(edition.parent)
        yield edition.parent
        edition = store.find(edition.parent)


def descendants(store: ReleaseStore, code: str) -> set[str]:
    """Everything below a code."""
    found: set[str] = set()
    waiting = [code]
    while waiting:
        below = [each for each in store.children(waiting.pop()) if each not in found and each != code]
        found |= set(below)
        waiting += below
    return found

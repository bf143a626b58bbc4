"""Value sets: which codes of which systems, said by rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from terminology.spelling import other_spellings

Operator = Literal["=", "is-a", "descendent-of", "is-not-a", "in", "not-in", "exists"]
OPERATORS: tuple[str, ...] = ("=", "is-a", "descendent-of", "is-not-a", "in", "not-in", "exists")


@dataclass(frozen=True, slots=True)
class Filter:
    """One rule. `property` "concept" means the code itself, "parent" what is above it, others its notes."""

    property: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Part:
    """Codes of one system: those listed, or those that all filters let through, or all.

    Attributes:
        system: our name of it; None when only other value sets are named.
        version: the release; None = the one of the day.
        codes: listed ones with the text to show (None = the release's); None = not listed.
        value_sets: the code must stand in all of these, too.
    """

    system: str | None
    version: str | None = None
    codes: tuple[tuple[str, str | None], ...] | None = None
    filters: tuple[Filter, ...] = ()
    value_sets: tuple[str, ...] = ()
    _listed: dict[str, tuple[str, str | None]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        listed: dict[str, tuple[str, str | None]] = {}
        for one in self.codes or ():
            for spelling in (one[0], *other_spellings(self.system or "", one[0])):
                listed.setdefault(spelling, one)
        object.__setattr__(self, "_listed", listed)

    def listed(self, code: str) -> tuple[str, str | None] | None:
        """As it is listed, in any spelling that occurs, with the text to show; None when it is not."""
        return self._listed.get(code)


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A value set as defined."""

    url: str
    version: str | None
    title: str
    include: tuple[Part, ...]
    exclude: tuple[Part, ...] = ()

"""What the operations ask of one release of a code list, wherever it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from terminology.concept import Edition
from terminology.release import Release


class ReleaseStore(Protocol):
    """One release, read-only. Order is that of the codes."""

    @property
    def release(self) -> Release:
        """Which one."""
        ...

    @property
    def total(self) -> int:
        """Number of codes, headings included."""
        ...

    def find(self, code: str) -> Edition | None:
        """The code, spelled as kept; None when it does not stand here."""
        ...

    def find_all(self, codes: Collection[str]) -> tuple[Edition, ...]:
        """Those of the codes that stand here, in order."""
        ...

    def children(self, code: str) -> tuple[str, ...]:
        """Codes directly below, in order."""
        ...

    def page(self, offset: int, count: int) -> tuple[Edition, ...]:
        """Part of the whole list."""
        ...

    def every(self) -> Iterator[Edition]:
        """The whole list."""
        ...

    def vocabulary(self) -> str:
        """Every folded word of the texts, each between line ends, in order: to be searched as one string."""
        ...

    def codes_with(self, words: Collection[str]) -> set[str]:
        """Codes whose text has one of these folded words."""
        ...

    def codes_from(self, beginning: str, count: int) -> tuple[str, ...]:
        """The first codes that begin like that."""
        ...

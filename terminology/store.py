"""What the operations ask of one release of a code list, wherever it is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from terminology.concept import Edition
from terminology.release import Release
from terminology.word_index import WordIndex


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

    def plain_texts(self, code: str) -> tuple[str, ...]:
        """What the code, spelled as kept, is called here, in every language, as `plain` has it; nothing when no text
        was verified."""
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

    def index(self) -> WordIndex:
        """The words of its texts; made at the first call, which takes a while."""
        ...

    @property
    def indexed(self) -> bool:
        """Whether `index` is made already."""
        ...

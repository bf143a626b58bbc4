"""One release held in memory: what is shipped, and tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from terminology.concept import Edition
from terminology.release import Release
from terminology.word_index import WordIndex
from terminology.words import plain


class MemoryRelease:
    """A `ReleaseStore` over a list of editions; of two with the same code the last one counts."""

    def __init__(self, release: Release, editions: Iterable[Edition]) -> None:
        self._release = release
        given = {each.code: each for each in editions}
        self._editions = {code: given[code] for code in sorted(given)}
        self._codes = list(self._editions)
        self._index: WordIndex | None = None
        self._below: dict[str, list[str]] = defaultdict(list)
        for each in self._editions.values():
            if each.parent is not None:
                self._below[each.parent].append(each.code)

    @property
    def release(self) -> Release:
        return self._release

    @property
    def total(self) -> int:
        return len(self._codes)

    def find(self, code: str) -> Edition | None:
        return self._editions.get(code)

    def plain_texts(self, code: str) -> tuple[str, ...]:
        found = self._editions.get(code)
        return tuple(map(plain, found.texts)) if found else ()

    def find_all(self, codes: Collection[str]) -> tuple[Edition, ...]:
        return tuple(self._editions[code] for code in sorted(set(codes)) if code in self._editions)

    def children(self, code: str) -> tuple[str, ...]:
        return tuple(self._below.get(code, ()))

    def page(self, offset: int, count: int) -> tuple[Edition, ...]:
        return tuple(self._editions[code] for code in self._codes[offset : offset + count])

    def every(self) -> Iterator[Edition]:
        return iter(self._editions.values())

    def index(self) -> WordIndex:
        if self._index is None:
            self._index = WordIndex((each.code, each.text) for each in self._editions.values())
        return self._index

    @property
    def indexed(self) -> bool:
        return self._index is not None

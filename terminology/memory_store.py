"""One release held in memory: what is shipped, and tests."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from terminology.concept import Edition
from terminology.release import Release
from terminology.words import folded_words


class MemoryRelease:
    """A `ReleaseStore` over a list of editions; of two with the same code the last one counts."""

    def __init__(self, release: Release, editions: Iterable[Edition]) -> None:
        self._release = release
        given = {each.code: each for each in editions}
        self._editions = {code: given[code] for code in sorted(given)}
        self._codes = list(self._editions)
        self._below: dict[str, list[str]] = defaultdict(list)
        self._by_word: dict[str, set[str]] = defaultdict(set)
        for each in self._editions.values():
            if each.parent is not None:
                self._below[each.parent].append(each.code)
            for word in folded_words(each.text or ""):
                self._by_word[word].add(each.code)
        self._vocabulary = "\n".join(("", *sorted(self._by_word), ""))

    @property
    def release(self) -> Release:
        return self._release

    @property
    def total(self) -> int:
        return len(self._codes)

    def find(self, code: str) -> Edition | None:
        return self._editions.get(code)

    def find_all(self, codes: Collection[str]) -> tuple[Edition, ...]:
        return tuple(self._editions[code] for code in sorted(set(codes)) if code in self._editions)

    def children(self, code: str) -> tuple[str, ...]:
        return tuple(self._below.get(code, ()))

    def page(self, offset: int, count: int) -> tuple[Edition, ...]:
        return tuple(self._editions[code] for code in self._codes[offset : offset + count])

    def every(self) -> Iterator[Edition]:
        return iter(self._editions.values())

    def vocabulary(self) -> str:
        return self._vocabulary

    def codes_with(self, words: Collection[str]) -> set[str]:
        return set().union(*(self._by_word.get(word, ()) for word in words))

    def codes_from(self, beginning: str, count: int) -> tuple[str, ...]:
        start = bisect_left(self._codes, beginning)
        matching = (code for code in islice(self._codes, start, start + count) if code.startswith(beginning))
        return tuple(matching)

"""Which words stand where in the texts of one release: made once, in memory, and then only read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from terminology.words import folded, words_of

INSIDE_FROM = 3
"""Shorter words are only looked for at the beginning of words: Swedish writes words together ("ryggvärk")."""
SAME, FOLDED, BEGINS, BEGINS_FOLDED, INSIDE = range(5)
WORDS_KEPT = 64
"""The same words are asked for again and again."""
PLACES = 4096
"""Places in a text are told apart up to here."""
NOWHERE = np.int16(np.iinfo(np.int16).max)


class WordIndex:
    """Words of the texts of a list of codes.

    Attributes:
        codes: all codes, in order; a row number means the code that stands there.
        lengths: int64 (codes), number of words of each text.
        nearest: as `_nearest`, kept for the words asked last.
    """

    def __init__(self, texts: Iterable[tuple[str, str | None]]) -> None:
        """Args: `texts`: (code, text) in the order of the codes."""
        codes: list[str] = []
        lengths: list[int] = []
        stands: dict[str, list[int]] = {}
        for row, (code, text) in enumerate(texts):
            own = words_of(text or "")
            codes.append(code)
            lengths.append(min(len(own), PLACES - 1))
            for word in dict.fromkeys(own):
                stands.setdefault(word, []).append(row * PLACES + min(own.index(word), PLACES - 1))
        self.codes: tuple[str, ...] = tuple(codes)
        self.lengths = np.array(lengths, dtype=np.int64)
        self._arrange(stands)
        self.nearest = lru_cache(maxsize=WORDS_KEPT)(self._nearest)

    def _arrange(self, stands: dict[str, list[int]]) -> None:
        """The first place of each word in each text, word after word, words in the order of their folded form."""
        self._words = sorted(stands, key=lambda word: (folded(word), word))
        self._folded = [folded(word) for word in self._words]
        self._vocabulary = "\n".join(("", *self._folded, ""))
        counts = np.array([len(stands[word]) for word in self._words], dtype=np.int64)
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        whole = np.array([each for word in self._words for each in stands[word]], dtype=np.int64)
        self._rows = (whole // PLACES).astype(np.int32)
        self._places = (whole % PLACES).astype(np.int16)
        sizes = np.array([len(word) + 1 for word in self._folded], dtype=np.int64)
        self._begin = np.concatenate(([1], 1 + np.cumsum(sizes)))

    def rows_beginning(self, beginning: str) -> range:
        """Rows of the codes that begin like that."""
        return range(bisect_left(self.codes, beginning), bisect_left(self.codes, beginning + "\U0010ffff"))

    def _nearest(self, word: str) -> NDArray[np.int16]:
        """For each row how close its closest word is: kind of hit * PLACES + place; NOWHERE when none is.

        Args:
            word: in lower case, accents kept.
        """
        best = np.full(len(self.codes), NOWHERE, dtype=np.int16)
        found, kinds = self._matching(word)
        if len(found) == 1:
            first, last = self._starts[found[0]], self._starts[found[0] + 1]
            best[self._rows[first:last]] = kinds[0] * np.int16(PLACES) + self._places[first:last]
        elif len(found):
            counts = self._starts[found + 1] - self._starts[found]
            shift = self._starts[found] - (np.cumsum(counts) - counts)
            at = np.repeat(shift, counts) + np.arange(counts.sum())
            np.minimum.at(best, self._rows[at], np.repeat(kinds, counts) * np.int16(PLACES) + self._places[at])
        best.flags.writeable = False
        return best

    def _matching(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
        """Words that begin with `word`, or hold it when it is long enough; and the kind of each hit."""
        plain = folded(word)
        first, last = bisect_left(self._folded, plain), bisect_left(self._folded, plain + "\U0010ffff")
        kinds = [self._kind(number, word, plain) for number in range(first, last)]
        found = np.arange(first, last, dtype=np.int64)
        if len(plain) >= INSIDE_FROM:
            holding = self._holding(plain)
            inside = holding[(holding < first) | (holding >= last)]
            found, kinds = np.concatenate((found, inside)), kinds + [INSIDE] * len(inside)
        return found, np.array(kinds, dtype=np.int16)

    def _kind(self, number: int, word: str, plain: str) -> int:
        written = self._words[number]
        if written == word:
            return SAME
        if self._folded[number] == plain:
            return FOLDED
        return BEGINS if written.startswith(word) else BEGINS_FOLDED

    def _holding(self, plain: str) -> NDArray[np.int64]:
        """Numbers of the words that hold `plain` anywhere."""
        places, at = [], self._vocabulary.find(plain)
        while at >= 0:
            places.append(at)
            at = self._vocabulary.find(plain, at + 1)
        return np.unique(np.searchsorted(self._begin, np.array(places, dtype=np.int64), side="right") - 1)

"""Search by words in one release: every word must be found, the closest texts come first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from terminology.store import ReleaseStore
from terminology.word_index import NOWHERE, PLACES, WordIndex
from terminology.words import words_of

MOST_WORDS = 12
_CODE = re.compile(r"[A-Za-z]{1,3}[0-9]{0,3}[A-Za-z0-9]?\.?[0-9A-Za-z]{0,3}")
_ROWS = 1 << 24
"""More rows than a release has: closeness * _ROWS + row orders hits by closeness, equals by code."""
_BY_WORDS = 1 << 32
"""Added to the closeness of what was not found by its code."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What was found, closest first; only the part that is asked for is put in order."""

    _codes: tuple[str, ...]
    _keys: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self._keys)

    def page(self, offset: int = 0, count: int | None = None) -> tuple[str, ...]:
        """Codes from `offset`, at most `count` of them; None = to the end."""
        end = len(self) if count is None else min(len(self), offset + count)
        if offset >= end:
            return ()
        keys = self._keys if end == len(self) else np.partition(self._keys, end - 1)[:end]
        return tuple(self._codes[row] for row in (np.sort(keys)[offset:] % _ROWS).tolist())


def search(store: ReleaseStore, text: str, *, spell: Callable[[str], str] = str.upper) -> Hits:
    """Codes whose text has every word, or that begin with the text, closest first.

    Args:
        text: words in Swedish, with or without accents, whole or begun, or a code.
        spell: writes a code as the store keeps it.

    Returns:
        A code that is the text comes first, then codes that begin with it; then texts: whole words before begun ones
        before parts of words, the same accents before others, hits at the beginning before later ones, short before
        long; equals by code. Nothing for a text without words.
    """
    index = store.index()
    words = words_of(text)[:MOST_WORDS]
    if not words:
        return Hits(index.codes, np.empty(0, dtype=np.int64))
    by_code = _by_code(index, text.strip(), spell)
    by_word = _by_words(index, words)
    if len(by_code):
        by_word = by_word[~np.isin(by_word % _ROWS, by_code % _ROWS)]
    return Hits(index.codes, np.concatenate((by_code, by_word)))


def _by_code(index: WordIndex, text: str, spell: Callable[[str], str]) -> NDArray[np.int64]:
    if not _CODE.fullmatch(text):
        return np.empty(0, dtype=np.int64)
    wanted = spell(text)
    rows = index.rows_beginning(wanted)
    return np.array([row + (index.codes[row] != wanted) * _ROWS for row in rows], dtype=np.int64)


def _by_words(index: WordIndex, words: tuple[str, ...]) -> NDArray[np.int64]:
    near = [index.nearest(word) for word in words]
    everywhere = near[0] != NOWHERE
    for each in near[1:]:
        everywhere &= each != NOWHERE
    rows = np.flatnonzero(everywhere)
    hits = np.stack([each[rows] for each in near])
    kinds, places = (hits // PLACES).astype(np.int64), hits % PLACES
    worst, first = kinds.max(axis=0), np.minimum(places.min(axis=0), 1).astype(np.int64)
    closeness = ((worst * 64 + kinds.sum(axis=0)) * 2 + first) * PLACES + index.lengths[rows]
    found: NDArray[np.int64] = (closeness + _BY_WORDS) * _ROWS + rows
    return found

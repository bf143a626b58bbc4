"""Search by words in one release: every word must be found, the closest texts come first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from terminology.concept import Edition
from terminology.store import ReleaseStore
from terminology.words import folded, words_of

INSIDE_FROM = 3
"""Shorter words are only looked for at the beginning of words: Swedish writes words together ("ryggvärk")."""
MOST_WORDS = 12
_CODE = re.compile(r"[A-Za-z]{1,3}[0-9]{0,3}[A-Za-z0-9]?\.?[0-9A-Za-z]{0,3}")
_SAME, _FOLDED, _BEGINS, _BEGINS_FOLDED, _INSIDE = range(5)


@dataclass(frozen=True, slots=True)
class Found:
    """One hit. `closeness` orders hits, smaller is closer."""

    edition: Edition
    closeness: tuple[int, ...]


def search(store: ReleaseStore, text: str, *, spell: Callable[[str], str] = str.upper) -> tuple[Found, ...]:
    """Editions whose text has every word, or whose code begins with the text, closest first.

    Args:
        text: words in Swedish, with or without accents, whole or begun, or a code.
        spell: writes a code as the store keeps it.

    Returns:
        A code that is the text comes first, then codes that begin with it; then texts: whole words before begun ones
        before parts of words, the same accents before others, hits at the beginning before later ones, short before
        long; equals by code. Nothing for a text without words.
    """
    words = words_of(text)[:MOST_WORDS]
    if not words:
        return ()
    by_code = _codes(store, text.strip(), spell)
    by_word = _all_words(store, words)
    found = [
        Found(each, (0 if each.code in by_code else 1, *_closeness(each, words, by_code)))
        for each in store.find_all(by_word | set(by_code))
    ]
    return tuple(sorted(found, key=lambda hit: (hit.closeness, hit.edition.code)))


def _codes(store: ReleaseStore, text: str, spell: Callable[[str], str]) -> dict[str, int]:
    if not _CODE.fullmatch(text):
        return {}
    wanted = spell(text)
    return {code: 0 if code == wanted else 1 for code in store.codes_from(wanted, store.total)}


def _all_words(store: ReleaseStore, words: tuple[str, ...]) -> set[str]:
    codes: set[str] | None = None
    for word in words:
        matching = store.codes_with(_matching(store.vocabulary(), folded(word)))
        codes = matching if codes is None else codes & matching
        if not codes:
            return set()
    return codes or set()


def _matching(vocabulary: str, word: str) -> list[str]:
    """Words of the list that begin with `word`, or hold it when it is long enough."""
    wanted = word if len(word) >= INSIDE_FROM else "\n" + word
    found, at = [], vocabulary.find(wanted)
    while at >= 0:
        start = vocabulary.rfind("\n", 0, at + 1) + 1
        end = vocabulary.index("\n", max(start, at + 1))
        found.append(vocabulary[start:end])
        at = vocabulary.find(wanted, end)
    return found


def _closeness(each: Edition, words: tuple[str, ...], by_code: dict[str, int]) -> tuple[int, ...]:
    if each.code in by_code:
        return by_code[each.code], 0, 0, 0
    own = words_of(each.text or "")
    plain = tuple(map(folded, own))
    near = [_near(word, own, plain) for word in words]
    worst, place = max(rank for rank, _ in near), min(place for _, place in near)
    return worst, sum(rank for rank, _ in near), min(place, 1), len(own)


def _near(word: str, own: tuple[str, ...], plain: tuple[str, ...]) -> tuple[int, int]:
    """How close the closest word is, and its place in the text."""
    without = folded(word)
    best = (_INSIDE, len(own))
    for place, (written, bare) in enumerate(zip(own, plain, strict=True)):
        if written == word:
            rank = _SAME
        elif bare == without:
            rank = _FOLDED
        elif written.startswith(word):
            rank = _BEGINS
        elif bare.startswith(without):
            rank = _BEGINS_FOLDED
        elif without in bare:
            rank = _INSIDE
        else:
            continue
        best = min(best, (rank, place))
    return best

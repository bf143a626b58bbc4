"""Words of Swedish code texts, forgiving as to accents and case."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_INSTRUCTION = re.compile(r"\s*\(i\)\s*$")


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """Lower case, without accents and dots.

    >>> folded("Ryggvärk"), folded("HÖFT")
    ('ryggvark', 'hoft')
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def bare(text: str) -> str:
    """A KVÅ text without the "(i)" that says that there are instructions.

    >>> bare("Mindfulness (i)")
    'Mindfulness'
    """
    return _INSTRUCTION.sub("", text) if "(i)" in text else text


def plain(text: str) -> str:
    """A text as it is compared: without regard to case, blanks and "(i)".

    >>> plain("Mindfulness  i grupp (i)")
    'mindfulness i grupp'
    """
    return " ".join(bare(text).split()).casefold()


@lru_cache(maxsize=65536)
def words_of(text: str) -> tuple[str, ...]:
    """The words, in lower case, accents kept.

    >>> words_of("Smärta och värk (i)")
    ('smärta', 'och', 'värk')
    """
    return tuple(_WORD.findall(unicodedata.normalize("NFC", bare(text)).lower()))

"""Search by words: which code comes first. The list is INVENTED."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminology.concept import Edition
from terminology.memory_store import MemoryRelease
from terminology.release import Release
from terminology.search import search
from terminology.spelling import spelled
from terminology.words import folded, words_of

LIST = {
    "AA001": "Ryggvärk",
    "AA002": "Värk i rygg",
    "AA003": "Rygg, undersökning av",
    "AA004": "Varkande finger",
    "AA005": "Bedömning av smärta (i)",
    "AA006": "Smarta hjälpmedel",
    "AA007": "Strukturerad smärtanamnes",
    "AB001": "Smärta",
}
STORE = MemoryRelease(
    Release("kva", "2031", date(2031, 1, 1), date(2031, 12, 31)), [Edition(code, text) for code, text in LIST.items()]
)

FOUND = (
    ("smärta", ["AB001", "AA005", "AA006", "AA007"]),
    ("smarta", ["AA006", "AB001", "AA005", "AA007"]),
    ("SMÄRTA", ["AB001", "AA005", "AA006", "AA007"]),
    ("värk", ["AA002", "AA004", "AA001"]),
    ("vark", ["AA002", "AA004", "AA001"]),
    ("rygg", ["AA003", "AA002", "AA001"]),
    ("rygg värk", ["AA002", "AA001"]),
    ("värk rygg", ["AA002", "AA001"]),
    ("rygg finger", []),
    ("fin", ["AA004"]),
    ("inge", ["AA004"]),
    ("ng", []),
    ("aa00", ["AA001", "AA002", "AA003", "AA004", "AA005", "AA006", "AA007"]),
    ("AB001", ["AB001"]),
    ("(i)", []),
    ("", []),
    ("%", []),
)


@pytest.mark.parametrize(("text", "codes"), FOUND)
def test_search(text: str, codes: list[str]) -> None:
    hits = search(STORE, text, spell=lambda code: spelled("kva", code))
    assert list(hits.page()) == codes
    assert [code for start in range(len(hits)) for code in hits.page(start, 1)] == codes


WORDS = ["smärta", "Smarta", "SMÄRTANAMNES", "värk", "ryggvärk", "rygg", "plan", "AA1", "planering", "i", "och"]


def closeness(word: str, text: str) -> tuple[int, int] | None:
    """Kind and place of the closest word, by going through all of them; None when there is none."""
    without, found = folded(word), []
    for place, own in enumerate(words_of(text)):
        bare = folded(own)
        kinds = (own == word, bare == without, own.startswith(word), bare.startswith(without))
        inside = len(without) >= 3 and without in bare
        found += [(kind, place) for kind, holds in enumerate((*kinds, inside)) if holds]
    return min(found, default=None)


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join), min_size=1, max_size=12),
    asked=st.lists(st.sampled_from([*WORDS, "sma", "smä", "ygg", "an", "v"]), min_size=1, max_size=3),
)
def test_the_index_finds_what_going_through_every_text_finds(texts: list[str], asked: list[str]) -> None:
    """Every text in turn, by the rules as they are written down in `search`."""
    editions = [Edition(f"ZZ{number:03}", text) for number, text in enumerate(texts)]
    expected = []
    for each in editions:
        near = [closeness(word, each.text or "") for word in words_of(" ".join(asked))]
        if all(near):
            kinds, places = zip(*(one for one in near if one is not None), strict=True)
            key = (max(kinds), sum(kinds), min(*places, 1), len(words_of(each.text or "")), each.code)
            expected.append((key, each.code))
    found = search(MemoryRelease(STORE.release, editions), " ".join(asked)).page()
    assert list(found) == [code for _, code in sorted(expected)]

"""Search by words: which code comes first. The list is INVENTED."""

from __future__ import annotations

from datetime import date

import pytest

from terminology.concept import Edition
from terminology.memory_store import MemoryRelease
from terminology.release import Release
from terminology.search import search
from terminology.spelling import spelled

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
    assert [each.edition.code for each in hits] == codes

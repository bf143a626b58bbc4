"""The national guideline's recommended maximum: a range, open-ended, or none at all."""

from __future__ import annotations

import pytest

from risk.guideline import against, guideline, typical_cases


@pytest.mark.parametrize(
    ("icd", "code", "shortest", "longest", "open_ended"),
    [
        ("M545", "M545", 7, 14, False),
        ("F32", "F32", 0, 180, False),
        ("F322", "F32", 0, 180, False),
        ("F438A", "F438", 180, 360, False),
        ("F431", "F431", 0, 360, True),
        ("F31", "F31", 180, 720, True),
        ("S525", "S525", 35, 84, False),
        ("S520", "S52", 120, 120, False),
    ],
)
def test_the_range(icd: str, code: str, shortest: int, longest: int, open_ended: bool) -> None:
    found = guideline(icd)
    assert found is not None
    assert (found.code, found.shortest, found.longest, found.open_ended) == (code, shortest, longest, open_ended)


@pytest.mark.parametrize("icd", ["M19", "M23", "M53", "R53", "M542", "M54", "F412", "F43", None])
def test_no_guideline_is_a_real_state(icd: str | None) -> None:
    assert guideline(icd) is None
    assert against(guideline(icd), 50).sv == "Det finns ingen riktlinje för diagnosen."


def test_what_is_known_narrows_the_range() -> None:
    light = guideline("M545", workload="lätt")
    assert light is not None
    assert light.shortest == light.longest == 7
    mild = guideline("F32", severity="lindrig")
    assert mild is not None
    assert mild.longest == 90


@pytest.mark.parametrize(
    ("icd", "day", "words"),
    [
        ("M545", 5, "2 dagar kvar till den kortaste"),
        ("M545", 10, "högst 7–14 dagar"),
        ("M545", 20, "6 dagar längre än riktlinjens längsta tid, 14 dagar"),
        ("S520", 121, "1 dag längre"),
        ("F31", 800, "ingen längsta tid för de svåraste"),
    ],
)
def test_days_over_or_under_in_words(icd: str, day: int, words: str) -> None:
    assert words in against(guideline(icd), day).sv


def test_every_case_is_read() -> None:
    assert len(typical_cases()) == 103

"""The national guideline's recommended maximum: a range, open-ended, or none at all."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from risk.factor_words import answer, question
from risk.guideline import (
    COLUMNS,
    SEVERITY,
    WORKLOAD,
    against,
    depends_on,
    guideline,
    guideline_answers,
    guideline_told,
    typical_cases,
)


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


def test_what_a_physician_answers_narrows_the_range_and_only_that() -> None:
    asked = guideline_answers("G560", {})
    assert list(asked) == [SEVERITY, WORKLOAD]
    for column, told in asked.items():
        for level, then in told.items():
            assert guideline_told("G560", {column: level}) == then
            assert (answer(column, level).sv, answer(column, level).en) != (level, level)
    whole, heavy = guideline("G560"), guideline_told("G560", {WORKLOAD: "hög belastning", "Sex": "Male"})
    assert whole is not None
    assert heavy is not None
    assert (heavy.shortest, heavy.longest) != (whole.shortest, whole.longest)
    assert depends_on(whole) == ("severity", "workload")
    assert depends_on(heavy) == ("severity",)
    both = guideline_told("F411", {SEVERITY: "måttlig"})  # of two typical cases, by more than what was answered
    assert both is not None
    assert both.shortest != both.longest
    assert depends_on(both) == ()
    assert guideline_told("G560", {WORKLOAD: "unknown", SEVERITY: "yrken med knäbelastning"}) == whole
    assert WORKLOAD in guideline_answers("M545", {WORKLOAD: "lätt belastning"}), "can be answered anew"
    assert guideline_answers("S520", {}) == guideline_answers("M23", {}) == guideline_answers(None, {}) == {}


def test_every_answer_of_the_guideline_has_words_and_stands_in_the_questionnaire() -> None:
    file = files("fhir_mapping") / "definitions" / "Questionnaire-risk-questions.json"
    items = {item["linkId"]: item for item in json.loads(file.read_text(encoding="utf-8"))["item"]}
    for column in COLUMNS:
        cases = typical_cases()
        said = {
            code: guideline_answers(code, {column: "unknown"}).get(column, {}) for one in cases for code in one.codes
        }
        levels = {level for told in said.values() for level in told}
        listed = {option["valueString"] for option in items[column]["answerOption"]}
        assert {answer(column, level).sv for level in levels} == listed
        assert items[column]["text"] == question(column).sv


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

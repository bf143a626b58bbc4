"""A case assessed by the fitted set: figures, words, fallbacks, bands; and the set in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from risk.assess import Band, assess
from risk.bands import OPEN, against_diagnosis, bands, most_urgent
from risk.baseline import NATIONAL_2017
from risk.case import CareHistory, Certificate, DegreePeriod, Occupation, Person, Scope, ScopeKind, Sex, SickLeaveCase
from risk.certificates_to_cases import current
from risk.chapters import CHAPTERS, chapter_figures
from risk.columns import LEVELS
from risk.explain import Contribution
from risk.factor_words import answer, contribution, question, weightiest
from risk.model_set import shipped_set
from risk.place import Place
from risk.statistics import national_figures
from risk.survival import Model

FIRST = date(2026, 1, 1)
MODELS: tuple[Model, ...] = (shipped_set(), CHAPTERS, NATIONAL_2017)


def case_on(
    day: int,
    diagnosis: str | None,
    *occupations: Occupation,
    degree: float = 1.0,
    known: bool = True,
    length: int = 400,
) -> SickLeaveCase:
    certificate = Certificate(
        "a",
        "a",
        (DegreePeriod(FIRST, FIRST + timedelta(days=length - 1), 1.0),),
        signed=datetime(2026, 1, 1, 9, tzinfo=UTC),
        diagnoses=(diagnosis,) if diagnosis else (),
        occupations=frozenset(occupations),
        first_absence=FIRST if known else None,
    )
    person = Person(Sex.FEMALE, date(1975, 5, 5), "41105")
    case = current([certificate], person=person, on=FIRST + timedelta(days=day - 1), scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return replace(case, care=CareHistory(leave_whole=True))


def test_the_patient_counts() -> None:
    working = assess(case_on(30, "M54", Occupation.CURRENT_WORK), models=MODELS)
    jobless = assess(case_on(30, "M54", Occupation.JOB_SEEKER), models=MODELS)
    assert working.horizons[0].group_share == jobless.horizons[0].group_share
    assert (jobless.horizons[0].share or 0) > (working.horizons[0].share or 1) + 0.1
    assert jobless.band in (Band.RAISED, Band.HIGH)
    assert working.band is Band.LOWER
    assert working.individual
    assert (working.horizons[0].share or 1) < 0.9 * (working.horizons[0].group_share or 0)
    assert "Arbetssökande: mycket längre sjukskrivning" in [one.sv for one in jobless.reasons]


def test_too_little_known_is_no_place_and_proposes_nothing_by_it() -> None:
    known = case_on(30, "M54", Occupation.JOB_SEEKER)
    blank = replace(known, person=Person(), care=CareHistory(), certificates=(), degrees=())
    result = assess(blank, models=MODELS)
    assert result.band is Band.OPEN
    assert result.individual
    assert result.horizons[0].share == pytest.approx(result.horizons[0].group_share)
    assert result.detail is not None
    assert {one.band for one in result.detail.bands if one.rule != "fixed-0.39-0.62"} == {OPEN}


@pytest.mark.parametrize("key", ["F32", "M17", "S82"])
def test_the_group_curve_is_the_national_one(key: str) -> None:
    curve = shipped_set().group_curve(shipped_set().match(key))
    for day in (30, 90, 180, 365):
        assert curve.at(day) == pytest.approx(national_figures()[key].curve.at(day), abs=0.01)


def test_the_counted_national_figures_stand_beside_a_model_and_nowhere_else() -> None:
    found = assess(case_on(30, "F438A"), models=MODELS).national
    assert found is not None
    assert (found.match.key, found.match.level.value) == ("F43", "coarser")
    assert found.curve is national_figures()["F43"].curve
    assert assess(case_on(30, "F602"), models=MODELS).national is None
    assert assess(case_on(30, "K509"), models=MODELS).national is None
    assert assess(case_on(60, "F43", length=20), models=MODELS).national is None


def test_limits_say_that_it_is_made_up_what_is_open_and_how_often_it_is_right() -> None:
    said = " ".join(one.sv for one in assess(case_on(20, "F32"), models=MODELS).limits)
    for words in ("påhittade fall", "uppgifter saknas", "i 59 fall av 100", "inte CE-märkt"):
        assert words in said


@pytest.mark.parametrize(
    ("diagnosis", "model", "level"),
    [
        ("F438A", "simulated-2026", "exact"),
        ("F4389", "simulated-2026", "coarser"),
        ("F602", "national-2017-chapters", "chapter"),
        ("K509", "national-2017", "national"),
        ("I109", "national-2017", "national"),
        ("R073", "national-2017", "national"),
    ],
)
def test_every_code_gets_an_honest_answer(diagnosis: str, model: str, level: str) -> None:
    result = assess(case_on(20, diagnosis), models=MODELS)
    assert result.match is not None
    assert (result.model.id, result.match.level.value) == (model, level)
    assert result.horizons[0].share is not None
    assert (result.detail is None) == (level in ("chapter", "national"))


def test_after_day_90_the_later_horizons_stay() -> None:
    result = assess(case_on(120, "F43"), models=MODELS)
    assert [one.share is None for one in result.horizons] == [True, False, False]
    assert result.detail is not None
    assert [one.day for one in result.detail.horizons] == [180, 365]
    late = assess(case_on(370, "F43"), models=MODELS)
    assert late.detail is None
    assert late.band is Band.UNKNOWN
    ended = assess(case_on(60, "F43", length=20), models=MODELS)
    assert ended.detail is None
    assert ended.band is Band.UNKNOWN


def test_not_knowing_day_one_is_a_range() -> None:
    sure, unsure = (assess(case_on(40, "F32", known=known), models=MODELS).horizons[0] for known in (True, False))
    assert sure.share_low == sure.share_high == sure.share == pytest.approx(unsure.share, rel=1e-12)
    assert unsure.share_high is not None
    assert sure.share_high is not None
    assert unsure.share_high > sure.share_high + 0.01


def test_a_chapter_is_the_sum_of_its_groups() -> None:
    cases, curve = chapter_figures()["S"]
    parts = [one for key, one in national_figures().items() if key.startswith("S")]
    assert cases == sum(one.cases for one in parts)
    assert curve.at(90) == pytest.approx(sum(one.cases * one.curve.at(90) for one in parts) / cases)


def test_lower_is_said_only_of_what_is_lower() -> None:
    for hundredths in range(1, 100):
        word = Band(against_diagnosis(hundredths / 100, 0.5))
        if word is Band.LOWER:
            assert hundredths < 45
        assert (word is Band.AS_DIAGNOSIS) == (45 <= hundredths < 60)


def test_the_word_of_a_chapter_names_it() -> None:
    result = assess(case_on(20, "F602"), models=MODELS)
    assert not result.individual
    assert "siffror för de psykiska sjukdomar (kapitel F)" in " ".join(one.sv for one in result.reasons)


def test_bands_by_rule_and_by_capacity() -> None:
    found = {one.rule: one.band for one in bands(share=0.5, group_share=0.3, place=Place(0.9, 0.9))}
    assert found == {"against-diagnosis": "high", "place-in-diagnosis": "high", "fixed-0.39-0.62": "raised"}
    at_limit = {one.rule: one.band for one in bands(share=0.39, group_share=0.39 / 1.2, place=Place(0.6, 0.6))}
    named = bands(share=0.5, group_share=0.5, place=Place(0.1, 0.1))
    assert [one.word_en for one in named] == ["about as for the diagnosis", "low", "raised"]
    assert at_limit["place-in-diagnosis"] == at_limit["fixed-0.39-0.62"] == "raised"
    between = {one.rule: (one.band, one.to) for one in bands(share=0.5, group_share=0.5, place=Place(0.4, 0.9))}
    assert between["place-in-diagnosis"] == ("middle", "high")
    near = {
        one.rule: one.band for one in bands(share=0.5, group_share=0.5, place=Place(0.1, 0.9), between=(0.46, 0.59))
    }
    assert near == {"against-diagnosis": "as-diagnosis", "place-in-diagnosis": OPEN, "fixed-0.39-0.62": "raised"}
    assert most_urgent({"a": 0.2, "b": None, "c": 0.2, "d": 0.9}, 2) == {"a", "d"}
    assert most_urgent({"a": 0.2}, 0) == frozenset()


def test_every_answer_has_words_in_both_languages() -> None:
    for column, levels in LEVELS.items():
        assert question(column).sv != question(column).en
        for level in levels:
            assert answer(column, level).sv
            assert answer(column, level).en
    rows = (Contribution("Sex", "Male", 0.01), Contribution("unanswered", None, -0.2), Contribution("Sex", "Male", 0.5))
    assert weightiest(rows) == (rows[2], rows[1])
    assert contribution(rows[1]).sv == "Obesvarade frågor tillsammans: längre sjukskrivning"
    assert contribution(rows[2]).sv == "Man: mycket kortare sjukskrivning"

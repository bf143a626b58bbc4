"""Fitted hazards as served: curves, unknown answers, contributions, intervals, files."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.bands import OPEN
from risk.columns import LEVELS, key_columns, key_questions
from risk.errors import BeyondCurve, DayPassed, ModelFileFault, NoDiagnosis, NoModel, UnknownLevel, WrongColumns
from risk.explain import contributions
from risk.features import COLUMNS, Features
from risk.hazard_files import model_document, model_text, read_model
from risk.model_interval import model_intervals
from risk.model_set import load_set, shipped_set
from risk.unknowns import answers_range, person_curve

KEYS = sorted(key_questions())
SET = shipped_set()


def nobody(**known: str | None) -> dict[str, str | None]:
    return {name: known.get(name) for name in COLUMNS}


@st.composite
def patients(draw: st.DrawFn, *, complete: bool = False) -> tuple[str, dict[str, str | None]]:
    key = draw(st.sampled_from(KEYS))
    answers = {
        name: draw(st.sampled_from(LEVELS[name]) if complete else st.one_of(st.none(), st.sampled_from(LEVELS[name])))
        for name in COLUMNS
    }
    if not complete:  # few unknown at a time keeps it quick
        for name in ("Sex", "age_cat_fct", "Region"):
            answers[name] = answers[name] or LEVELS[name][0]
    return key, answers


@settings(max_examples=60, deadline=None)
@given(patients(), st.integers(1, 360))
def test_a_later_day_is_never_more_likely(patient: tuple[str, dict[str, str | None]], day: int) -> None:
    key, answers = patient
    curve = SET.curve(Features(key, answers))
    shares = [share for _, share in curve.points(day, 365)]
    assert shares[0] == pytest.approx(1.0)
    assert all(1 >= one > after > 0 for one, after in itertools.pairwise(shares))
    for later in (90, 180, 365):
        if later > day:
            assert curve.still_on_leave(later, day) == pytest.approx(curve.at(later) / curve.at(max(day, 15)))
        else:
            with pytest.raises(DayPassed):
                curve.still_on_leave(later, day)


@settings(max_examples=30, deadline=None)
@given(patients(), st.sampled_from([15, 33, 75, 100]))
def test_unknown_answers_equal_enumerating_them(patient: tuple[str, dict[str, str | None]], day: int) -> None:
    key, answers = patient
    model = SET.model(key)
    levels = model.levels(answers)
    options = [
        range(len(LEVELS[name])) if level is None else [level] for name, level in zip(model.names, levels, strict=True)
    ]
    rows = np.array(list(itertools.product(*options)))
    weights = np.array([model.answers.joint[tuple(row)] for row in rows])
    each = model.survival(rows, (day, 180))
    wanted = (weights @ each[:, 1]) / (weights @ each[:, 0])
    curve = person_curve(model, levels)
    assert curve.still_on_leave(180, day) == pytest.approx(wanted, rel=1e-12)
    span = answers_range(curve, day=180, given_day=day)
    assert span.least == pytest.approx((each[:, 1] / each[:, 0]).min())
    assert span.most == pytest.approx((each[:, 1] / each[:, 0]).max())
    assert span.least <= span.low <= span.high <= span.most


def test_each_further_unknown_widens_the_range() -> None:
    model = SET.model("M54")
    levels: list[int | None] = [0] * len(model.names)
    width = 0.0
    for place in range(len(levels)):
        levels[place] = None
        span = answers_range(person_curve(model, levels), day=90, given_day=20)
        assert span.most - span.least > width
        width = span.most - span.least


def test_an_unknown_answer_is_not_the_default_nor_the_mean_patient() -> None:
    default = {name: levels[0] for name, levels in LEVELS.items()}
    known = SET.curve(Features("F43", default))
    open_ = SET.curve(Features("F43", {**default, "SA_1_gross": None, "SA_SyssStart_fct": None}))
    assert open_.at(365) > known.at(365) + 0.01


@settings(max_examples=60, deadline=None)
@given(patients(), st.integers(15, 170), st.sampled_from([180, 365]))
def test_contributions_add_up_exactly(patient: tuple[str, dict[str, str | None]], day: int, horizon: int) -> None:
    key, answers = patient
    model, everyone = SET.model(key), SET.everyone(key)
    levels = model.levels(answers)
    curve = person_curve(model, levels)
    rows = contributions(model, everyone, levels, curve, day=horizon, given_day=day)
    mine, group = curve.still_on_leave(horizon, day), everyone.curve.still_on_leave(horizon, day)
    wanted = math.log(-math.log(mine)) - math.log(-math.log(group))
    assert math.fsum(row.value for row in rows) == pytest.approx(wanted, abs=1e-9)
    assert [row.column for row in rows if row.level is not None] == [
        name for name, level in zip(model.names, levels, strict=True) if level is not None
    ]
    assert (rows[-1].column == "unanswered") == (None in levels)


def test_contributions_point_the_right_way() -> None:
    features = Features("F32", nobody(SA_SyssStart_fct="unemp", Sex="Female", age_cat_fct="17-29"))
    found = SET.detail(features, given_day=20, days=(90, 180, 365))
    assert found is not None
    rows = {row.column: row for row in found.horizons[0].contributions}
    assert rows["SA_SyssStart_fct"].prolongs
    assert not rows["age_cat_fct"].prolongs


def test_the_detail_of_a_case_with_everything_unknown_is_the_diagnosis_itself() -> None:
    found = SET.detail(Features("S82", nobody()), given_day=15, days=(90, 180, 365))
    assert found is not None
    assert [one.day for one in found.horizons] == [90, 180, 365]
    assert abs(found.horizons[0].contributions[0].value) < 1e-9
    assert found.answered == 0
    moves = [question.movement for question in found.questions]
    assert moves == sorted(moves, reverse=True)
    assert moves[0] > 0.01
    assert found.remaining.quarter is not None
    assert found.remaining.half is not None
    assert found.remaining.quarter < found.remaining.half
    words = {band.rule: band.band for band in found.bands}
    assert words == {"against-diagnosis": OPEN, "place-in-diagnosis": OPEN, "fixed-0.39-0.62": "moderate"}
    assert all(one.place.low < 0.1 < 0.9 < one.place.high for one in found.horizons)
    interval = found.horizons[0].model
    assert interval is not None
    assert interval.low < SET.everyone("S82").curve.at(90) < interval.high


def test_the_interval_is_that_of_moving_the_model_along_each_draw() -> None:
    model, days, given, step = SET.model("F438A"), (60, 90, 365), 40, 1e-4
    levels = tuple(None if at in (1, 3, 6) else at % 2 for at in range(len(model.names)))
    found = model_intervals(model, levels, person_curve(model, levels), days=days, given_day=given)
    draws = model.draws
    assert draws is not None

    def moved(draw: int, by: float) -> list[float]:
        effects = {name: model.effects[name] + by * draws.effects[name][draw] @ draws.basis for name in model.names}
        other = replace(model, intercept=model.intercept + by * draws.intercept[draw], effects=effects)
        curve = person_curve(other, levels)
        return [math.log(-math.log(curve.still_on_leave(day, given))) for day in days]

    slopes = [np.subtract(moved(draw, step), moved(draw, -step)) / (2 * step) for draw in range(draws.count)]
    widths = [math.log(math.log(one.low) / math.log(one.high)) / 2 for one in found]
    assert widths == pytest.approx(1.6448536 * np.std(slopes, axis=0, ddof=1), rel=1e-5)


def test_each_answer_narrows_the_place_and_the_last_one_is_a_place() -> None:
    names = SET.model("S82").names
    known = [{name: LEVELS[name][-1] for name in names[:count]} for count in range(len(names) + 1)]
    found = [SET.detail(Features("S82", nobody(**one)), given_day=40, days=(90,)) for one in known]
    places = [one.horizons[0].place for one in found if one is not None]
    spans = [one.high - one.low for one in places]
    assert all(0 <= one.low <= one.high <= 1 for one in places)
    assert all(later <= earlier + 0.05 for earlier, later in itertools.pairwise(spans))
    assert spans[0] > 0.85
    assert spans[-1] == 0
    last = found[-1]
    assert last is not None
    assert all(band.band == band.to != OPEN for band in last.bands)


def test_which_model_answers() -> None:
    assert (SET.match("F438A").key, SET.match("F438A").level.value) == ("F438A", "exact")
    assert SET.match("F439").key == "F43"
    assert SET.match("F4389").key == "F438"
    with pytest.raises(NoModel):
        SET.match("K509")
    with pytest.raises(NoDiagnosis):
        SET.match(None)


def test_wrong_columns_and_levels_are_named() -> None:
    with pytest.raises(WrongColumns):
        SET.curve(Features("F32", {"Sex": "Female"}))
    with pytest.raises(WrongColumns):
        SET.curve(Features("F32", {**nobody(), "shoe_size": "42"}))
    with pytest.raises(UnknownLevel) as wrong:
        SET.curve(Features("F32", nobody(Sex="female")))
    assert (wrong.value.column, wrong.value.level) == ("Sex", "female")
    with pytest.raises(BeyondCurve):
        SET.curve(Features("F32", nobody())).at(551)


def test_every_key_has_a_model_and_the_set_is_small() -> None:
    assert sorted(SET.listed) == KEYS
    folder = Path(str(SET.folder))
    assert sum(one.stat().st_size for one in folder.iterdir()) < 10_000_000
    for key in KEYS:
        model = SET.model(key)
        assert model.names == key_columns(key)
        assert set(model.accuracy) == {"90", "180", "365"}
        assert model.draws is not None


def test_a_file_says_the_same_when_read_back() -> None:
    model = SET.model("F438A")
    again = read_model(json.loads(model_text(model)), file="again")
    codes = np.random.default_rng(1).integers(0, 2, (500, len(model.names)))
    assert np.array_equal(model.survival(codes, (90, 365)), again.survival(codes, (90, 365)))
    assert model_text(again) == model_text(model)


@pytest.mark.parametrize("change", ["byte", "missing", "interval", "form"])
def test_a_changed_file_is_refused(tmp_path: Path, change: str) -> None:
    for name in ("set.json", "M17.json"):
        (tmp_path / name).write_bytes((Path(str(SET.folder)) / name).read_bytes())
    if change == "byte":
        raw = (tmp_path / "M17.json").read_bytes()
        (tmp_path / "M17.json").write_bytes(raw.replace(b"-", b" ", 1))
    elif change == "missing":
        (tmp_path / "M17.json").unlink()
    else:
        document = model_document(SET.model("M17"))
        document["intercept" if change == "interval" else "form"] = [0.0] if change == "interval" else "pickle"
        with pytest.raises(ModelFileFault):
            read_model(document, file="M17.json")
        return
    with pytest.raises(ModelFileFault) as wrong:
        load_set(tmp_path).model("M17")
    assert wrong.value.file == "M17.json"


def test_serving_never_imports_scikit_learn() -> None:
    code = (
        "import sys; import risk.assess, risk.model_set, smart_app.app; from risk.features import COLUMNS, Features;"
        "risk.model_set.shipped_set().detail(Features('F32', {c: None for c in COLUMNS}), given_day=15, days=(90,));"
        "sys.exit(any(name.split('.')[0] in ('sklearn', 'scipy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""What a set is measured by: figures with intervals, sides on the same cases, splits, report and cards."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from risk.baseline import NATIONAL_2017
from risk.chapters import CHAPTERS
from risk.columns import SENSITIVE
from risk.evaluation.calibration import brier_figure, calibration_curve, calibration_figures
from risk.evaluation.card import cards
from risk.evaluation.decision import EVERYONE, decision_curve
from risk.evaluation.discrimination import auc_figure, c_figure
from risk.evaluation.effects import effects
from risk.evaluation.measure import PEOPLE, evaluated
from risk.evaluation.outcome import outcome
from risk.evaluation.report import report
from risk.evaluation.sides import (
    NATIONAL_SIDE,
    UNANSWERED,
    Risks,
    national_risks,
    own_codes,
    risks_in_force,
    set_risks,
    unanswered,
)
from risk.evaluation.spread import Figure
from risk.model_set import shipped_set
from risk.training.persons import made_up, simulated_persons
from risk.training.rows import CaseRows
from risk.training.simulate import Rows, join, simulated
from risk.training.splits import begun_since, by_time, known_on
from risk.unknowns import person_curve


@pytest.fixture(scope="module")
def cases() -> CaseRows:
    return next(simulated_persons(4000, 11))


@pytest.fixture(scope="module")
def found(cases: CaseRows) -> dict[str, Any]:
    other = risks_in_force("today", (CHAPTERS, NATIONAL_2017), cases.rows)
    return evaluated(shipped_set(), cases, others=[other])


def figures_of(rows: Rows, risk: np.ndarray) -> list[Figure]:
    seen = outcome(rows.days, rows.ended, 90)
    return [
        auc_figure(risk, seen.longer, seen.weight),
        c_figure(risk, rows.days, rows.ended),
        brier_figure(risk, seen.longer, seen.weight),
        *calibration_figures(risk, seen.longer, seen.weight),
    ]


def test_intervals_are_those_that_drawing_again_gives() -> None:
    rows = join(list(simulated(1500, 7, keys=["F32"], censored=0.3)))
    model = shipped_set().model("F32")
    risk = model.survival(own_codes(rows, model), (90,))[:, 0]
    random = np.random.default_rng(1)
    drawn = []
    for _ in range(120):
        at = random.integers(0, len(rows), len(rows))
        drawn.append([one.value for one in figures_of(rows.of(at), risk[at])])
    for figure, spread in zip(figures_of(rows, risk), np.std(drawn, axis=0), strict=True):
        assert figure.pull.sum() == pytest.approx(0, abs=1e-9)
        value, low, high = figure.interval()
        assert value is not None
        assert low is not None
        assert high is not None
        assert (high - low) / 2 / 1.96 == pytest.approx(spread, rel=0.25)


def test_cases_of_one_person_count_as_one() -> None:
    rows = join(list(simulated(600, 3, keys=["F32"])))
    model = shipped_set().model("F32")
    risk = model.survival(own_codes(rows, model), (90,))[:, 0]
    once = figures_of(rows, risk)[0].interval()
    thrice = np.tile(np.arange(600), 3)
    again = rows.of(thrice)
    tripled = figures_of(again, risk[thrice])[0]
    assert tripled.interval(thrice) == pytest.approx(once, abs=1e-4)
    alone = tripled.interval()
    assert alone[2] - alone[1] < 0.7 * (once[2] - once[1])  # type: ignore[operator]


def test_equal_risks_have_no_slope() -> None:
    slope, intercept = calibration_figures(np.full(200, 0.4), np.arange(200) < 80)
    assert slope.interval() == [None, None, None]
    assert intercept.value == pytest.approx(0, abs=1e-9)


def test_points_of_the_calibration_curve_have_intervals() -> None:
    points = calibration_curve(np.linspace(0.1, 0.9, 400), np.arange(400) % 2 == 0, parts=4)
    assert [point.cases for point in points] == [100] * 4
    assert all(point.low < point.came_true < point.high for point in points)


def test_everything_is_there_with_intervals(found: dict[str, Any]) -> None:
    sides = {"simulated-2026", "today", UNANSWERED, NATIONAL_SIDE}
    assert set(found["overall"]) == sides
    assert set(found["differences"]) == sides - {"simulated-2026"}
    groups = [found["overall"]]
    groups += [levels[level] for levels in found["people"].values() for level in levels]
    groups += [*found["started"].values(), *found["keys"].values()]
    assert set(found["people"]) == set(PEOPLE)
    assert {"2021", "2022"} <= set(found["started"])
    for group in groups:
        assert set(group) == sides
        for name in ("c_index", "integrated_brier"):
            value, low, high = group["simulated-2026"][name]
            assert low < value < high
    for day in ("90", "180", "365"):
        at = found["overall"]["simulated-2026"][day]
        for name in ("auc", "brier", "slope", "intercept"):
            value, low, high = at[name]
            assert low < value < high, (day, name)
        assert len(at["curve"]) == 10
        assert set(found["decision"][day]) == {*sides, EVERYONE, "threshold"}
    json.dumps(found, allow_nan=False)


def test_the_patient_counts_and_the_difference_says_so(found: dict[str, Any]) -> None:
    _, low, _ = found["differences"][NATIONAL_SIDE]["90"]["auc"]
    assert low > 0
    value, low, high = found["differences"][UNANSWERED]["90"]["auc"]
    assert abs(value) < 0.02
    assert low < high


def test_sensitive_answers_are_integrated_over_not_guessed(cases: CaseRows) -> None:
    at = cases.rows.keys == "F43"
    rows = cases.rows.of(at)
    told = set_risks(shipped_set(), rows).at(90)
    blind = set_risks(shipped_set(), unanswered(rows)).at(90)
    assert not np.allclose(told, blind)
    model = shipped_set().model("F43")
    for codes, risk in zip(own_codes(rows, model)[:40], blind, strict=False):
        levels = [None if name in SENSITIVE else int(code) for name, code in zip(model.names, codes, strict=True)]
        assert risk == pytest.approx(person_curve(model, levels).at(90))


def test_models_in_force_answer_in_their_order(cases: CaseRows) -> None:
    rows = cases.rows
    first = risks_in_force("x", (shipped_set(), NATIONAL_2017), rows)
    assert np.array_equal(first.shares, set_risks(shipped_set(), rows).shares)
    assert np.allclose(risks_in_force("x", (NATIONAL_2017,), rows).shares, national_risks(rows).shares)


def test_net_benefit_by_hand() -> None:
    rows = Rows(
        np.array(["F32"] * 4),
        np.zeros((4, 13), np.int8),
        np.array([20, 40, 200, 300], np.int32),
        np.array([True] * 4),
    )
    side = Risks("one", np.repeat([[0.1], [0.6], [0.7], [0.3]], 8, axis=1))
    curve = decision_curve([side], rows, day=90)
    half = curve["threshold"].index(0.5)
    assert curve["one"][half] == pytest.approx(1 / 4 - 1 / 4)  # one right, one wrong, odds 1
    assert curve[EVERYONE][curve["threshold"].index(0.2)] == pytest.approx(0.5 - 0.5 * 0.25)


def test_in_time_nothing_later_is_known(cases: CaseRows) -> None:
    day = date(2022, 1, 1)
    before, after = by_time(cases, day)
    assert not set(before.persons) & set(after.persons)
    assert min(after.starts) >= day > max(before.starts)
    lasts = [start + timedelta(days=int(days)) for start, days in zip(before.starts, before.rows.days, strict=True)]
    assert max(lasts) <= day
    assert before.rows.days.min() >= 15
    cut = next(at for at, start in enumerate(cases.starts) if 20 < (day - start).days < cases.rows.days[at])
    place = known_on(cases, day)
    at = list(zip(place.persons, place.starts, strict=True)).index((cases.persons[cut], cases.starts[cut]))
    assert not place.rows.ended[at]
    assert place.rows.days[at] == (day - cases.starts[cut]).days
    assert min(begun_since(cases, day).starts) >= day


def test_what_is_fitted_on_simulated_persons_says_so(cases: CaseRows) -> None:
    assert made_up(cases)
    assert not made_up(replace(cases, persons=tuple(f"p{number}" for number in range(len(cases)))))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "line", "circle", "polyline", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_page_that_fetches_nothing(found: dict[str, Any]) -> None:
    text = report({**found, "fitted_on_these": True})
    page = _Page()
    page.feed(re.sub(r"/>", ">", text))
    assert page.open == []
    for tag, attributes in page.tags:
        assert not {"src", "href", "onclick"} & set(attributes), tag
    assert not re.search(r"url\(|@import|https?://", text)
    sides = [found["overall"], *found["keys"].values()]
    curves = sum("curve" in side["simulated-2026"][day] for side in sides for day in ("90", "180", "365"))
    assert [tag for tag, _ in page.tags].count("figure") == curves + 3 + 2 * len(PEOPLE)
    assert all(attributes.get("aria-label") for tag, attributes in page.tags if attributes.get("role") == "img")
    for words in ("Not for clinical use", "the figures flatter it", "not told", "today", "2021", "Decision curve"):
        assert words in text
    assert "<script" not in report({**found, "measured_on": "<script>"})
    assert "<i>" not in report(json.loads(json.dumps(found).replace('"today"', '"<i>today"')))


def test_a_card_says_levels_effects_accuracy_and_who_won(found: dict[str, Any]) -> None:
    made = cards(shipped_set(), found)
    assert len(made) == 35
    assert "(M17.md)" in made["README.md"]
    for key in ("M17", "M75", "M19", "M23"):
        assert "They disagree here" in made[f"{key}.md"], key
    assert "they agree" in made["F43.md"]
    card = made["F43.md"]
    job_seeker = next(one for one in effects(shipped_set().model("F43")) if one.level == "unemp")
    assert f"Job seeker: about {abs(job_seeker.points[0]):.0f} more of 100 on day 90" in card
    auc = found["keys"]["F43"]["simulated-2026"]["90"]["auc"]
    assert f"{auc[0]:.3f} ({auc[1]:.3f} to {auc[2]:.3f})" in card
    for words in ("made up", "Not CE-marked", "national figures 2017, F43", "## Limits", "Association, not cause"):
        assert words in card
    assert "## Where the sources disagree" not in cards(replace(shipped_set(), simulated=False), found)["F43.md"]
    rare = next(key for key in shipped_set().listed if key not in found["keys"])
    assert "Not measured" in made[f"{rare}.md"]


def test_the_committed_cards_are_those_of_the_shipped_set() -> None:
    root = Path(__file__).parents[2] / "docs"
    measured = json.loads((root / "measured" / "risk_shipped.json").read_text(encoding="utf-8"))
    folder = root / "reference" / "models"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == cards(shipped_set(), measured)

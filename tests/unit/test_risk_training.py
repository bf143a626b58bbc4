"""Simulated cases and what is fitted on them; small, the long ones are in bench/full_risk.py."""

from __future__ import annotations

import numpy as np
import pytest

from risk.columns import LEVELS
from risk.evaluation.calibration import calibration
from risk.evaluation.discrimination import auc, c_index
from risk.evaluation.outcome import outcome
from risk.evaluation.sides import own_codes
from risk.statistics import national_figures
from risk.training.fit import BREAKS, COURSES, Strength, basis, fit_coefficients, fit_key
from risk.training.simulate import Rows, join, simulated
from risk.training.strength import chosen_scale
from risk.training.truth import KNOTS, level_of, make_truth, published_effects, truth


def cases(key: str, count: int, seed: int, censored: float = 0.1) -> Rows:
    return join(list(simulated(count, seed, keys=[key], censored=censored)))


def test_the_same_seed_gives_the_same_cases_however_many() -> None:
    short, long = join(list(simulated(3_000, 7))), join(list(simulated(25_000, 7)))
    other = join(list(simulated(3_000, 8)))
    assert np.array_equal(short.days, long.days[:3_000])
    assert np.array_equal(short.codes, long.codes[:3_000])
    assert np.array_equal(short.keys, long.keys[:3_000])
    assert not np.array_equal(short.days, other.days)


def test_the_mix_is_the_national_one() -> None:
    rows = join(list(simulated(40_000, 3)))
    groups = np.array([key[:3] for key in rows.keys])
    total = sum(figures.cases for key, figures in national_figures().items() if key != "ALL")
    for group in ("F43", "M54", "I63"):
        assert (groups == group).mean() == pytest.approx(national_figures()[group].cases / total, abs=0.008)
    assert rows.days.min() >= 15


@pytest.mark.parametrize("key", ["F32", "M17", "S62"])
def test_the_truth_has_the_national_level_and_the_published_effects(key: str) -> None:
    model = truth(key)
    level = model.answers.weights @ model.survival(model.answers.codes, KNOTS)
    for day, share in zip(KNOTS, level, strict=True):
        if day in (30, 90, 180, 365):
            assert share == pytest.approx(national_figures()[key].curve.at(day), abs=1e-6)
    reference = np.zeros(len(model.answers.columns), dtype=np.int8)
    for (column, name), points in published_effects(key).items():
        row = reference.copy()
        row[model.answers.columns.index(column)] = LEVELS[column].index(name)
        change = float(model.survival(np.stack([row, reference]), (90,))[:, 0] @ [1, -1])
        assert 100 * change == pytest.approx(points, abs=0.05)


def test_simulated_lengths_follow_the_truth() -> None:
    rows = cases("F32", 60_000, 11, censored=0.0)
    for day in (30, 90, 180, 365):
        assert (rows.days >= day).mean() == pytest.approx(national_figures()["F32"].curve.at(day), abs=0.008)


def test_a_fit_finds_the_truth_again() -> None:
    model = fit_key(cases("S82", 60_000, 2), "S82", draws=0)
    known = truth("S82")
    weights = known.answers.weights
    true, said = (one.survival(known.answers.codes, (90, 180)) for one in (known, model))
    assert np.sqrt(weights @ (true - said) ** 2).max() < 0.012
    assert calibration(said[:, 0], true[:, 0], weights).slope == pytest.approx(1, abs=0.05)
    assert abs(auc(said[:, 0], true[:, 0], weights) - auc(true[:, 0], true[:, 0], weights)) < 0.01


def test_it_is_not_a_transcription() -> None:
    """Another effect in the simulation, trained again: the fitted effect follows."""
    points = published_effects("M51")
    points["SA_SyssStart_fct", "unemp"] = -20.0
    other = make_truth("M51", level_of("M51"), points)
    rows = join(list(simulated(40_000, 9, keys=["M51"], model=other)))
    moved = []
    for model in (fit_key(cases("M51", 40_000, 9), "M51", draws=0), fit_key(rows, "M51", draws=0)):
        reference = np.zeros((2, len(model.names)), dtype=int)
        reference[1, model.names.index("SA_SyssStart_fct")] = 1
        moved.append(100 * float(np.diff(model.survival(reference, (90,))[:, 0])[0]))
    assert moved[0] == pytest.approx(15.0, abs=4)
    assert moved[1] == pytest.approx(-20.0, abs=4)


def test_a_small_sub_diagnosis_leans_on_its_group() -> None:
    group = join([cases("M54", 20_000, 1), cases("M544", 150, 2)])
    parent = fit_coefficients(group, "M54")
    few = cases("M544", 150, 2)
    known = truth("M544")
    error = [
        float(
            known.answers.weights
            @ (
                fit_key(few, "M544", parent=one, draws=0).survival(known.answers.codes, (90,))
                - known.survival(known.answers.codes, (90,))
            )[:, 0]
            ** 2
        )
        for one in (parent, None)
    ]
    assert error[0] < error[1]


def test_few_cases_are_held_back_more_than_many(monkeypatch: pytest.MonkeyPatch) -> None:
    few, fresh = cases("M51", 700, 4), cases("M51", 8_000, 5, censored=0.0)
    scale = chosen_scale(few, seed=1)
    assert scale < 1
    slopes = []
    for by in (1.0, scale):
        model = fit_key(few, "M51", strength=Strength().scaled(by), draws=0)
        risk = model.survival(own_codes(fresh, model), (90,))[:, 0]
        slopes.append(calibration(risk, fresh.days >= 90).slope)
    assert slopes[0] < slopes[1] < 1.2
    monkeypatch.setattr("risk.training.strength.ENOUGH_PER_KEY", 500)
    assert chosen_scale(few, seed=1) == 1.0


def test_measures_against_values_by_hand() -> None:
    days, ended = np.array([20, 40, 60, 80], np.int32), np.array([True, True, False, True])
    assert c_index(np.array([0.1, 0.3, 0.2, 0.9]), days, ended) == pytest.approx(4 / 5)
    seen = outcome(days, ended, 70)
    assert seen.weight[2] == 0
    assert seen.weight[3] > seen.weight[0] == 1
    assert auc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert basis().shape == (COURSES, len(BREAKS) - 1)

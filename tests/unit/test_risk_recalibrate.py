"""Recalibration moves the level to the region's own cases and leaves the effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from risk.columns import LEVELS
from risk.model_set import shipped_set
from risk.training.recalibrate import recalibrated
from risk.training.simulate import join, simulated


def test_the_level_comes_back_and_effects_stay() -> None:
    rows = join(list(simulated(20_000, 12, keys=["F41"])))
    model = shipped_set().model("F41")
    off = replace(model, intercept=model.intercept + 0.4)
    found, moved = recalibrated({"F41": off, "M17": shipped_set().model("M17")}, rows)
    assert set(moved) == {"F41"}
    assert moved["F41"] == pytest.approx(-0.4, abs=0.03)
    assert np.allclose(found["F41"].intercept, model.intercept, atol=0.03)
    assert found["F41"].effects is model.effects
    assert found["M17"] is shipped_set().model("M17")


def test_too_few_cases_change_nothing() -> None:
    model = shipped_set().model("F41")
    found, moved = recalibrated({"F41": model}, join(list(simulated(40, 12, keys=["F41"]))))
    assert moved == {}
    assert found["F41"] is model


def test_unanswered_questions_are_no_reason_to_leave_a_case_out() -> None:
    rows = join(list(simulated(20_000, 12, keys=["F41"])))
    codes = rows.codes.copy()
    codes[:, [tuple(LEVELS).index(name) for name in ("edu_cat_fct", "birth_cat_fct", "SA_1_gross")]] = -1
    model = shipped_set().model("F41")
    off = replace(model, intercept=model.intercept + 0.4)
    found, moved = recalibrated({"F41": off}, replace(rows, codes=codes))
    assert moved["F41"] == pytest.approx(-0.4, abs=0.04)
    assert found["F41"].cases == 20_000


def test_few_cases_give_a_wide_interval() -> None:
    model = shipped_set().model("F41")

    def spread(persons: int) -> float:
        found, _ = recalibrated({"F41": model}, join(list(simulated(persons, 12, keys=["F41"]))))
        draws = found["F41"].draws
        assert draws is not None
        return float(draws.intercept.std(axis=0).mean())

    assert model.draws is not None
    assert spread(150) > 0.07  # about 1 / sqrt(130) beside the set's own
    assert spread(20_000) == pytest.approx(float(model.draws.intercept.std(axis=0).mean()), abs=0.01)

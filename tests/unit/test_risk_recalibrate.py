"""Recalibration moves the level to the region's own cases and leaves the effects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from risk.columns import LEVELS
from risk.model_set import shipped_set
from risk.training.make_set import accuracy
from risk.training.recalibrate import recalibrated
from risk.training.rows import CaseRows
from risk.training.simulate import Rows, join, simulated


def as_cases(rows: Rows, who: str = "person-") -> CaseRows:
    names = tuple(f"{who}{number}" for number in range(len(rows)))
    return CaseRows(rows, names, (date(2025, 1, 1),) * len(rows), ("",) * len(rows))


def test_the_level_comes_back_and_effects_stay() -> None:
    rows = join(list(simulated(20_000, 12, keys=["F41"])))
    model = shipped_set().model("F41")
    off = replace(model, intercept=model.intercept + 0.4)
    found, moved = recalibrated({"F41": off, "M17": shipped_set().model("M17")}, as_cases(rows))
    assert set(moved) == {"F41"}
    assert moved["F41"] == pytest.approx(-0.4, abs=0.03)
    assert np.allclose(found["F41"].intercept, model.intercept, atol=0.03)
    assert found["F41"].effects is model.effects
    assert found["M17"] is shipped_set().model("M17")
    at_90, before = found["F41"].accuracy["90"], accuracy(off, rows)["90"]
    assert at_90["auc"] == pytest.approx(before["auc"], abs=0.005)
    assert before["intercept"] > 0.3
    assert at_90["intercept"] == pytest.approx(0, abs=0.04)
    assert (at_90["cases"], at_90["answered"], at_90["simulated"]) == (20_000, 1.0, False)


def test_the_accuracy_of_few_cases_is_not_that_of_cases_told_before() -> None:
    """Each person is measured with a level that others gave: persons with all the long cases are not foreseen."""
    rows = join(list(simulated(400, 12, keys=["F41"], censored=0.0)))
    alike = CaseRows(rows, tuple(f"p{int(days) // 90}" for days in rows.days), (date(2025, 1, 1),) * 400, ("",) * 400)
    model = shipped_set().model("F41")
    apart, one_each = (recalibrated({"F41": model}, one)[0]["F41"].accuracy for one in (alike, as_cases(rows)))
    assert apart["90"]["intercept"] != one_each["90"]["intercept"]
    assert recalibrated({"F41": model}, as_cases(rows, "made-up-3-"))[0]["F41"].accuracy["90"]["simulated"]


def test_too_few_cases_change_nothing() -> None:
    model = shipped_set().model("F41")
    found, moved = recalibrated({"F41": model}, as_cases(join(list(simulated(40, 12, keys=["F41"])))))
    assert moved == {}
    assert found["F41"] is model


def test_unanswered_questions_are_no_reason_to_leave_a_case_out() -> None:
    rows = join(list(simulated(20_000, 12, keys=["F41"])))
    codes = rows.codes.copy()
    codes[:, [tuple(LEVELS).index(name) for name in ("edu_cat_fct", "birth_cat_fct", "SA_1_gross")]] = -1
    model = shipped_set().model("F41")
    off = replace(model, intercept=model.intercept + 0.4)
    found, moved = recalibrated({"F41": off}, as_cases(replace(rows, codes=codes)))
    assert moved["F41"] == pytest.approx(-0.4, abs=0.04)
    assert found["F41"].cases == 20_000


def test_few_cases_give_a_wide_interval() -> None:
    model = shipped_set().model("F41")

    def spread(persons: int) -> float:
        found, _ = recalibrated({"F41": model}, as_cases(join(list(simulated(persons, 12, keys=["F41"])))))
        draws = found["F41"].draws
        assert draws is not None
        return float(draws.intercept.std(axis=0).mean())

    assert model.draws is not None
    assert spread(150) > 0.07  # about 1 / sqrt(130) beside the set's own
    assert spread(20_000) == pytest.approx(float(model.draws.intercept.std(axis=0).mean()), abs=0.01)

"""Recalibration moves the level to the region's own cases and leaves the effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

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

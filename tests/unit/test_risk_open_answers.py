"""Cases with unknown answers count in the fit, and what they are not enough for is said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from risk.columns import LEVELS, key_columns
from risk.evaluation.calibration import calibration
from risk.evaluation.sides import own_codes
from risk.hazard_model import HazardModel
from risk.model_set import load_set
from risk.training import fit
from risk.training.enough import enough
from risk.training.fit import Strength, fit_coefficients, fit_key
from risk.training.make_set import accuracy
from risk.training.rows import CaseRows
from risk.training.simulate import Rows, join, simulated
from risk.training.train import train
from risk.training.truth import truth
from smart_app.cli.verbs import app

NAMES = tuple(LEVELS)
AGE = NAMES.index("age_cat_fct")


def cases(key: str, count: int, seed: int, censored: float = 0.1) -> Rows:
    return join(list(simulated(count, seed, keys=[key], censored=censored)))


def with_holes(rows: Rows, share: float, seed: int = 1, *, by_age: bool = False) -> Rows:
    """Answers gone: evenly, or nearly twice as often for the young and seldom for the others, whose age stays known."""
    random, codes = np.random.default_rng(seed), rows.codes.copy()
    gone = np.full(len(rows), share) if not by_age else np.where(np.isin(codes[:, AGE], (1, 2)), 0.55, share / 3)
    holes = random.random(codes.shape) < gone[:, None]
    holes[:, AGE] &= not by_age
    codes[holes] = -1
    return replace(rows, codes=codes)


def points_on_day_90(model: HazardModel) -> np.ndarray:
    """Each answer's effect on the reference patient, points of 100."""
    base = np.zeros((1, len(model.names)), dtype=int)
    found = []
    for place, levels in enumerate(model.columns.values()):
        for level in range(1, len(levels)):
            row = base.copy()
            row[0, place] = level
            found.append(100 * float((model.survival(row, (90,)) - model.survival(base, (90,)))[0, 0]))
    return np.array(found)


def slope_of(model: HazardModel, key: str) -> float:
    """Calibration slope against the simulation's own probabilities, everything known."""
    known = truth(key)
    at = [known.answers.columns.index(name) for name in model.names]
    said, true = model.survival(known.answers.codes[:, at], (90,))[:, 0], known.survival(known.answers.codes, (90,))
    return calibration(said, true[:, 0], known.answers.weights).slope


def test_where_every_answer_is_known_both_ways_of_fitting_are_one() -> None:
    rows, columns = cases("S62", 3_000, 3), key_columns("S62")
    mean, _ = fit._prior(columns, None)
    spread = fit._spread(fit._terms(columns), Strength(), leaning=False)
    whole = fit._fit_whole(rows, columns, mean, spread, None)
    open_ = fit._fit_open(rows, columns, mean, spread, None)
    assert np.abs(whole[0] - open_[0]).max() < 1e-5
    assert np.abs(whole[1] - open_[1]).max() < 1e-6 * np.abs(whole[1]).max()
    assert np.allclose(whole[2].joint, open_[2].joint)


@pytest.mark.parametrize("by_age", [False, True], ids=["at random", "by age"])
def test_holes_bend_neither_effects_nor_level(by_age: bool) -> None:
    rows = cases("G56", 10_000, 2)
    whole, model = (fit_key(one, "G56", draws=0) for one in (rows, with_holes(rows, 0.3, by_age=by_age)))
    assert model.cases == 10_000
    assert slope_of(model, "G56") == pytest.approx(1, abs=0.05)
    off = points_on_day_90(model) - points_on_day_90(whole)
    assert np.abs(off).mean() < 1.5
    assert np.abs(off).max() < 5
    joint = model.answers.joint - whole.answers.joint
    assert np.abs(joint).sum() < 0.12


def test_what_is_not_known_widens_the_intervals() -> None:
    rows = cases("S62", 2_000, 2)
    whole, holed = (fit_coefficients(one, "S62") for one in (rows, with_holes(rows, 0.3)))
    ratio = np.sqrt(np.diag(holed.covariance) / np.diag(whole.covariance))[: len(fit.BREAKS) - 1]
    assert 1.02 < ratio.mean() < 1.5
    assert np.linalg.eigvalsh(holed.covariance).min() > 0


def test_a_column_that_hardly_any_case_tells_is_left_out() -> None:
    rows = cases("S62", 1_500, 2)
    codes = rows.codes.copy()
    codes[45:, NAMES.index("edu_cat_fct")] = -1
    model = fit_key(replace(rows, codes=codes), "S62", draws=0)
    assert "edu_cat_fct" not in model.names
    assert model.not_used == {"edu_cat_fct": 0.03}
    codes[:, :] = -1
    assert len(fit_key(replace(rows, codes=codes), "S62", draws=0).names) >= 1, "one stays, so that there is a model"


def test_few_cases_borrow_from_their_group_how_answers_are_distributed() -> None:
    group = fit_coefficients(join([cases("M54", 4_000, 1), cases("M545", 60, 2)]), "M54")
    truly = fit_key(cases("M545", 20_000, 3), "M545", draws=0).answers.joint
    leaning, alone = (
        fit_coefficients(with_holes(cases("M545", 60, 2), 0.2), "M545", parent=one).answers.joint
        for one in (group, None)
    )
    assert np.abs(leaning - truly).sum() < 0.9 * np.abs(alone - truly).sum()


def test_accuracy_is_that_of_the_rows_as_they_come() -> None:
    rows = cases("S62", 3_000, 6)
    model = fit_key(rows, "S62", draws=0)
    whole, holed = accuracy(model, rows)["90"], accuracy(model, with_holes(rows, 0.5))["90"]
    assert (whole["answered"], whole["cases"]) == (1.0, 3_000)
    assert holed["cases"] == 3_000
    assert holed["answered"] == pytest.approx(0.5, abs=0.02)
    assert 0.5 < holed["auc"] < whole["auc"]
    assert own_codes(rows, model).shape == (3_000, len(model.names))


@pytest.fixture(scope="module")
def region() -> CaseRows:
    """Back pain with a small and a tiny sub-diagnosis, shoulders of which only parts are many, and a lone small key.

    Education stands nowhere, a fifth of everything else is unknown.
    """
    parts = {"M54": 260, "M545": 57, "M542": 12, "M75": 10, "M754": 220, "S62": 90}
    rows = join([cases(key, count, 8) for key, count in parts.items()])
    rows = with_holes(rows, 0.2)
    rows.codes[:, NAMES.index("edu_cat_fct")] = -1
    rows.codes[:5, NAMES.index("edu_cat_fct")] = 0
    names = tuple(f"p{number}" for number in range(len(rows)))
    return CaseRows(rows, names, (date(2025, 1, 1),) * len(rows), ("",) * len(rows))


def test_what_the_cases_are_enough_for(region: CaseRows) -> None:
    found = enough(region.rows)
    assert found.own == {"M54", "M754"}
    assert found.leaning == {"M545": 57}
    assert found.whole == {"M75": 230}
    assert found.by_group == {"M542": 12, "M75": 10}
    assert found.left_out == {"S62": 90}


def test_a_region_with_holes_trains_and_is_told_what_its_cases_lacked(
    region: CaseRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("risk.training.strength.ENOUGH_PER_KEY", 10)  # no strength is chosen: quicker
    about: dict[str, str | bool] = {"id": "small", "version": "1", "simulated": False}
    about |= dict.fromkeys(("name_sv", "name_en", "basis_sv", "basis_en"), "small")
    found = train(region, region, tmp_path / "set", about=about, made={}, seed=1)
    assert set(found["keys"]) == {"M54", "M545", "M75", "M754"}
    assert found["leaning"] == {"M545": {"cases": 57, "group": "M54"}}
    assert found["not_used"]["M754"] == {"edu_cat_fct": 0.0}
    own = load_set(tmp_path / "set")
    model = own.model("M545")
    assert (model.leans_on, model.cases, own.model("M54").leans_on) == ("M54", 57, None)
    assert (own.match("M542").key, own.match("M751").key, own.model("M75").cases) == ("M54", "M75", 230)
    card = (tmp_path / "set" / "cards" / "M545.md").read_text(encoding="utf-8")
    assert "M545 has only 57 cases of its own: the model is mostly that of its group, M54." in card
    card = (tmp_path / "set" / "cards" / "M754.md").read_text(encoding="utf-8")
    assert "- Not used: education (known in 0 % of the cases)." in card
    report = (tmp_path / "set" / "report.html").read_text(encoding="utf-8")
    assert "M545 has only 57 cases" in report
    assert "M754, not used: education (known in 0 % of the cases)" in report
    words = ("risk", "--model", str(tmp_path / "set"), "--diagnosis", "M54.5", "--sex", "female", "--day", "20")
    assert "57 cases, from its group M54" in CliRunner().invoke(app, list(words)).stdout
    said = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert said["group"] == {"key": "M545", "level": "exact", "cases": 57, "leans_on": "M54"}
    assert "edu_cat_fct" not in {one["column"] for one in said["questions"]}

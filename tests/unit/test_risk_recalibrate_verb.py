"""`sickleave models recalibrate`: a set is written, or nothing and why."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from risk.model_set import load_set, shipped_set
from risk.training.persons import simulated_persons
from risk.training.rows import in_rows
from smart_app.cli.evaluate import _fitted_on
from smart_app.cli.models import recalibrate
from smart_app.cli.verbs import app

SHIPPED = Path("simulated-2026")


def rows_file(path: Path, persons: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, part in enumerate(simulated_persons(persons, 4)):
            rows = list(in_rows(part))
            csv.writer(file).writerows(rows if number == 0 else rows[1:])
    return path


def test_the_level_moves_and_the_set_can_be_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_file(tmp_path / "rows.csv", 3000)
    rows.write_text(rows.read_text().replace(",F41,", ",K50.9,", 2).replace(",R53,", ",B34,", 1))
    assert recalibrate(SHIPPED, rows, tmp_path / "in-words", version="2", as_json=False) == 0
    assert "not used: 3 rows with a diagnosis that is none of the model keys (K50 2, B34 1)" in capsys.readouterr().out
    assert recalibrate(SHIPPED, rows, tmp_path / "out", version="2", as_json=True) == 0
    moved = json.loads(capsys.readouterr().out)["moved"]
    found = load_set(tmp_path / "out")
    assert (found.id, found.version) == ("simulated-2026-recalibrated", "2")
    key = next(iter(moved))
    change = found.model(key).intercept - shipped_set().model(key).intercept
    assert change == pytest.approx(moved[key], abs=1e-3)
    assert found.simulated
    assert "diagnoses was moved to made-up cases" in found.basis_en
    assert json.loads((tmp_path / "out" / "set.json").read_text(encoding="utf-8"))["made"]["made_up_cases"]
    assert _fitted_on(found, rows, None), "measured again on these rows it is said"
    words = ("risk", "--model", str(tmp_path / "out"), "--diagnosis", key, "--json")
    at_90 = json.loads(CliRunner().invoke(app, list(words)).stdout)["accuracy"]["p90"]
    assert at_90["simulated"]
    assert at_90["auc"] > 0.5


def test_too_few_cases_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_file(tmp_path / "rows.csv", 40)
    assert recalibrate(SHIPPED, rows, tmp_path / "out", version="2", as_json=False) != 0
    assert not (tmp_path / "out").exists()
    assert "nothing written" in capsys.readouterr().err

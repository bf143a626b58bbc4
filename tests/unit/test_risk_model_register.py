"""Sets brought in, approved by a second person, taken back; models fitted elsewhere."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from risk.columns import LEVELS
from risk.errors import ModelFileFault
from risk.features import Features
from risk.model_register import Event, NotAllowed, Step, activated, imported, in_force, rolled_back
from risk.model_set import load_set, shipped_set
from risk.neutral_models import NEUTRAL, from_neutral
from smart_app.cli.verbs import app

DAY = date(2026, 5, 1)
FIRST = Event(Step.IMPORTED, "a", "1", "anna", DAY)


def on(days: int) -> date:
    return DAY + timedelta(days=days)


def test_four_eyes_and_an_effective_date() -> None:
    events = imported((), FIRST)
    assert in_force(events, on(9)) is None
    with pytest.raises(NotAllowed, match="four eyes"):
        activated(events, Event(Step.ACTIVATED, "a", "1", "Anna ", DAY, on(2)))
    with pytest.raises(NotAllowed, match="passed"):
        activated(events, Event(Step.ACTIVATED, "a", "1", "bo", on(3), on(2)))
    with pytest.raises(NotAllowed, match="never imported"):
        activated(events, Event(Step.ACTIVATED, "a", "2", "bo", DAY, on(2)))
    with pytest.raises(NotAllowed, match="before"):
        imported(events, FIRST)
    events = activated(events, Event(Step.ACTIVATED, "a", "1", "bo", DAY, on(2)))
    assert in_force(events, on(1)) is None
    assert in_force(events, on(2)) is not None


def test_rolling_back_brings_the_one_before() -> None:
    events = activated(imported((), FIRST), Event(Step.ACTIVATED, "a", "1", "bo", DAY, DAY))
    events = imported(events, Event(Step.IMPORTED, "b", "1", "anna", on(1)))
    events = activated(events, Event(Step.ACTIVATED, "b", "1", "bo", on(1), on(3)))
    assert [one.model_set if one else None for one in (in_force(events, on(day)) for day in (0, 2, 3))] == [
        "a",
        "a",
        "b",
    ]
    events = rolled_back(events, by="bo", on=on(5))
    assert [one.model_set if one else None for one in (in_force(events, on(day)) for day in (4, 5))] == ["b", "a"]
    events = rolled_back(events, by="bo", on=on(6))
    assert in_force(events, on(6)) is None
    with pytest.raises(NotAllowed):
        rolled_back(events, by="bo", on=on(7))


def neutral(**changes: Any) -> dict[str, Any]:
    one = {
        "key": "M17",
        "breaks": [15, 90, 365],
        "columns": ["(Intercept)", "Sex=Male", "NoCareAtStart=CareAtStart"],
        "coefficients": [[-4.5, 0.1, -0.3], [-5.0, 0.0, -0.1]],
        **changes,
    }
    return {"form": NEUTRAL, "id": "other", "models": [one]}


def test_a_model_fitted_elsewhere_answers_as_its_numbers_say() -> None:
    own = {"M17": shipped_set().model("M17")}
    model = from_neutral(neutral(), own)["M17"]
    row = np.zeros((1, len(model.names)), dtype=int)
    row[0, model.names.index("NoCareAtStart")] = 1
    assert model.survival(row, (90,))[0, 0] == pytest.approx(np.exp(-75 * np.exp(-4.8)))
    assert model.draws is None


CUTS = [15, 21, 28, 32, 38, 44, 52, 60, 69, 80, 93, 107, 125, 146, 171, 190, 222, 274, 357, 517, 1603]
SHARES = {"no": 0.75, "yes": 0.25}


def twenty_intervals() -> dict[str, Any]:
    """The national tool's form with made-up numbers: 20 intervals, a whole coefficient vector in each, own columns."""
    columns = [
        "(Intercept)",
        "SA_1_gross=(0,90]",
        "SA_1_gross=(90,180]",
        "SA_1_gross=(180,366]",
        "comorbidity=yes",
        "Sex=Male",
        "Region=Mitt",
        "age_cat_fct=57-63",
        "SA_SyssStart_fct=unemp",
    ]
    table = [
        [-4.2 - 0.05 * j, -0.1, -0.2 - 0.01 * j, -0.4, 0.02 * j - 0.3, 0.1 - 0.01 * j, 0.05, -0.2, -0.3 + 0.015 * j]
        for j in range(20)
    ]
    return neutral(key="M17", breaks=CUTS, columns=columns, coefficients=table, answers={"comorbidity": SHARES})


def by_hand(one: dict[str, Any], answers: set[str], day: int) -> float:
    """S(day), interval by interval."""
    cumulative = 0.0
    for j, numbers in enumerate(one["coefficients"]):
        said = zip(one["columns"], numbers, strict=True)
        log_hazard = sum(number for name, number in said if name == "(Intercept)" or name in answers)
        spent = max(min(day, one["breaks"][j + 1]) - one["breaks"][j], 0)
        cumulative += spent * math.exp(log_hazard)
    return math.exp(-cumulative)


@pytest.mark.parametrize("day", [21, 30, 90, 100, 180, 365, 600])
def test_twenty_intervals_and_own_columns_are_computed_as_by_hand(tmp_path: Path, day: int) -> None:
    document, here = twenty_intervals(), tmp_path / "here"
    one, source = document["models"][0], tmp_path / "national.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    assert CliRunner().invoke(app, ["models", "import", str(source), "--by", "a", "--folder", str(here)]).exit_code == 0
    served = load_set(here / "other-1")
    said = {"Sex": "Male", "SA_1_gross": "(90,180]", "Region": "Mitt", "SA_SyssStart_fct": "unemp"}
    answers = {f"{name}={level}" for name, level in said.items()}
    others = {name: levels[0] for name, levels in LEVELS.items()}
    curve = served.curve(Features("M17", {**others, **said}))
    assert curve.at(day) == pytest.approx(by_hand(one, answers, day), rel=1e-12)
    unknown = served.curve(Features("M17", {**others, **said, "comorbidity": None}))
    both = [by_hand(one, answers, day), by_hand(one, answers | {"comorbidity=yes"}, day)]
    assert unknown.at(day) == pytest.approx(0.75 * both[0] + 0.25 * both[1], rel=1e-12)


def test_a_key_of_their_own_tells_how_common_all_answers_are() -> None:
    columns, numbers = ["(Intercept)", "comorbidity=yes"], [[-4.5, 0.1], [-5.0, 0.0]]
    told = neutral(key="K50", columns=columns, coefficients=numbers, answers={"comorbidity": SHARES})
    assert from_neutral(told, {})["K50"].names == ("comorbidity",)
    for answers in ({}, {"comorbidity": {"yes": 1.0}}, {"comorbidity": {"no": 0.5, "yes": 0.1}}):
        with pytest.raises(ModelFileFault):
            from_neutral(neutral(key="K50", columns=columns, coefficients=numbers, answers=answers), {})


@pytest.mark.parametrize(
    "change",
    [
        {"columns": ["(Intercept)", "Sex=Female", "NoCareAtStart=CareAtStart"]},
        {"columns": ["(Intercept)", "comorbidity=yes", "NoCareAtStart=CareAtStart"]},
        {"columns": ["(Intercept)", "Sex=Male", "Shoe=42"]},
        {"columns": ["Sex=Male", "Region=Nord", "NoCareAtStart=CareAtStart"]},
        {"coefficients": [[-4.5, 0.1, -0.3]]},
        {"coefficients": [[99.0, 0.1, -0.3], [-5.0, 0.0, -0.1]]},
        {"breaks": [10, 90, 365]},
        {"breaks": None},
        {"breaks": [15, 90, 300]},
        {"answers": {"Sex": None}},
        {"key": "K509"},
    ],
)
def test_a_wrong_one_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ModelFileFault):
        from_neutral(neutral(**change), {"M17": shipped_set().model("M17")})


def test_the_verbs(tmp_path: Path) -> None:
    def run(*words: str) -> int:
        return CliRunner().invoke(app, ["models", *words, "--folder", str(tmp_path / "here")]).exit_code

    source = tmp_path / "other.json"
    source.write_text(json.dumps(neutral()), encoding="utf-8")
    assert run("import", str(source), "--by", "anna") == 0
    assert run("import", str(source), "--by", "anna") == 1
    assert run("activate", "other", "1", "--by", "anna") == 1
    assert run("activate", "other", "1", "--by", "bo") == 0
    assert load_set(tmp_path / "here" / "other-1").match("M171").key == "M17"
    assert run("rollback", "--by", "bo") == 0
    assert run("rollback", "--by", "bo") == 1
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(neutral(breaks=[1, 2, 3])), encoding="utf-8")
    assert run("import", str(broken), "--by", "anna", "--name", "x") == 1
    assert sorted(one.name for one in (tmp_path / "here").iterdir()) == ["other-1", "register.json"]

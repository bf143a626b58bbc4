"""Rows in and out: the schema, faults by row and column, scoring with holes, the verbs that use them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from risk.columns import LEVELS
from risk.model_set import load_set, shipped_set
from risk.score_rows import survival_of_rows
from risk.training.persons import simulated_persons
from risk.training.rows import BadRows, in_rows, read_rows
from risk.training.splits import by_person, by_time
from risk.unknowns import person_curve
from smart_app.cli.verbs import app

AGAINST = ("--against", "simulated-2026", "--json")
OTHERS = ("simulated-2026 1", "sensitive-unanswered", "national-2017")
GOOD: dict[str, str] = {
    "person": "p1",
    "start": "2024-01-01",
    "icd10": "M54.5",
    **{name: levels[0] for name, levels in LEVELS.items()},
    "days": "40",
    "ended": "1",
}


def text(*rows: dict[str, str], header: Sequence[str] = tuple(GOOD)) -> list[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([[row.get(name, "") for name in header] for row in rows])
    return out.getvalue().splitlines(keepends=True)


def test_a_good_row_is_read() -> None:
    found = read_rows(text(GOOD, {**GOOD, "person": "p2", "icd10": "K509"}))
    assert found.rows.keys.tolist() == ["M545"]
    assert found.no_key == {"K50": 1}
    assert found.rows.days.tolist() == [40]
    assert (found.rows.codes == 0).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("days", "-3"),
        ("days", "14"),
        ("days", "40.5"),
        ("days", ""),
        ("ended", "maybe"),
        ("start", "2024-02-30"),
        ("icd10", "???"),
        ("person", " "),
        ("Sex", "female"),
        ("SA_ExtentFirst", "100"),
    ],
)
def test_a_wrong_value_is_named_with_row_and_column(column: str, value: str) -> None:
    with pytest.raises(BadRows) as wrong:
        read_rows(text(GOOD, {**GOOD, "person": "p2", column: value}))
    assert [(fault.row, fault.column) for fault in wrong.value.faults] == [(2, column)]


def test_a_person_in_two_places_at_once_is_named() -> None:
    with pytest.raises(BadRows) as wrong:
        read_rows(text(GOOD, {**GOOD, "start": "2024-01-20"}, {**GOOD, "person": "p2"}))
    assert [(fault.row, fault.column) for fault in wrong.value.faults] == [(2, "person")]
    assert len(read_rows(text(GOOD, {**GOOD, "start": "2024-02-20"})).rows) == 2


def test_a_column_that_is_missing_or_not_in_the_schema_is_refused() -> None:
    with pytest.raises(BadRows) as wrong:
        read_rows(text(GOOD, header=[*GOOD, "return_date"]))
    assert [(fault.row, fault.column) for fault in wrong.value.faults] == [(0, "return_date")]
    with pytest.raises(BadRows) as wrong:
        read_rows(text(GOOD, header=[name for name in GOOD if name != "Sex"]))
    assert [fault.column for fault in wrong.value.faults] == ["Sex"]


def test_a_column_that_knows_the_future_is_named() -> None:
    rows = []
    for number in range(400):
        longer = number % 2 == 0
        rows.append({**GOOD, "person": f"p{number}", "days": "200" if longer else "30"})
        rows[-1]["SA_ExtentFirst"] = "0.5" if longer else "1"
    with pytest.raises(BadRows) as wrong:
        read_rows(text(*rows))
    assert [(fault.row, fault.column) for fault in wrong.value.faults] == [(None, "SA_ExtentFirst")]


def test_simulated_persons_can_be_read_and_split() -> None:
    block = next(simulated_persons(3000, 4))
    lines = ["\t".join(line) for line in in_rows(block)]
    assert len(lines) == len(block.rows) + 1
    out = io.StringIO()
    csv.writer(out).writerows(in_rows(block))
    again = read_rows(io.StringIO(out.getvalue()))
    assert np.array_equal(again.rows.codes, block.rows.codes)
    assert np.array_equal(again.rows.days, block.rows.days)
    assert len(set(again.persons)) < len(again.persons)
    fit_on, held_out = by_person(again, held_out=0.25, seed=1)
    assert len(fit_on) + len(held_out) == len(again.rows)
    assert 0.2 < len(held_out) / len(again.rows) < 0.3
    before, after = by_time(again, date(2022, 7, 1))
    assert len(before) > len(after) > 100


def test_rows_with_holes_score_as_one_by_one() -> None:
    model = shipped_set().model("F43")
    random = np.random.default_rng(3)
    sizes = [len(levels) for levels in model.columns.values()]
    codes = np.array([[random.integers(-1 if random.random() < 0.4 else 0, size) for size in sizes] for _ in range(60)])
    codes[0], codes[1] = -1, 0
    own = random.integers(15, 366, 60)
    found = survival_of_rows(model, codes, (30, 90, 365), own)
    assert np.array_equal(found[:, :3], survival_of_rows(model, codes, (30, 90, 365)))
    for row, shares, day in zip(codes, found, own, strict=True):
        curve = person_curve(model, [None if code < 0 else int(code) for code in row])
        assert shares == pytest.approx([curve.at(day) for day in (30, 90, 365, int(day))], rel=1e-10)


def test_rows_on_a_day_of_the_case_say_what_one_case_says(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "scored.csv"
    said = [("F32", "", "Male"), ("F32", "100", "Male"), ("K509", "200", ""), ("F438A", "364", "Female")]
    said += [("F32", "365", ""), ("F32", "9", "Male"), ("F32", "0", ""), ("F32", "1e2", ""), ("F602", "40", "")]
    rows.write_text("icd10,day,Sex\n" + "".join(f"{','.join(one)}\n" for one in said), encoding="utf-8")
    assert run("risk", "--rows", str(rows), "--out", str(out))[0] == 1, "two rows have no day"
    with out.open(encoding="utf-8") as lines:
        scored = list(csv.DictReader(lines))
    for (diagnosis, day, sex), row in zip(said, scored, strict=True):
        if day in ("0", "1e2"):
            assert {row[name] for name in row if name != "row"} == {""}
            continue
        asked = ("--sex", sex.lower()) if sex else ()
        alone = json.loads(run("risk", "--diagnosis", diagnosis, "--day", day or "15", *asked, "--json")[1])
        for name in ("p90", "p180", "p365"):
            share = alone["risk"][name]["share"]
            assert row[name] == "" if share is None else float(row[name]) == pytest.approx(share, abs=6e-5)
        start = {point["day"]: point["share"] for point in alone["curve_from_day_15"]}
        assert float(row["p180_given90"]) == pytest.approx(start[180] / start[90], abs=4e-4)


def test_one_case_has_its_curve_from_its_day_and_the_country_beside() -> None:
    late = json.loads(run("risk", "--diagnosis", "F438A", "--day", "100", "--json")[1])
    assert late["curve"][0] == {"day": 100, "share": 1.0}
    assert {point["day"]: point["share"] for point in late["curve"]}[180] == late["risk"]["p180"]["share"]
    assert late["curve_from_day_15"][0] == {"day": 15, "share": 1.0}
    assert late["national"]["group"]["key"] == "F43"
    assert late["national"]["risk"]["p180"]["share"] != late["group_risk"]["p180"]["share"]
    assert "Social Insurance Agency" in late["national"]["source"]
    assert late["percentile"]["p180"] == {**late["percentile"]["p180"], "share": None, "placed": False}
    asks = ("risk", "--diagnosis", "M54.5", "--day", "10", "--json")
    free = json.loads(run(*asks)[1])["guideline"]
    assert free["answers"] == {"guideline_workload": ["lätt belastning", "hög belastning"]}
    light = json.loads(run(*asks, "--answer", "guideline_workload=lätt belastning")[1])["guideline"]
    assert (free["days_over"], light["days_over"], light["longest_days"]) == (None, 3, 7)
    assert run(*asks, "--answer", "guideline_severity=lindrig")[0] == 2
    over = json.loads(run("risk", "--diagnosis", "F438A", "--day", "370", "--json")[1])
    assert (over["curve"], over["figures_until"], over["intervals"]) == ([], 365, None)
    assert "no figure: the figures reach to day 365" in run("risk", "--diagnosis", "F438A", "--day", "370")[1]
    assert json.loads(run("risk", "--diagnosis", "K509", "--json")[1])["national"] is None


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout


def test_simulate_train_evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("risk.training.strength.ENOUGH_PER_KEY", 0)  # the test in time chooses a strength
    rows, models = tmp_path / "made" / "rows.csv", tmp_path / "models"
    code, said = run("simulate", "--patients", "8000", "--seed", "2", "--out", str(rows.parent), "--json")
    assert code == 0
    assert json.loads(said)["written"]["rows.csv"] > 8000
    rows.write_text(rows.read_text().replace(",F41,", ",K50.9,", 3).replace(",R53,", ",B34,", 1))
    code, said = run("train", "--rows", str(rows), "--out", str(models), "--name", "region-x", *AGAINST)
    assert code == 0
    found = json.loads(said)
    assert {"F32", "F43", "M54"} <= set(found["keys"])
    assert found["no_key"] == {"K50": 3, "B34": 1}
    cost = found["without_sensitive"]["90"]
    assert cost["with"] - cost["without"] == pytest.approx(cost["difference"][0], abs=2e-4)
    assert cost["difference"][1] < cost["difference"][0] < cost["difference"][2]
    assert load_set(models).id == "region-x"
    assert load_set(models).simulated, "fitted on made-up persons"
    kept = json.loads((models / "evaluation.json").read_text(encoding="utf-8"))
    assert set(kept["overall"]) == {"region-x", "without-sensitive", *OTHERS}
    assert "Fitted on made-up cases" in (models / "report.html").read_text(encoding="utf-8")
    assert {path.stem for path in (models / "cards").iterdir()} == {"README", *found["keys"]}
    report = tmp_path / "report.html"
    code, said = run("evaluate", "--rows", str(rows), "--models", str(models), "--report", str(report), *AGAINST)
    assert code == 0
    measured = json.loads(said)
    overall = measured["overall"]
    assert set(overall) == {"region-x", *OTHERS}
    assert overall["region-x"]["90"]["auc"][0] > overall["national-2017"]["90"]["auc"][0] + 0.02
    assert overall["region-x"]["integrated_brier"] < overall["national-2017"]["integrated_brier"]
    assert measured["fitted_on_these"]
    assert measured["no_key"] == {"K50": 3, "B34": 1}
    assert "the figures flatter it" in report.read_text(encoding="utf-8")


def test_trained_on_what_was_known_and_measured_on_what_came(tmp_path: Path) -> None:
    rows, models = tmp_path / "made" / "rows.csv", tmp_path / "models"
    assert run("simulate", "--patients", "5000", "--seed", "2", "--out", str(rows.parent), "--json")[0] == 0
    common = ("--rows", str(rows), *AGAINST)
    code, said = run("train", *common, "--out", str(models), "--version", "7", "--split-on", "2022-01-01")
    assert code == 0
    found = json.loads(said)
    kept = json.loads((models / "evaluation.json").read_text(encoding="utf-8"))
    assert kept["rows"]["first_start"] >= "2022-01-01"
    assert kept["made"]["split_on"] == "2022-01-01"
    assert load_set(models).version == "7"
    assert run("train", *common, "--out", str(models))[0] == 1, "the folder holds a set"
    assert run("train", *common, "--out", str(tmp_path / "other"), "--name", "national-2017")[0] == 2
    assert found["held_out"] > 1000
    code, said = run("evaluate", *common, "--models", str(models), "--since", "2022-01-01", "--cards", str(tmp_path))
    later = json.loads(said)
    assert code == 0
    assert not later["fitted_on_these"]
    assert later["rows"]["first_start"] >= "2022-01-01"
    assert (tmp_path / "README.md").exists()
    assert json.loads(run("evaluate", *common, "--models", str(models))[1])["fitted_on_these"]
    assert run("evaluate", *common, "--models", str(models), "--since", "2031-01-01")[0] == 1


def test_a_level_that_only_long_cases_have_is_named() -> None:
    """Asked on day 120 and empty before: rare enough to hide in an AUC."""
    rows = [
        {**GOOD, "person": f"p{number}", "days": "200" if number % 3 == 0 else "40", "comorbidity": ""}
        for number in range(1200)
    ]
    for row in rows[:360:3]:
        row["comorbidity"] = "yes"
    with pytest.raises(BadRows) as wrong:
        read_rows(text(*rows))
    assert [(fault.row, fault.column) for fault in wrong.value.faults] == [(None, "comorbidity")]


def told_afterwards() -> list[dict[str, str]]:
    """Rows in which the degree at the start was filled in when the end was known."""
    return [
        {**GOOD, "person": f"p{number}", "days": days, "SA_ExtentFirst": degree}
        for number in range(400)
        for days, degree in ((("200", "0.5"), ("30", "1"))[number % 2],)
    ]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([GOOD, {**GOOD, "person": "p2", "days": "-1"}], (), "row 2, column days: '-1' is no number of days"),
        ([GOOD, {**GOOD, "person": "p2", "Region": "Gotland"}], (), "row 2, column Region: 'Gotland' is none of"),
        ([GOOD, GOOD], (), "row 2, column person: overlaps the case of the same person in row 1"),
        ([GOOD], ("return_date",), "header, column return_date: not in the schema"),
        (told_afterwards(), (), "all rows, column SA_ExtentFirst: tells the length"),
    ],
)
@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_bad_rows_are_named_and_nothing_is_written(
    tmp_path: Path, verb: str, rows: list[dict[str, str]], header: tuple[str, ...], said: str
) -> None:
    file, out = tmp_path / "rows.csv", tmp_path / "out"
    file.write_text("".join(text(*rows, header=[*GOOD, *header])), encoding="utf-8")
    rest = ("--out", str(out)) if verb == "train" else ("--models", "simulated-2026", "--report", str(out))
    result = CliRunner().invoke(app, [verb, "--rows", str(file), *rest])
    assert result.exit_code == 1
    assert f"nothing was {'trained' if verb == 'train' else 'measured'}" in result.stderr
    assert said in result.stderr
    assert not out.exists()


def test_risk_of_one_case_and_of_rows(tmp_path: Path) -> None:
    code, said = run(
        "risk",
        "--diagnosis",
        "M54.5",
        "--sex",
        "male",
        "--age",
        "50",
        "--day",
        "30",
        "--json",
        "--model",
        "simulated-2026",
        "--answer",
        "SA_SyssStart_fct=unemp",
    )
    assert code == 0
    found = json.loads(said)
    assert found["risk"]["p90"]["share"] > found["group_risk"]["p90"]["share"]
    assert (
        found["intervals"]["p90"]["unanswered"][0]
        < found["risk"]["p90"]["share"]
        < found["intervals"]["p90"]["unanswered"][1]
    )
    assert [row["column"] for row in found["contributions"]] == ["Sex", "age_cat_fct", "SA_SyssStart_fct", "unanswered"]
    rows, out = tmp_path / "in.csv", tmp_path / "out.csv"
    rows.write_text(
        "row,icd10,Sex,age_cat_fct,SA_SyssStart_fct\na,M545,Male,50-56,unemp\nb,K509,,,\nc,F602,,,\nd,F32,X,,\n"
    )
    code, said = run("risk", "--rows", str(rows), "--out", str(out), "--model", "simulated-2026", "--json")
    assert code == 1
    told = json.loads(said)
    assert (sum(one["rows"] for one in told["answered_by"]), told["without_figures"]) == (3, 1)
    lines = list(csv.DictReader(out.open()))
    assert float(lines[0]["p90_given30"]) == pytest.approx(found["risk"]["p90"]["share"], abs=1e-4)
    assert [line["row"] for line in lines if line["p90"]] == ["a", "b", "c"]
    assert run("risk", "--diagnosis", "F32", "--answer", "shoe=42", "--model", "simulated-2026")[0] == 2
    assert run("risk", "--diagnosis", "F32", "--model", str(tmp_path))[0] == 1


def test_a_column_that_was_meant_is_refused_and_others_are_told(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    rows.write_text("icd10,sex,SA_1_gros\nF32,Female,0\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["risk", "--rows", str(rows), "--out", str(out)])
    assert refused.exit_code == 1
    assert "column sex is not known (did you mean Sex?)" in refused.stderr
    assert "did you mean SA_1_gross?" in refused.stderr
    assert not out.exists()
    rows.write_text("icd10,Sex,remark\nF32,Female,x\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["risk", "--rows", str(rows), "--out", str(out)])
    assert told.exit_code == 0
    assert told.stderr.splitlines()[0] == f"{rows}: not used: remark"
    assert "1 rows answered by simulated-2026 1: Fitted on made-up cases" in told.stderr

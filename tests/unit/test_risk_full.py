"""The long proofs of the risk models against what they must be; `make full` runs them and writes docs/measured."""

from __future__ import annotations

import pytest

from risk.model_set import shipped_set

pytestmark = pytest.mark.full


def test_levels_are_the_national_ones() -> None:
    from bench.full_risk import run

    assert run("levels")["largest_difference"] <= 0.01


def test_effects_and_reference_profiles_are_those_of_the_tables() -> None:
    from bench.full_risk import run

    found = run("tables")
    assert found["effects"]["mean_abs_points"] <= 3
    assert found["effects"]["largest_points"] <= 12
    assert found["reference"]["median_abs"] <= 0.03
    assert found["reference"]["largest_but_M17"] <= 0.07
    assert found["reference"]["largest_M17"] <= 0.15


def test_calibrated_and_as_sharp_as_the_truth() -> None:
    from bench.full_risk import run

    found = run("accuracy")
    for horizon in ("slope_90", "slope_180", "slope_365"):
        assert 0.95 <= found[horizon][0] <= found[horizon][1] <= 1.05
    assert found["auc_behind_truth_90"] <= 0.01
    assert found["auc_ahead_of_truth_90"] <= 0.01
    truth = found["auc_truth_90"]
    assert 0.56 <= truth["min"] <= truth["max"] <= 0.74
    assert 0.59 <= truth["median"] <= 0.65


def test_what_is_served_is_what_was_fitted() -> None:
    from bench.full_risk import run

    found = run("served")
    assert found["largest_difference"] <= 1e-9
    assert found["largest_difference_of_the_shipped_files"] <= 1e-9


def test_intervals_hold_the_truth_nine_times_of_ten() -> None:
    from bench.full_risk import run

    assert all(0.87 <= row["coverage"] <= 0.93 for row in run("coverage")["rows"])


def test_a_changed_effect_is_found() -> None:
    from bench.full_risk import run

    assert all(abs(row["fitted_after"] - row["simulated_after"]) < 3 for row in run("moved")["rows"])


def test_another_form_of_truth_is_reported() -> None:
    from bench.full_risk import run

    assert all(0.8 < row["90"]["slope"] < 1.25 for row in run("misspecified")["rows"])


def test_the_shipped_set_is_evaluated_like_any_other() -> None:
    from bench.full_risk import run

    found = run("shipped")
    assert set(found["keys"]) == set(shipped_set().listed)
    assert found["differences"]["national-2017"]["90"]["auc"][1] > 0


def test_a_million_persons_take_no_more_memory_than_a_hundred_thousand() -> None:
    from bench.full_risk import run

    found = run("million")
    for form in ("rows", "fhir"):
        few, *more = found[form].values()
        assert all(many["peak_memory_mb"] < 1.15 * few["peak_memory_mb"] for many in more)
    assert found["fhir"]["1000000"]["written"]["Patient"] == 1_000_000


def test_holes_cost_certainty_and_bend_nothing() -> None:
    from bench.full_risk import run

    found = run("holes")
    for row in found["rows"]:
        assert 0.95 <= row["slope_with_holes"] <= 1.05, row
        assert row["effects_off_complete_rows"]["mean_points"] <= 0.5
        assert row["effects_off_complete_rows"]["largest_points"] <= 2
    assert 0.87 <= found["coverage"]["coverage"] <= 0.93


def test_what_a_region_does_from_rows_to_report() -> None:
    from bench.full_risk import run

    found = run("region")
    assert found["models"] >= 30
    for sides in (found, found["with_holes"]):
        named = {"held_out_by_person", "held_out_in_time", "fresh_cases"} & set(sides)
        assert all(0.9 <= sides[name]["day_90"]["slope"][0] <= 1.1 for name in named), named
    assert {"edu_cat_fct", "birth_cat_fct"} <= set(found["with_holes"]["not_used"]["F32"])
    for held_out in ("held_out_by_person", "held_out_in_time", "fresh_cases"):
        _, low, high = found[held_out]["day_90"]["intercept"]
        assert low - 0.1 < 0 < high + 0.1
    assert found["difference_on_fresh_cases"]["national-2017"]["90"]["auc"][1] > 0


def test_one_row_explained_costs_little_more_than_numpy() -> None:
    from bench.full_risk import run

    explained, six_unknown, _page, curves, _holes = run("bench")["figures"]
    assert explained["ratio"] <= 10
    assert six_unknown["ours_ms"] < 1
    assert curves["ratio"] <= 3


def test_on_public_data_no_worse_than_lifelines() -> None:
    from bench.public_data import WAYS, run

    for found in run()["sets"].values():
        others = [found[name] for name in WAYS if name != "ours"]
        assert found["ours"]["c_index"] >= max(one["c_index"] for one in others) - 0.01
        assert found["ours"]["brier"] <= min(one["brier"] for one in others) + 0.002

"""Was it right: what is seen against what was said, with cases that still run and cases found late never left out."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from risk.certificates_to_cases import MAX_GAP_DAYS
from risk.follow_up.cases import KNOTS, Cases, Followed, columns
from risk.follow_up.compare import by_day, compared, share_at
from risk.follow_up.drift import Ends, alarms, by_quarter, drift_rules

DAY_1 = date(2026, 1, 1)
HAZARD = 0.01


def shares(hazard: float = HAZARD) -> tuple[float, ...]:
    return tuple((1 - hazard) ** (day - 15) for day in KNOTS)


def one(length: int, *, made: int = 1, followed: int = 400, hazard: float = HAZARD) -> Followed:
    """A case of so many days, predicted on day `made`; it is settled until day `followed` whether it ran."""
    read_on = DAY_1 + timedelta(days=followed - 1 + MAX_GAP_DAYS + 1)
    return Followed(DAY_1, made, shares(hazard), DAY_1 + timedelta(days=length - 1), read_on, {})


def test_ended_running_and_lost() -> None:
    ended, runs, between = one(40, followed=41), one(40, followed=30), one(40, followed=40)
    assert [case.ended for case in (ended, runs, between)] == [True, False, False]
    assert [case.last for case in (ended, runs, between)] == [40, 30, 40]
    later = DAY_1 + timedelta(days=90)
    assert [case.lost(later) for case in (ended, runs, between)] == [False, True, True]


def test_the_product_limit_by_hand() -> None:
    # Day 20: four at risk (the one found on day 30 is not), one ends. Day 40: of four left at risk one ends; the one
    # followed to day 35 counted until then.
    cases = columns([one(20), one(40), one(500), one(500, followed=35), one(500, made=30)])
    days = by_day(cases, 90)
    assert (days.at_risk[5], days.ends[5], days.at_risk[25], days.ends[25]) == (4, 1, 3, 1)
    found = compared(cases, 90)
    assert found.observed == pytest.approx(3 / 4 * 2 / 3)
    assert found.expected == pytest.approx((1 - HAZARD) ** 75)
    assert (found.cases, found.ended, found.reached, found.ends) == (5, 2, 2, 2)
    at_risk_days = (20 - 15 + 1) + (40 - 15 + 1) + 75 + (35 - 15) + (90 - 30)
    assert found.ends_expected == pytest.approx(at_risk_days * HAZARD)


def test_cases_that_were_all_found_late_count_from_then() -> None:
    found = compared(columns([one(500, made=80), one(85, made=80), one(60, made=40), one(500, made=70)] * 5), 90)
    assert (found.from_day, found.observed) == (40, 0.0)  # the only ones seen so early ended
    found = compared(columns([one(500, made=80), one(85, made=80), one(60, made=40)] + [one(500, made=70)] * 5), 90)
    assert found.from_day == 70
    assert found.observed == pytest.approx(6 / 7)
    assert found.expected == pytest.approx((1 - HAZARD) ** 20)


def test_nobody_followed_so_far_is_unknown_and_not_nought() -> None:
    found = compared(columns([one(500, followed=60), one(30)]), 90)
    assert (found.observed, found.expected, found.ratio, found.brier) == (None, None, None, None)
    assert found.ends == 1


def test_when_all_have_ended_the_share_is_nought_and_the_expected_one_goes_on() -> None:
    found = compared(columns([one(20), one(25)]), 90)
    assert (found.observed, found.ratio) == (0.0, None)
    assert found.expected == pytest.approx((1 - HAZARD) ** 75)


def test_a_prediction_made_after_the_horizon_or_before_an_early_end_does_not_count() -> None:
    assert compared(columns([one(500, made=90), one(10), one(500, made=120)]), 90).cases == 0


def test_brier_counts_known_outcomes() -> None:
    found = compared(columns([one(500), one(30)]), 90)
    said = (1 - HAZARD) ** 75
    assert found.brier == pytest.approx(((1 - said) ** 2 + said**2) / 2)


def test_shares_between_knots_and_after_a_given_day() -> None:
    cases = columns([one(500), one(500, made=50)])
    assert share_at(cases, 97) == pytest.approx([(1 - HAZARD) ** 82] * 2)
    assert share_at(cases, cases.entry) == pytest.approx([1.0, (1 - HAZARD) ** 35])


def test_the_last_days_before_a_reading_are_no_drift() -> None:
    random = np.random.default_rng(7)
    rows = []
    for _ in range(6000):
        since = DAY_1 + timedelta(days=int(random.integers(0, 200)))
        until = since + timedelta(days=13 + int(random.geometric(HAZARD)))
        rows.append(Followed(since, 1, shares(), until, DAY_1 + timedelta(days=200), {}))
    found = by_quarter(columns([one for one in rows if one.last >= 15]))
    assert all(one.ratio and one.ratio[1] < 1.02 and one.ratio[2] > 0.98 for one in found)
    newest = found[-1]
    assert newest.level == "2026 Q3"
    assert abs(newest.seen - newest.expected) < 2.5 * math.sqrt(newest.expected)


def drawn(number: int, true: float, said: float, seed: int) -> Cases:
    """Cases with a constant true hazard, found on various days and followed for various times."""
    random = np.random.default_rng(seed)
    made = random.integers(1, 120, number)
    lengths = 14 + random.geometric(true, number)
    followed = made + random.integers(0, 300, number)
    rows = [
        one(int(length), made=int(day), followed=int(seen), hazard=said)
        for length, day, seen in zip(lengths, made, followed, strict=True)
        if length >= day
    ]
    return columns(rows)


def test_a_true_model_is_found_true_however_late_and_however_short_cases_are_seen() -> None:
    found = compared(drawn(8000, HAZARD, HAZARD, 4), 90)
    assert found.ratio is not None
    assert found.ends_ratio is not None
    assert found.ratio[0] == pytest.approx(1, abs=0.04)
    assert found.ratio[1] < 1 < found.ratio[2]
    assert found.ends_ratio[1] < 1 < found.ends_ratio[2]
    assert found.observed == pytest.approx((1 - HAZARD) ** 75, abs=0.02)


def test_a_model_that_says_too_long_is_found_out() -> None:
    found = compared(drawn(8000, 1.25 * HAZARD, HAZARD, 5), 90)
    assert found.ratio is not None
    assert found.ends_ratio is not None
    assert found.ratio[2] < 1
    assert found.ends_ratio[0] == pytest.approx(1.25, abs=0.07)


def test_quarters_are_those_in_which_the_ends_came() -> None:
    cases = columns([one(80), one(100), one(500, followed=100)])
    found = by_quarter(cases)
    assert [(row.level, row.seen) for row in found] == [("2026 Q1", 1), ("2026 Q2", 1)]
    days_at_risk = 66 + 86 + (99 - 14)
    assert sum(row.expected for row in found) == pytest.approx(days_at_risk * HAZARD)
    assert [row.cases for row in found] == [3, 2]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([100, 100, 100], []),
        ([100, 131, 100], [("one-quarter", "2", True)]),
        ([100, 69, 100], [("one-quarter", "2", False)]),
        ([121, 122, 100], [("two-quarters", "2", True)]),
        ([121, 79, 121], []),
        ([121, 100, 121], []),
    ],
)
def test_the_rules_of_drift(seen: list[int], said: list[tuple[str, str, bool]]) -> None:
    found = alarms("quarter", [Ends(str(place), 500, one, 100.0) for place, one in enumerate(seen, start=1)])
    assert [(one.rule.id, one.level, one.more) for one in found] == said


def test_what_is_sure_but_small_or_large_but_unsure_is_no_drift() -> None:
    assert alarms("quarter", [Ends("1", 90_000, 10_500, 10_000.0)]) == ()  # five standard errors, five percent
    assert alarms("quarter", [Ends("1", 40, 19, 5.0)]) == ()  # fewer than the rule asks for
    assert [one.rule.id for one in alarms("diagnosis", [Ends("M54", 500, 145, 100.0)])] == ["one-diagnosis"]
    assert alarms("diagnosis", [Ends("M54", 500, 135, 100.0)]) == ()


def test_every_rule_is_read() -> None:
    assert {rule.by for rule in drift_rules()} == {"quarter", "diagnosis"}
    assert all(math.isfinite(rule.z) and rule.sv and rule.en for rule in drift_rules())

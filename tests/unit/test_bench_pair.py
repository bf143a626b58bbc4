"""The measuring itself: sides take turns, the ratio is right, the spread is told."""

from __future__ import annotations

import time

import pytest

from bench.carriage import ANSWER, carriage
from bench.pair import Pair, measure


def test_the_sides_take_turns_and_the_ratio_is_theirs() -> None:
    order: list[str] = []

    def slow() -> None:
        order.append("ours")
        time.sleep(0.02)

    def fast() -> None:
        order.append("against")
        time.sleep(0.005)

    figure = measure(Pair("planted", slow, fast, items=10, unit="things"), rounds=3, at_least_s=0.001)

    assert order[4:] == ["ours", "against"] * 3
    assert 2 < figure.ratio < 6
    assert 20 <= figure.ours_ms < 60
    assert 150 < figure.per_second <= 500
    assert figure.spread >= 0


def test_what_is_in_both_is_taken_from_both() -> None:
    figure = measure(
        Pair("planted", lambda: time.sleep(0.03), lambda: time.sleep(0.06), carriage=lambda: time.sleep(0.02)),
        rounds=3,
        at_least_s=0.001,
    )

    assert 0.4 < figure.ratio < 0.7
    assert figure.beyond_carriage == pytest.approx(0.25, abs=0.1)


def test_the_carriage_is_an_exchange_with_a_process_of_its_own() -> None:
    with carriage() as exchange:
        assert [exchange() for _ in range(3)] == [ANSWER.partition(b"\r\n\r\n")[2]] * 3

"""The measuring itself: sides take turns, the ratio is right, the spread is told."""

from __future__ import annotations

import time

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

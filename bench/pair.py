"""Two pieces of work measured against each other by taking turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

AT_LEAST_S = 0.2


@dataclass(frozen=True)
class Pair:
    """What is measured, and what it is held against.

    Attributes:
        name: the figure, in words.
        ours: the work that we answer for.
        against: the work that it is compared with (the floor, another way to do it).
        items: how many units one call of `ours` does; the rate is given per second of them.
        unit: their name, "" when a rate says nothing.
        carriage: the part that is in both and is no work of either, as the way there and back; None when there is none.
    """

    name: str
    ours: Callable[[], object]
    against: Callable[[], object]
    items: int = 1
    unit: str = ""
    carriage: Callable[[], object] | None = None


@dataclass(frozen=True)
class Figure:
    """A measured pair; times are for one call.

    Attributes:
        spread: half the range over the median, the wider side's.
        carriage_ms: what is in both and is no work of either; None when there is none.
        beyond_carriage: the ratio without it.
    """

    name: str
    ours_ms: float
    against_ms: float
    ratio: float
    spread: float
    per_second: float
    unit: str
    carriage_ms: float | None = None
    beyond_carriage: float | None = None

    def as_json(self) -> dict[str, float | str | None]:
        """The figure with its fields' names."""
        return asdict(self)


def calls_for(work: Callable[[], object], at_least_s: float) -> int:
    """How many calls one round needs to last long enough to be timed; the first call warms up."""
    work()
    began = time.perf_counter()
    work()
    return max(1, int(at_least_s / max(time.perf_counter() - began, 1e-7)))


def per_call_ms(work: Callable[[], object], calls: int) -> float:
    """Milliseconds for one call, over this many."""
    began = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - began) * 1000 / calls


def measure(pair: Pair, *, rounds: int = 7, at_least_s: float = AT_LEAST_S, warming: int = 0) -> Figure:
    """Both sides in turn, `rounds` times, after `warming` calls of each; medians, their ratio and the spread."""
    for _ in range(warming):
        pair.ours()
        pair.against()
    ours_calls, against_calls = calls_for(pair.ours, at_least_s), calls_for(pair.against, at_least_s)
    carried_calls = calls_for(pair.carriage, at_least_s) if pair.carriage else 0
    ours, against, carried = [], [], []
    for _ in range(rounds):
        ours.append(per_call_ms(pair.ours, ours_calls))
        against.append(per_call_ms(pair.against, against_calls))
        if pair.carriage:
            carried.append(per_call_ms(pair.carriage, carried_calls))
    way = median(carried) if carried else None
    return Figure(
        name=pair.name,
        ours_ms=median(ours),
        against_ms=median(against),
        ratio=median(a / b for a, b in zip(ours, against, strict=True)),
        spread=max(half_range(ours), half_range(against)),
        per_second=pair.items * 1000 / median(ours),
        unit=pair.unit,
        carriage_ms=way,
        beyond_carriage=None if way is None else (median(ours) - way) / (median(against) - way),
    )


def half_range(values: list[float]) -> float:
    """Half the distance from the smallest to the largest, over the median."""
    return (max(values) - min(values)) / 2 / median(values)

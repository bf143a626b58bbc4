"""The rehabilitation chain as an axis; early days are given more room (square root)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from smart_app.web.plots.marks import Label, anchor_at, percent

ROOM_DATE = 0.22
ROOM_DAY = 0.1
ROOM_STATION = 0.035


@dataclass(frozen=True, slots=True)
class Station:
    """One milestone: `state` is "done", "next" or "ahead"; `date` is "" where there is no room for it.

    `roomy` ones show their number in wide frames only.
    """

    x: str
    day: str
    date: str
    state: str
    anchor: str
    roomy: bool


@dataclass(frozen=True, slots=True)
class MilestonePlot:
    """The axis as drawn; `old_x` is where this case begins (earlier cases lie before), None when nothing does."""

    stations: tuple[Station, ...]
    old_x: str | None
    today_x: str
    today: Label
    title: str
    description: str


def draw_milestones(
    stations: Sequence[tuple[int, str]],
    *,
    chain_day: int,
    case_day: int,
    today_text: str,
    title: str,
    description: str,
) -> MilestonePlot | None:
    """The drawing.

    Args:
        stations: (chain day, date in words) ascending, passed ones included.
        chain_day: where the case is today.
        case_day: day of the case; smaller than `chain_day` when earlier cases count.

    Returns:
        None when there is no milestone to draw.
    """
    if not stations:
        return None
    last = max(stations[-1][0], chain_day)

    def place(day: int) -> float:
        return math.sqrt(day / last)

    following = next((day for day, _ in stations if day > chain_day), None)
    apart = _apart(stations, following, place)
    dated: list[float] = []
    drawn: list[Station] = []
    for day, date_text in sorted(apart, key=lambda one: (one[0] != following, -one[0])):
        part = place(day)
        fits = day > chain_day and all(abs(part - other) >= ROOM_DATE for other in dated)
        dated += [part] if fits else []
        state = "done" if day <= chain_day else "next" if day == following else "ahead"
        tight = day != following and any(0 < abs(part - place(other)) < ROOM_DAY for other, _ in apart if other < day)
        drawn.append(
            Station(percent(part), str(day), date_text if fits else "", state, anchor_at(part, edge=0.04), tight)
        )
    today = place(chain_day)
    return MilestonePlot(
        stations=tuple(sorted(drawn, key=lambda one: int(one.day))),
        old_x=percent(place(chain_day - case_day)) if chain_day > case_day else None,
        today_x=percent(today),
        today=Label(percent(today), today_text, anchor_at(today, edge=0.12), strong=True),
        title=title,
        description=description,
    )


def _apart(
    stations: Sequence[tuple[int, str]], following: int | None, place: Callable[[int], float]
) -> list[tuple[int, str]]:
    """The stations that can be told apart when drawn; the next one is always among them."""
    kept: list[tuple[int, str]] = []
    for day, text in sorted(stations, key=lambda one: (one[0] != following, one[0])):
        if all(abs(place(day) - place(other)) >= ROOM_STATION for other, _ in kept):
            kept.append((day, text))
    return sorted(kept)

"""The curve: of 100 on sick leave on one day, how many still are on each later day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smart_app.web.plots.marks import percent

STEP_FINE = 1
FINE_DAYS = 60
STEP = 3


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A horizon on the curve: its place, its number out of 100, and where its label hangs."""

    x: str
    y: str
    text: str
    anchor: str
    first: bool


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A day under the axis, with its date."""

    x: str
    day: str
    date: str
    anchor: str
    roomy: bool = False


@dataclass(frozen=True, slots=True)
class CurvePlot:
    """Paths in a box of 100 x 100, labels in percent.

    `group_path` is None when there is one curve only, `area_path` when no range is drawn.
    """

    path: str
    group_path: str | None
    area_path: str | None
    grid: str
    points: tuple[CurvePoint, ...]
    group_points: tuple[CurvePoint, ...]
    axis: tuple[AxisLabel, ...]
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class HorizonMark:
    """What to mark on the curve: day, share, number in words, date in words, the group's share when it differs."""

    day: int
    share: float
    text: str
    date: str
    group_share: float | None = None
    group_text: str = ""


def draw_curve(
    points: Sequence[tuple[int, float]],
    *,
    group: Sequence[tuple[int, float]] | None,
    area: Sequence[tuple[int, float, float]] = (),
    marks: Sequence[HorizonMark],
    start: tuple[str, str],
    title: str,
    description: str,
) -> CurvePlot | None:
    """The drawing of one curve from its first to its last day.

    Args:
        points: (day, share) ascending; the first share is 1.
        group: the same of the diagnosis; None when the one curve is the diagnosis's.
        area: (day, low, high) ascending, the range around the curve; empty for none.
        marks: horizons ahead.
        start: number and word under the first day.

    Returns:
        None when fewer than two days are left to draw.
    """
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    width = last - first

    def place(day: int) -> float:
        return (day - first) / width

    inside = [mark for mark in marks if first < mark.day <= last]
    dots = [
        CurvePoint(percent(place(m.day)), percent(1 - m.share), m.text, _side(place(m.day)), number == 0)
        for number, m in enumerate(inside)
    ]
    group_dots = [
        CurvePoint(percent(place(m.day)), percent(1 - m.group_share), m.group_text, "end", number == 0)
        for number, m in enumerate(inside)
        if m.group_share is not None
    ]
    axis = [AxisLabel("0", start[0], start[1], "start", roomy=True)]
    if inside and place(inside[0].day) < 0.1:
        axis = []
    axis += [AxisLabel(percent(place(m.day)), str(m.day), m.date, _hang(place(m.day))) for m in inside]
    return CurvePlot(
        path=_path(points, first, width),
        group_path=_path(group, first, width) if group else None,
        area_path=_area(area, first, width) if area else None,
        grid="".join(f"M{place(m.day) * 100:.2f} 0V100" for m in inside if m.day < last),
        points=tuple(dots),
        group_points=tuple(group_dots),
        axis=tuple(axis),
        title=title,
        description=description,
    )


def _area(area: Sequence[tuple[int, float, float]], first: int, width: int) -> str:
    there = [((day - first) / width * 100, (1 - high) * 100) for day, _, high in area]
    back = [((day - first) / width * 100, (1 - low) * 100) for day, low, _ in reversed(area)]
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in (*there, *back)) + "Z"


def _side(part: float) -> str:
    return "end" if part > 0.85 else "start"


def _hang(part: float) -> str:
    return "end" if part > 0.92 else "start" if part < 0.05 else "middle"


def _path(points: Sequence[tuple[int, float]], first: int, width: int) -> str:
    kept = [
        (day, share)
        for number, (day, share) in enumerate(points)
        if number % (STEP_FINE if day - first < FINE_DAYS else STEP) == 0 or number == len(points) - 1
    ]
    return "M" + "L".join(f"{(day - first) / width * 100:.2f} {(1 - share) * 100:.2f}" for day, share in kept)

"""The small curve of a list row; hidden from screen readers because the word and number beside it say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 58.0
HEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A path in a box of 58 x 20 and the dot on the horizon that the row speaks of."""

    path: str
    dot_x: str
    dot_y: str


def draw_sparkline(points: Sequence[tuple[int, float]], horizon: int | None) -> Sparkline | None:
    """The small drawing; None when there is nothing to draw."""
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    step = max(1, len(points) // 30)

    def place(day: int, share: float) -> tuple[float, float]:
        return (day - first) / (last - first) * WIDTH, 1 + (1 - share) * (HEIGHT - 1.5)

    kept = [*points[:-1:step], points[-1]]
    path = "M" + "L".join("{:.1f} {:.1f}".format(*place(day, share)) for day, share in kept)
    marked = next(((day, share) for day, share in points if horizon is not None and day >= horizon), points[-1])
    x, y = place(*marked)
    return Sparkline(path, f"{x:.1f}", f"{y:.1f}")

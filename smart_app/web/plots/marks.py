"""Parts that the drawings share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A text at `x` percent; `anchor` keeps it inside the frame."""

    x: str
    text: str
    anchor: str = "middle"
    strong: bool = False


def percent(part: float) -> str:
    """A share 0-1 of the frame as an SVG length."""
    return f"{part * 100:.2f}%"


def anchor_at(part: float, *, edge: float = 0.1) -> str:
    """Where a text hangs on its point so that it stays inside the frame."""
    return "start" if part < edge else "end" if part > 1 - edge else "middle"


def spread(wanted: list[tuple[float, str]], *, apart: float) -> list[tuple[float, str]]:
    """The texts that fit: in order of importance, none nearer than `apart` to one already placed; ascending."""
    placed: list[tuple[float, str]] = []
    for part, text in wanted:
        if all(abs(part - other) >= apart for other, _ in placed):
            placed.append((part, text))
    return sorted(placed)

"""Plots of an evaluation as SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

_LEFT, _TOP, _SIZE = 34, 8, 220
_COLOURS = ("#0b5394", "#b45f06", "#38761d", "#741b47", "#666666", "#999999")
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 4", "12 4")
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def calibration_plot(figures: Mapping[str, Any], title: str) -> str:
    """Risk said against share that came true, each class with its interval; empty when the cases were too few."""
    if "curve" not in figures:
        return ""
    marks = "".join(
        f'<line x1="{_x(said)}" x2="{_x(said)}" y1="{_y(low)}" y2="{_y(high)}" stroke="{_COLOURS[0]}"/>'
        f'<circle cx="{_x(said)}" cy="{_y(came)}" r="3.5" fill="{_COLOURS[0]}"/>'
        for said, came, low, high, _ in figures["curve"]
    )
    ideal = f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#999" stroke-dasharray="4"/>'
    words = f"{title}: mean risk said {figures['mean_risk']:.3f}, came true {figures['share_longer']:.3f}"
    return _figure(words, _axes(_SHARES, _SHARES) + ideal + marks, f"{title}: risk said (across), came true (up)")


def decision_plot(curve: Mapping[str, Sequence[float]], title: str) -> str:
    """Net benefit by threshold, one line per side; each side has its own colour and dashes."""
    sides = [name for name in curve if name != "threshold"]
    top = max([0.05, *(value for name in sides for value in curve[name])])

    def line(place: int, name: str) -> str:
        points = " ".join(
            f"{_x(at)},{_y(max(value, -0.1 * top) / top)}"
            for at, value in zip(curve["threshold"], curve[name], strict=True)
        )
        return (
            f'<polyline points="{points}" fill="none" stroke="{_COLOURS[place % len(_COLOURS)]}" stroke-width="2" '
            f'stroke-dasharray="{_DASHES[place % len(_DASHES)]}"/>'
        )

    lines = "".join(line(place, name) for place, name in enumerate(sides))
    up = tuple(round(share * top, 3) for share in (0.0, 0.5, 1.0))
    drawn = _axes(_SHARES, tuple(value / top for value in up), [f"{value:.2f}" for value in up]) + lines
    legend = "".join(
        f'<li><svg width="36" height="8" aria-hidden="true"><line x1="0" x2="36" y1="4" y2="4" stroke-width="2" '
        f'stroke="{_COLOURS[place % len(_COLOURS)]}" stroke-dasharray="{_DASHES[place % len(_DASHES)]}"/></svg> '
        f"{escape(name)}</li>"
        for place, name in enumerate(sides)
    )
    words = f"{title}: net benefit (up) of acting on those above a threshold (across)"
    return _figure(words, drawn, words, f'<ul class="legend">{legend}</ul>')


def forest_plot(rows: Iterable[tuple[str, Sequence[float | None]]], title: str) -> str:
    """Values with their intervals, one line each, on a common scale."""
    known = [(name, [one for one in values if one is not None]) for name, values in rows]
    known = [(name, values) for name, values in known if len(values) == 3]
    if not known:
        return ""
    least, most = min(min(values) for _, values in known), max(max(values) for _, values in known)
    width, step, begin = 150, 18, 178
    scale = width / max(most - least, 1e-6)
    lines = []
    for place, (name, (value, low, high)) in enumerate(known):
        up = 14 + place * step
        at = [round(begin + (one - least) * scale, 1) for one in (value, low, high)]
        lines.append(
            f'<text x="0" y="{up + 4}">{escape(name)}</text>'
            f'<line x1="{at[1]}" x2="{at[2]}" y1="{up}" y2="{up}" stroke="{_COLOURS[0]}" stroke-width="2"/>'
            f'<circle cx="{at[0]}" cy="{up}" r="3.5" fill="{_COLOURS[0]}"/>'
        )
    down = 14 + len(known) * step
    ends = f'<text x="{begin}" y="{down + 4}">{least:.2f}</text>'
    ends += f'<text x="{begin + width}" y="{down + 4}" text-anchor="end">{most:.2f}</text>'
    return _figure(title, "".join(lines) + ends, title, box=(begin + width + 6, down + 10))


def _axes(across: Sequence[float], up: Sequence[float], words: Sequence[str] | None = None) -> str:
    said = words or [f"{100 * one:g}" for one in up]
    drawn = [f'<path d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}" fill="none" stroke="#777"/>']
    drawn += [f'<text x="{_x(one)}" y="{_y(0) + 14}" text-anchor="middle">{100 * one:g}</text>' for one in across]
    drawn += [
        f'<text x="{_LEFT - 4}" y="{_y(one) + 4}" text-anchor="end">{word}</text>'
        for one, word in zip(up, said, strict=True)
    ]
    return "".join(drawn)


def _figure(words: str, inner: str, caption: str, below: str = "", box: tuple[float, float] | None = None) -> str:
    wide, high = box or (_LEFT + _SIZE + 14, _TOP + _SIZE + 30)
    return (
        f'<figure><figcaption>{escape(caption)}</figcaption><svg role="img" aria-label="{escape(words)}" '
        f'viewBox="0 0 {wide} {high}">{inner}</svg>{below}</figure>'
    )


def _x(share: float) -> float:
    return round(_LEFT + _SIZE * share, 1)


def _y(share: float) -> float:
    return round(_TOP + _SIZE * (1 - share), 1)

"""The evaluation as one HTML page that needs nothing else: tables and plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border-bottom:1px solid #ccc;padding:.2rem .7rem;"
    "text-align:right}th:first-child,td:first-child{text-align:left}.note{background:#fff4d6;padding:.6rem 1rem}"
    "svg{background:#fafafa;border:1px solid #ddd;margin:.3rem}figure{display:inline-block;margin:.3rem}"
)
_HORIZONS = ("90", "180", "365")


def report(found: dict[str, Any]) -> str:
    """HTML of what `risk.evaluation.measure.evaluated` gives."""
    models = found["models"]
    own = models["id"]
    note = (
        "Fitted on made-up cases. Not for clinical use until a region has trained and evaluated its own. Not CE-marked."
        if models["simulated"]
        else "Not CE-marked. Not for clinical use before the region has approved it."
    )
    parts = [
        f"<h1>Model set {escape(own)}, version {escape(models['version'])}</h1><p class=note>{note}</p>",
        "<h2>All diagnoses</h2>",
        _table(
            ("", "C-index", "Integrated Brier", *(f"AUC {day}" for day in _HORIZONS), "Slope 90", "Slope 365"),
            (_line(name, side) for name, side in found["overall"].items()),
        ),
        _plot_calibration(found["overall"][own]["90"], "Calibration, day 90"),
        _plot_calibration(found["overall"][own]["365"], "Calibration, day 365"),
        _plot_decision(found["decision"]),
        "<h2>Groups of people, day 90</h2>",
        _table(("", "Cases", "AUC (95 %)", "Slope (95 %)", "Mean risk", "Came true"), _people(found["people"])),
        _without(found.get("without_sensitive")),
        "<h2>Diagnoses</h2>",
        *(_card(key, sides, own) for key, sides in found["keys"].items()),
    ]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(own)}</title><style>{_STYLE}</style>"
        + "".join(parts)
    )


def _card(key: str, sides: dict[str, Any], own: str) -> str:
    heads = ("", "C-index", "Integrated Brier", *(f"AUC {day}" for day in _HORIZONS), "Slope 90", "Slope 365")
    table = _table(heads, (_line(name, side) for name, side in sides.items()))
    return f"<h3 id={escape(key)}>{escape(key)}, {sides[own]['cases']} cases</h3>{table}" + _plot_calibration(
        sides[own]["90"], f"{key}, day 90"
    )


def _line(name: str, side: dict[str, Any]) -> tuple[str, ...]:
    return (
        name,
        f"{side['c_index']:.3f}",
        f"{side['integrated_brier']:.4f}",
        *(_with_interval(side[day], "auc") for day in _HORIZONS),
        _with_interval(side["90"], "slope"),
        _with_interval(side["365"], "slope"),
    )


def _with_interval(figures: dict[str, Any], name: str) -> str:
    if name not in figures:
        return "too few"
    value, low, high = figures[name]
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def _people(found: dict[str, dict[str, Any]]) -> Iterable[tuple[str, ...]]:
    for column, levels in found.items():
        for level, side in levels.items():
            said = (f"{side.get('mean_risk', 0):.3f}", f"{side.get('share_longer', 0):.3f}")
            yield (
                f"{column} {level}",
                str(side["cases"]),
                _with_interval(side, "auc"),
                _with_interval(side, "slope"),
                *said,
            )


def _without(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    lines = ((f"day {day}", f"{one['with']:.4f}", f"{one['without']:.4f}") for day, one in found.items())
    return "<h2>Without birth country, education and region</h2>" + _table(("", "AUC with", "AUC without"), lines)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col>{escape(one)}" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in line) for line in lines)
    return f"<table><tr>{head}{body}</table>"


def _plot_calibration(figures: dict[str, Any], title: str) -> str:
    if "curve" not in figures:
        return ""
    dots = "".join(
        f"<circle cx={20 + 220 * said:.1f} cy={240 - 220 * came:.1f} r=4 fill=#0b5394 />"
        for said, came, _ in figures["curve"]
    )
    line = "<line x1=20 y1=240 x2=240 y2=20 stroke=#999 stroke-dasharray=4 />"
    words = f"{escape(title)}: said (across) and came true (up)"
    return f"<figure><figcaption>{words}</figcaption>{_svg(line + dots)}</figure>"


def _plot_decision(lines: list[list[float]]) -> str:
    def path(place: int, colour: str) -> str:
        points = " ".join(f"{20 + 220 * line[0]:.1f},{200 - 220 * max(line[place], -0.1):.1f}" for line in lines)
        return f"<polyline points='{points}' fill=none stroke={colour} stroke-width=2 />"

    axis = "<line x1=20 y1=200 x2=240 y2=200 stroke=#999 />"
    plot = _svg(axis + path(1, "#0b5394") + path(2, "#b45f06"))
    words = "Decision curve, day 90: net benefit by threshold; blue the model, brown acting on everyone"
    return f"<figure><figcaption>{words}</figcaption>{plot}</figure>"


def _svg(inner: str) -> str:
    return f"<svg width=260 height=260 role=img>{inner}</svg>"

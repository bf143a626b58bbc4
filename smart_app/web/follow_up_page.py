"""The follow-up as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from risk.result import HORIZONS
from risk.survival import FIRST_DAY
from smart_app.follow_up.words import Texts, asked, group_name, in_a_word, interval, left_out, texts

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:72rem;margin:1rem auto;padding:0 1rem;color:#1b1b1b}"
    "table{border-collapse:collapse}th,td{border-bottom:1px solid #767676;padding:.3rem .7rem;text-align:right}"
    "td{white-space:nowrap}figure{margin:1rem 0}th[scope=row],thead th:first-child{text-align:left}"
    ".wide{overflow-x:auto;margin:.5rem 0 1.5rem}"
    ".say{border-left:.4rem solid #1a6b3c;background:#eef7f1;padding:.6rem 1rem}"
    ".look{border-color:#a12622;background:#fdf0ef}svg{max-width:100%;height:auto}"
)
_PLOT_WIDTH, _PLOT_HEIGHT, _TOP = 640, 240, 2.0


def follow_up_page(found: Mapping[str, Any], language: str) -> str:
    """HTML of what `summary` gives, with what was asked under "asked"."""
    say = texts(language)
    title = escape(say["title"])
    parts = [f"<h1>{title}</h1><p>{escape(say['lead'])}</p><p>{escape(asked(found, say))}</p>"]
    verdict = "say look" if found["drift"] else "say"
    parts.append(f"<p class='{verdict}'><strong>{escape(in_a_word(found, language))}</strong></p>")
    parts += [_model(one, found["fewest"], say) for one in found["models"]]
    if found["left_out"]:
        parts.append(f"<p>{escape(left_out(found['left_out'], say))}</p>")
    parts.append(f"<p>{escape(say['limits'].format(fewest=found['fewest']))}</p>")
    return (
        f"<!doctype html><html lang={language}><head><meta charset=utf-8><title>{title}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _model(model: Mapping[str, Any], fewest: int, say: Texts) -> str:
    parts = [f"<h2>{escape(say['model'].format_map(model))}</h2><p>{escape(say['counts'].format_map(model))}</p>"]
    if model["not_read_since"]:
        parts.append(f"<p>{escape(say['lost'].format_map(model))}</p>")
    parts += [_horizon(model["groups"], day, fewest, say) for day in HORIZONS]
    if any(row["by"] == "opinion" for row in model["groups"]):
        parts.append(f"<p>{escape(say['opinion_note'])}</p>")
    heads = [say[f"head_{name}"] for name in ("quarter", "cases", "ends", "ends_expected", "ratio")]
    parts.append(f"<h3>{escape(say['quarters'])}</h3>{_plot(model['quarters'], say)}")
    parts.append(_table(heads, (_quarter(row, fewest, say) for row in model["quarters"])))
    return "".join(parts)


def _horizon(groups: Sequence[Mapping[str, Any]], day: int, fewest: int, say: Texts) -> str:
    names = ("group", "cases", "ended", "reached", "still", "observed", "expected", "ratio", "brier")
    heads = [say[f"head_{name}"] for name in names]
    lines = ([group_name(row, say), *_cells(row, f"p{day}", fewest, say)] for row in groups)
    return f"<h3>{escape(say['horizon'].format(day=day))}</h3>{_table(heads, lines)}"


def _cells(row: Mapping[str, Any], horizon: str, fewest: int, say: Texts) -> list[str]:
    found = row if row["suppressed"] else row[horizon]
    if found["suppressed"]:
        return [say["few"].format(fewest=fewest), *[""] * 7]
    counts = [str(found[name]) for name in ("cases", "ended", "reached", "still_followed")]
    if found["from_day"] > FIRST_DAY:
        counts[0] += f" {say['from_day'].format(day=found['from_day'])}"
    if found["observed"] is None:
        return [*counts, say["unknown"], "", "", ""]
    shares = [f"{100 * found[name]:.0f}" for name in ("observed", "expected")]
    return [*counts, *shares, interval(found["ratio"]), f"{found['brier']:.3f}" if found["brier"] is not None else ""]


def _quarter(row: Mapping[str, Any], fewest: int, say: Texts) -> list[str]:
    if row["suppressed"]:
        return [row["quarter"], say["few"].format(fewest=fewest), "", "", ""]
    counts = [str(row[name]) for name in ("cases", "ends", "ends_expected")]
    return [row["quarter"], *counts, interval(row["ends_ratio"])]


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col>{escape(one)}</th>" for one in heads)
    body = "".join(
        f"<tr><th scope=row>{escape(line[0])}</th>" + "".join(f"<td>{escape(one)}</td>" for one in line[1:]) + "</tr>"
        for line in lines
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class=wide tabindex=0 role=group aria-label='{escape(heads[0])}'>{table}</div>"


def _plot(quarters: Sequence[Mapping[str, Any]], say: Texts) -> str:
    """Ratio per quarter with its interval; what is above `_TOP` is cut there."""
    if not quarters:
        return ""
    step = _PLOT_WIDTH / len(quarters)
    marks = [f"<line x1=0 x2={_PLOT_WIDTH} y1={_high(1):.0f} y2={_high(1):.0f} stroke='#767676' stroke-dasharray=5 />"]
    for place, row in enumerate(quarters):
        across = (place + 0.5) * step
        if not row["suppressed"] and row["ends_ratio"]:
            ratio, low, high = row["ends_ratio"]
            marks.append(
                f"<line x1={across:.0f} x2={across:.0f} y1={_high(low):.0f} y2={_high(high):.0f} stroke='#0b5394'"
                f" stroke-width=2 /><circle cx={across:.0f} cy={_high(ratio):.0f} r=5 fill='#0b5394' />"
            )
        label = escape(row["quarter"])
        marks.append(f"<text x={across:.0f} y={_PLOT_HEIGHT - 4} text-anchor=middle font-size=13>{label}</text>")
    view = f"viewBox='0 0 {_PLOT_WIDTH} {_PLOT_HEIGHT}' width={_PLOT_WIDTH}"
    words = escape(say["plot"])
    drawn = f"<svg {view} role=img aria-label='{words}'>{''.join(marks)}</svg>"
    return f"<figure><figcaption>{words}</figcaption>{drawn}</figure>"


def _high(ratio: float) -> float:
    return (_PLOT_HEIGHT - 24) * (1 - min(ratio, _TOP) / _TOP)

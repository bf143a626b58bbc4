"""The evaluation as one HTML page that needs nothing else: tables and plots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from risk.diagnoses import group_name
from risk.evaluation.decision import EVERYONE
from risk.evaluation.plots import calibration_plot, decision_plot, forest_plot
from risk.evaluation.sides import NATIONAL_SIDE, REFITTED, UNANSWERED
from risk.factor_words import answer, question

HORIZONS = ("90", "180", "365")
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem;color:#1b1b1b;background:#fff}
h1,h2,h3{line-height:1.25;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:.5rem 0 1.5rem}.scroll:focus-visible{outline:3px solid #0b5394}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.caption{font-weight:600;margin:1rem 0 0}
th,td{border-bottom:1px solid #ccc;padding:.25rem .7rem .25rem 0;text-align:right;vertical-align:top;white-space:nowrap}
th[scope=row],thead th:first-child{text-align:left;white-space:normal;min-width:8rem}
.note{background:#fff4d6;padding:.6rem 1rem;border-left:4px solid #b45f06}
.plots{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;flex:0 1 20rem;min-width:0}
figcaption{font-size:.9rem}svg[role=img]{width:100%;height:auto;background:#fafafa;border:1px solid #ddd}
svg text{font:11px system-ui,sans-serif;fill:#333}.legend{list-style:none;padding:0;margin:.3rem 0;font-size:.9rem}
summary{cursor:pointer;padding:.3rem 0;font-weight:600}
@media print{details>*{display:block}.scroll{overflow:visible}}
"""
_SIDE_WORDS = {
    NATIONAL_SIDE: "National figures 2017",
    UNANSWERED: "This set, sensitive answers not told",
    REFITTED: "Fitted without the sensitive answers",
    EVERYONE: "Acting on everyone",
}
Found = Mapping[str, Any]


def report(found: Found) -> str:
    """HTML of what `risk.evaluation.measure.evaluated` gives."""
    own = found["models"]["id"]
    parts = [
        f"<h1>Model set {escape(own)}, version {escape(found['models']['version'])}</h1>",
        f'<p class="note">{_note(found)}</p>',
        f"<p>{_cases(found)}</p>",
        "<h2>All diagnoses</h2>",
        _figures(found["overall"], "All diagnoses together; 95 % intervals in brackets"),
        _differences(found),
        "<p>Sensitive: birth country, education and region. Not told, they are integrated over.</p>",
        _plots(found["overall"][own]),
        _decisions(found["decision"]),
        "<h2>Groups of people</h2>",
        *_people(found["people"], own),
        "<h2>By year in which the case began</h2>",
        _lines("This set, by year", ((year, sides[own]) for year, sides in found["started"].items())),
        "<h2>Diagnoses</h2>",
        *_fits(found.get("fits", {})),
        *_keys(found["keys"], own),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {escape(own)}</title><style>{_STYLE}</style></head><body><main>"
        + "".join(parts)
        + "</main></body></html>\n"
    )


def _note(found: Found) -> str:
    if found["models"]["simulated"]:
        return (
            "Fitted on made-up cases. Not for clinical use until a region has trained and evaluated its own. "
            "Not CE-marked."
        )
    return "Not CE-marked. Not for clinical use before the region has approved it."


def _cases(found: Found) -> str:
    rows = found["rows"]
    words = (
        f"Measured on {rows['cases']} cases of {rows['persons']} persons, begun {rows['first_start']} to "
        f"{rows['last_start']}; the end was seen in {rows['ended']}. A person's cases count as one in the intervals."
    )
    said = found.get("measured_on")
    words += f" These are {escape(str(said))}." if said else ""
    if found.get("not_answered"):
        words += f" {found['not_answered']} further cases have a diagnosis that the set does not know."
    if found.get("fitted_on_these"):
        words += " <strong>The set was fitted on these very cases: the figures flatter it.</strong>"
    return words


def side_words(name: str) -> str:
    """A side in words.

    >>> side_words("national-2017")
    'National figures 2017'
    """
    return _SIDE_WORDS.get(name, name)


def _figures(sides: Found, caption: str) -> str:
    return _lines(caption, ((side_words(name), side) for name, side in sides.items()))


def _lines(caption: str, named: Iterable[tuple[str, Found]]) -> str:
    """One line per side: everything that is measured."""
    parts = [(day, name) for day in HORIZONS for name in ("auc", "brier", "slope", "intercept")]
    heads = ("Group", "Cases", "C-index", "Integrated Brier", *(f"{_NAMES[name]}, day {day}" for day, name in parts))
    rows = (
        (
            words,
            str(side["cases"]),
            interval(side["c_index"]),
            interval(side["integrated_brier"]),
            *(interval(side[day].get(name)) for day, name in parts),
        )
        for words, side in named
    )
    return _table(caption, heads, rows)


_NAMES = {"auc": "AUC", "brier": "Brier", "slope": "Slope", "intercept": "Intercept"}


def interval(figure: Sequence[float | None] | None) -> str:
    """A figure with its interval.

    >>> interval([0.61, 0.6, 0.62]), interval(None), interval([None, None, None])
    ('0.610 (0.600 to 0.620)', 'too few', '–')
    """
    if figure is None:
        return "too few"
    value, low, high = figure
    if value is None:
        return "–"
    return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _differences(found: Found) -> str:
    parts = [(day, name) for day in HORIZONS for name in ("auc", "brier")]
    heads = ("This set less …", "C-index", "Integrated Brier", *(f"{_NAMES[name]}, day {day}" for day, name in parts))
    rows = (
        (
            side_words(name),
            interval(one["c_index"]),
            interval(one["integrated_brier"]),
            *(interval(one[day].get(figure)) for day, figure in parts),
        )
        for name, one in found["differences"].items()
    )
    caption = "Difference on the same cases: AUC and C-index better when above 0, Brier better when below"
    return _table(caption, heads, rows)


def _plots(side: Found) -> str:
    return _row(calibration_plot(side[day], f"Calibration, day {day}") for day in HORIZONS)


def _row(plots: Iterable[str]) -> str:
    return f'<div class="plots">{"".join(plots)}</div>'


def _decisions(curves: Found) -> str:
    named = {
        day: {side_words(name) if name != "threshold" else name: values for name, values in curve.items()}
        for day, curve in curves.items()
    }
    return _row(decision_plot(one, f"Decision curve, day {day}") for day, one in named.items())


def _people(found: Found, own: str) -> Iterator[str]:
    for column, levels in found.items():
        name = question(column).en
        yield f"<h3>{escape(name)}</h3>"
        words = {level: _level(column, level) for level in levels}
        yield _lines(f"This set, by {name.lower()}", ((words[level], sides[own]) for level, sides in levels.items()))
        yield _row(
            forest_plot(
                [(words[level], sides[own]["90"].get(figure) or ()) for level, sides in levels.items()],
                f"{title}, by {name.lower()}",
            )
            for figure, title in (("auc", "AUC, day 90"), ("slope", "Calibration slope, day 90"))
        )
        others = [side for side in next(iter(levels.values())) if side != own]
        for side in others:
            rows_of = ((words[level], sides[side]) for level, sides in levels.items())
            yield f"<details><summary>{escape(side_words(side))}</summary>{_lines(side_words(side), rows_of)}</details>"


def _level(column: str, level: str) -> str:
    return "Not known" if level == "unknown" else answer(column, level).en


def leaning(key: str, cases: int, group: str) -> str:
    """That a key's own cases are few.

    >>> leaning("M545", 57, "M54")
    'M545 has only 57 cases of its own: the model is mostly that of its group, M54.'
    >>> leaning("M54", 147, "M54")
    "M54 without a closer code has only 147 cases: the model is mostly the whole group's."
    """
    if key == group:
        return f"{key} without a closer code has only {cases} cases: the model is mostly the whole group's."
    return f"{key} has only {cases} cases of its own: the model is mostly that of its group, {group}."


def not_used(told: Mapping[str, float]) -> str:
    """Questions that the model does without, and in which share of the cases each was answered.

    >>> not_used({"edu_cat_fct": 0.031})
    'education (known in 3 % of the cases)'
    """
    return ", ".join(
        f"{question(name).en.lower()} (known in {100 * share:.0f} % of the cases)" for name, share in told.items()
    )


def _fits(found: Found) -> Iterator[str]:
    """A line per key that leans on its group, and per key that does without a question."""
    lines = [leaning(key, one["cases"], one["leans_on"]) for key, one in found.items() if one["leans_on"]]
    lines += [f"{key}, not used: {not_used(one['not_used'])}." for key, one in found.items() if one["not_used"]]
    if lines:
        yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _keys(found: Found, own: str) -> Iterator[str]:
    for key, sides in found.items():
        title = f"{group_name(key)[1]}, {sides[own]['cases']} cases"
        yield (
            f'<details id="{escape(key)}"><summary>{escape(title[:1].upper() + title[1:])}</summary>'
            f"{_figures(sides, group_name(key)[1])}{_plots(sides[own])}</details>"
        )


def _table(caption: str, heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(line[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in line[1:])
        + "</tr>"
        for line in lines
    )
    return (
        f'<p class="caption">{escape(caption)}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )

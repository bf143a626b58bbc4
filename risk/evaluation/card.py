"""A Markdown card per diagnosis: what its model was fitted on, what it says, how well, and what it does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from risk.columns import group_of
from risk.diagnoses import group_name
from risk.evaluation.effects import Effect, effects
from risk.evaluation.report import HORIZONS, interval, leaning, not_used, side_words
from risk.evaluation.sources import disagreements
from risk.factor_words import answer, question
from risk.hazard_model import HazardModel
from risk.model_set import ModelSet
from risk.statistics import national_figures
from risk.unknowns import person_curve

_LEVEL_DAYS = (30, 90, 180, 365)
_MOST_TOLD = 5
Found = Mapping[str, Any]


def cards(models: ModelSet, found: Found) -> dict[str, str]:
    """File name -> text: one card per key of the set, and README.md that lists them."""
    made = {f"{key}.md": card(models, key, found) for key in models.listed}
    lines = [f"- [{_title(key)}]({key}.md)" for key in models.listed]
    head = [f"# Model set {models.id}, version {models.version}", "", f"> {models.basis_en} Not CE-marked.", ""]
    return {"README.md": "\n".join([*head, *lines, ""]), **made}


def card(models: ModelSet, key: str, found: Found) -> str:
    """One diagnosis's card.

    Args:
        models: the set.
        key: one of its keys.
        found: what `risk.evaluation.measure.evaluated` gave for the set; keys that were not measured say so.
    """
    model = models.model(key)
    parts = [
        f"# {_title(key)}",
        "",
        f"> {models.basis_en} Not CE-marked. Advises; the physician decides.",
        "",
        f"Model `{key}` of set `{models.id}`, version {models.version}, fitted on {model.cases} cases"
        f"{' that were made up' if models.simulated else ''}. {_measured_on(found, key)}",
        "",
        *_levels(model, key),
        *_effects(effects(model)),
        *_accuracy(found, key),
        *(_sources(model, key) if models.simulated else ()),
        *_limits(models, model),
    ]
    return "\n".join(parts) + "\n"


def _title(key: str) -> str:
    sv, en = group_name(key)
    return f"{key}: {en.rsplit(' (', 1)[0]} ({sv.rsplit(' (', 1)[0]})"


def _measured_on(found: Found, key: str) -> str:
    own = found["keys"].get(key)
    if own is None:
        return "Not measured: fewer than 100 cases with this key were at hand."
    rows, cases = found["rows"], own[found["models"]["id"]]["cases"]
    if found.get("fitted_on_these"):
        return f"Measured on {cases} cases that it was fitted on: the figures flatter it."
    return f"Measured on {cases} other cases, begun {rows['first_start']} to {rows['last_start']}."


def _levels(model: HazardModel, key: str) -> Iterator[str]:
    curve = person_curve(model, [None] * len(model.names))
    figures = national_figures()[group_of(key)]
    yield "## Level"
    yield ""
    yield "Of 100 cases that reached day 15, so many still run on the day:"
    yield ""
    yield from _table(
        ("day", *map(str, _LEVEL_DAYS)),
        [
            ("this model, everyone with the diagnosis", *(f"{100 * curve.at(day):.1f}" for day in _LEVEL_DAYS)),
            (
                f"national figures 2017, {group_of(key)} ({figures.cases} cases)",
                *(f"{100 * figures.curve.at(day):.1f}" for day in _LEVEL_DAYS),
            ),
        ],
    )


def _effects(found: Sequence[Effect]) -> Iterator[str]:
    yield "## What moves it"
    yield ""
    yield (
        "For a patient whose other answers are the first of each list (woman, 40–49 years, Stockholm, working, started "
        "full-time, …): how many more, or fewer, of 100 are still on sick leave. The 90 % interval is the model's own."
    )
    yield ""
    for one in sorted(found, key=lambda effect: -abs(effect.points[0]))[:_MOST_TOLD]:
        more = "more" if one.points[0] > 0 else "fewer"
        yield f"- {_words(one)}: about {abs(one.points[0]):.0f} {more} of 100 on day 90."
    yield ""
    rows = [
        (
            question(one.column).en,
            answer(one.column, one.level).en,
            f"{one.points[0]:+.1f}" + ("" if one.low is None else f" ({one.low:+.1f} to {one.high:+.1f})"),
            *(f"{points:+.1f}" for points in one.points[1:]),
        )
        for one in found
    ]
    yield from _table(("question", "answer", "day 90", "day 180", "day 365"), rows)


def _words(one: Effect) -> str:
    return answer(one.column, one.level).en


def _accuracy(found: Found, key: str) -> Iterator[str]:
    sides = found["keys"].get(key)
    if sides is None:
        return
    own = sides[found["models"]["id"]]
    yield "## How well"
    yield ""
    yield "95 % intervals in brackets. An AUC of 0.5 is chance; slope 1 and intercept 0 are right."
    yield ""
    rows = [
        *(
            (f"AUC, {side_words(name)}", *(interval(side[day].get("auc")) for day in HORIZONS))
            for name, side in sides.items()
        ),
        *(
            (f"{words}, this set", *(interval(own[day].get(name)) for day in HORIZONS))
            for name, words in (("brier", "Brier score"), ("slope", "calibration slope"), ("intercept", "intercept"))
        ),
        ("said, came true (of 100)", *(_said(own[day]) for day in HORIZONS)),
    ]
    yield from _table(("", *(f"day {day}" for day in HORIZONS)), rows)
    yield "Sensitive: birth country, education and region. Not told, they are integrated over."
    yield ""
    yield f"C-index {interval(own['c_index'])}; integrated Brier score to day 365 {interval(own['integrated_brier'])}."
    yield ""


def _said(side: Found) -> str:
    return "too few" if side.get("too_few") else f"{100 * side['mean_risk']:.1f}, {100 * side['share_longer']:.1f}"


def _sources(model: HazardModel, key: str) -> Iterator[str]:
    found = disagreements(model, key)
    yield "## Where the sources disagree"
    yield ""
    yield (
        "The made-up cases follow three sources: the national shares of 2017, the national tool's effects, and its "
        "reference profile. Where they disagree the shares win, then the effects, then the reference profile."
    )
    yield ""
    if not found:
        yield "For this diagnosis they agree: the reference profile comes out within 3 of 100 on every day."
        yield ""
        return
    yield "They disagree here: shares and effects were kept, so the reference profile comes out different."
    yield ""
    rows = [(str(one.day), f"{100 * one.source:.1f}", f"{100 * one.model:.1f}") for one in found]
    yield from _table(("day", "reference profile, of 100 (lost)", "this model's reference patient (won)"), rows)


def _limits(models: ModelSet, model: HazardModel) -> Iterator[str]:
    yield "## Limits"
    yield ""
    if models.simulated:
        yield "- Made-up cases: the figures say how well the method works, not how well patients are foretold."
    yield f"- Days {model.first_day} to {model.last_day}; the national figures tell nothing after day 365."
    yield "- The end of a case is not the same as well: it may also be a pension, a move or a death."
    if model.leans_on is not None:
        yield f"- {leaning(model.key, model.cases, model.leans_on)}"
    yield f"- Only these count: {', '.join(question(name).en.lower() for name in model.names)}."
    if model.not_used:
        yield f"- Not used: {not_used(model.not_used)}."
    yield "- Association, not cause: changing an answer does not by itself change the outcome."


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""

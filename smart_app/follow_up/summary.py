"""The comparison as one document: per model version, group and horizon; small groups left out; drift by the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from risk.follow_up.cases import Bools, Cases, Followed, columns
from risk.follow_up.compare import Compared, compared
from risk.follow_up.drift import Alarm, Ends, alarms, by_quarter, drift_version
from risk.result import HORIZONS
from risk.survival import LAST_DAY
from smart_app.follow_up.gather import Gathered

FEWEST = 5
DIMENSIONS = ("diagnosis", "sex", "age", "unit")


def summary(gathered: Gathered, on: date) -> dict[str, Any]:
    """Everything that the verb prints and the page shows, as plain values."""
    models = [_model(*key, followed, on) for key, followed in sorted(gathered.by_model.items())]
    return {
        "on": on,
        "rules": drift_version(),
        "fewest": FEWEST,
        "left_out": dict(gathered.left_out),
        "models": models,
        "drift": any(one["alarms"] for one in models),
    }


def _model(model_id: str, version: str, followed: list[Followed], on: date) -> dict[str, Any]:
    everyone = columns(followed)
    counted = everyone.last >= everyone.entry
    short = ~counted & everyone.ended
    quarters = by_quarter(everyone.of(counted))
    diagnoses = _ends(everyone, [one.groups.get("diagnosis") for one in followed])
    return {
        "id": model_id,
        "version": version,
        "predictions": len(followed),
        "counted": int(counted.sum()),
        "ended_before": int(short.sum()),
        "not_followed_yet": int((~counted & ~everyone.ended).sum()),
        "not_read_since": sum(one.lost(on) for one in followed),
        "groups": _groups(everyone, followed, counted),
        "quarters": [_quarter(one) for one in quarters],
        "alarms": [_alarm(one) for one in (*alarms("quarter", quarters), *alarms("diagnosis", diagnoses))],
    }


def _groups(everyone: Cases, followed: Sequence[Followed], counted: Bools) -> list[dict[str, Any]]:
    found = [_group("all", "", everyone)]
    for name in DIMENSIONS:
        levels = [one.groups.get(name) for one in followed]
        found += _dimension(name, levels, everyone, counted)
    asked = np.array([one.opinion is not None for one in followed], bool)
    given = [one.opinion for one in followed if one.opinion is not None]
    later = everyone.of(asked).entered_later(np.array([day for _, day in given], int))
    return found + _dimension("opinion", [view for view, _ in given], later, later.last >= later.entry)


def _dimension(name: str, levels: Sequence[str | None], cases: Cases, counted: Bools) -> list[dict[str, Any]]:
    """One row per level; those under FEWEST say nothing, and where there is one such, the next smallest neither."""
    chosen = {level: np.array([one == level for one in levels], bool) for level in sorted(filter(None, set(levels)))}
    sizes = {level: int((at & counted).sum()) for level, at in chosen.items()}
    small = {level for level, size in sizes.items() if 0 < size < FEWEST}
    if len(small) == 1 and len(sizes) > 1:
        small.add(min(sizes.keys() - small, key=lambda level: sizes[level]))
    return [
        {"by": name, "level": level, "suppressed": True} if level in small else _group(name, level, cases.of(at))
        for level, at in chosen.items()
        if sizes[level]
    ]


def _group(by: str, level: str, cases: Cases) -> dict[str, Any]:
    horizons = {f"p{day}": _figures(compared(cases, day)) for day in HORIZONS}
    return {"by": by, "level": level, "suppressed": False, **horizons}


def _figures(found: Compared) -> dict[str, Any]:
    if found.cases < FEWEST:
        return {"suppressed": True}
    return {
        "suppressed": False,
        "cases": found.cases,
        "from_day": found.from_day,
        "ended": found.ended,
        "reached": found.reached,
        "still_followed": found.cases - found.ended - found.reached,
        "observed": _round(found.observed),
        "expected": _round(found.expected),
        "ratio": _interval(found.ratio),
        "ends": found.ends,
        "ends_expected": round(found.ends_expected, 1),
        "ends_ratio": _interval(found.ends_ratio),
        "brier": _round(found.brier),
    }


def _ends(everyone: Cases, levels: Sequence[str | None]) -> tuple[Ends, ...]:
    found = []
    for level in sorted(filter(None, set(levels))):
        one = compared(everyone.of(np.array([here == level for here in levels], bool)), LAST_DAY)
        found.append(Ends(level, one.cases, one.ends, one.ends_expected))
    return tuple(found)


def _quarter(one: Ends) -> dict[str, Any]:
    if one.cases < FEWEST:
        return {"quarter": one.level, "suppressed": True}
    said = {"quarter": one.level, "suppressed": False, "cases": one.cases, "ends": one.seen}
    return {**said, "ends_expected": round(one.expected, 1), "ends_ratio": _interval(one.ratio)}


def _alarm(one: Alarm) -> dict[str, Any]:
    return {"rule": one.rule.id, "at": one.level, "more_ends": one.more, "sv": one.rule.sv, "en": one.rule.en}


def _interval(value: tuple[float, float, float] | None) -> list[float] | None:
    return None if value is None else [round(one, 3) for one in value]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

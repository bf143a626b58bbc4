"""Rows of cases scored in blocks: figures in the order of the rows, wrong ones named."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

import numpy as np

from risk.columns import LEVELS
from risk.errors import NoModel
from risk.group_match import GroupMatch, MatchLevel
from risk.hazard_model import Codes, Floats
from risk.model_set import ModelSet
from risk.score_rows import survival_of_rows
from risk.survival import FIRST_DAY, LAST_DAY, Model
from terminology.codes import normal_icd
from terminology.errors import UnknownCode

HEADER = ("row", "p30", "p60", "p90", "p180", "p365", "p90_given30", "p180_given90")
DAYS = (30, 60, 90, 180, 365)
READ = frozenset({"row", "icd10", "day", *LEVELS})
"""Columns that are read; others are passed over and told of, unless one of these was meant."""
_BLOCK = 50_000
_NEAR = 0.8
Scored = tuple[str, list[str], str | None]


def scored(reader: csv.DictReader[str], models: Sequence[Model], counts: Counter[int]) -> Iterator[Scored]:
    """(row's name, figures, fault) for every row, in order; no figures when there is a fault.

    Args:
        counts: rows by the place of the model that answered, filled in on the way.
    """
    numbered = enumerate(reader, start=1)
    while block := list(itertools.islice(numbered, _BLOCK)):
        yield from _block(block, models, counts)


def answered_by(models: Sequence[Model], counts: Mapping[int, int]) -> list[str]:
    """Which model gave how many rows their figures, and what kind of model it is."""
    return [
        f"{count} rows answered by {models[place].id} {models[place].version}: {models[place].basis_en}"
        for place, count in sorted(counts.items())
    ]


def header_faults(header: Sequence[str]) -> list[str]:
    """What is wrong with the columns: no diagnosis, or a name so near to one that is read that it was meant."""
    faults = [] if "icd10" in header else ["the header has no column icd10"]
    lower = {name.lower(): name for name in READ}
    for name in header:
        if name in READ:
            continue
        close = get_close_matches(name.lower(), list(lower), 1, _NEAR)
        if close and lower[close[0]] not in header:
            faults.append(f"column {name} is not known (did you mean {lower[close[0]]}?)")
    return faults


def _block(block: list[tuple[int, dict[str, str]]], models: Sequence[Model], counts: Counter[int]) -> Iterator[Scored]:
    shares = np.full((len(block), len(DAYS) + 1), np.nan)
    shares[:, -1] = 1.0
    days = [_day(row.get("day")) for _, row in block]
    given = np.array([min(max(day or 0, FIRST_DAY), LAST_DAY) for day in days])
    faults: list[str | None] = [
        None if day is not None else f"column day: {row['day']!r} is no day of a case"
        for (_, row), day in zip(block, days, strict=True)
    ]
    groups: dict[tuple[int, str], list[int]] = {}
    known: dict[str, tuple[int, str] | str] = {}
    for at, (_, row) in enumerate(block):
        text = (row.get("icd10") or "").strip()
        if text not in known:
            known[text] = _answering(text, models)
        found = known[text]
        if isinstance(found, str):
            faults[at] = f"column icd10: {found}"
        elif faults[at] is None:
            groups.setdefault(found, []).append(at)
    for (place, key), rows in groups.items():
        _score(models[place], key, block, rows, given, shares, faults)
        counts[place] += sum(faults[at] is None for at in rows)
    for (number, row), day, figures, fault in zip(block, days, shares, faults, strict=True):
        name = row.get("row") or str(number)
        yield name, _shown(figures, day or 0, fault), f"row {name}, {fault}" if fault else None


def _answering(text: str, models: Sequence[Model]) -> tuple[int, str] | str:
    """Place of the model and its key; or what is wrong with the diagnosis."""
    if not text:
        return "empty, no figure without a diagnosis"
    try:
        icd = normal_icd(text)
    except UnknownCode as wrong:
        return str(wrong)
    for place, model in enumerate(models):
        try:
            return place, model.match(icd).key
        except NoModel:
            continue
    return "no model answers"


def _score(
    model: Model,
    key: str,
    block: list[tuple[int, dict[str, str]]],
    rows: list[int],
    given: Codes,
    shares: Floats,
    faults: list[str | None],
) -> None:
    """Fills the figures of the rows that this model answers; a level that does not exist is a fault of its row."""
    if not isinstance(model, ModelSet):
        curve = model.group_curve(GroupMatch(key, key, MatchLevel.EXACT))
        shares[rows] = [[*(curve.at(day) for day in DAYS), curve.at(int(own))] for own in given[rows]]
        return
    own = model.model(key)
    places = {name: {**found, "": -1} for name, found in own.places.items()}
    codes = np.full((len(rows), len(own.names)), -1, dtype=np.int64)
    for number, at in enumerate(rows):
        row = block[at][1]
        for place, name in enumerate(own.names):
            level = row.get(name) or ""
            code = places[name].get(level)
            if code is None:
                faults[at] = f"column {name}: {level!r} is none of {', '.join(own.columns[name])}"
                break
            codes[number, place] = code
    good = [number for number, at in enumerate(rows) if faults[at] is None]
    places_good = [rows[number] for number in good]
    alone = given[places_good]
    found = survival_of_rows(own, codes[good], DAYS, None if (alone == FIRST_DAY).all() else alone)
    shares[places_good, : found.shape[1]] = found


def _day(text: str | None) -> int | None:
    """Day of the case, day 15 when nothing is said; None when it is no day."""
    text = (text or "").strip()
    if not text:
        return FIRST_DAY
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0 else None


def _shown(shares: Floats, day: int, fault: str | None) -> list[str]:
    """The figures on the row's day; "" for a day that has passed, and where there is a fault."""
    if fault:
        return [""] * (len(HEADER) - 1)
    *on, given = shares.tolist()
    ahead = ["" if day >= at else f"{share / given:.6f}" for at, share in zip(DAYS, on, strict=True)]
    p30, _, p90, p180, _ = on
    return [*ahead, f"{p90 / p30:.6f}", f"{p180 / p90:.6f}"]

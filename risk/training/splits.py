"""Cases split for fitting and measuring: by person, in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from risk.survival import FIRST_DAY
from risk.training.rows import CaseRows


def by_person(cases: CaseRows, *, held_out: float, seed: int) -> tuple[CaseRows, CaseRows]:
    """Cases to fit on and cases held out; a person is on one side only."""
    random = np.random.default_rng(seed)
    persons = sorted(set(cases.persons))
    chosen = {person for person, draw in zip(persons, random.random(len(persons)), strict=True) if draw < held_out}
    out = np.array([person in chosen for person in cases.persons])
    return cases.of(~out), cases.of(out)


def by_time(cases: CaseRows, first_held_out: date) -> tuple[CaseRows, CaseRows]:
    """Cases begun before a day, as they were known on it, and cases of other persons begun on it or later.

    The earlier cases are followed no longer than to that day: what happened to them afterwards was not known then.
    """
    early = {person for person, start in zip(cases.persons, cases.starts, strict=True) if start < first_held_out}
    after = np.array([start >= first_held_out for start in cases.starts])
    other = np.array([person not in early for person in cases.persons])
    return known_on(cases.of(~after), first_held_out), cases.of(after & other)


def known_on(cases: CaseRows, day: date) -> CaseRows:
    """The cases as they were known on a day: follow-up cut there, those not yet at day 15 left out."""
    seen = np.array([(day - start).days for start in cases.starts], dtype=np.int32)
    rows = cases.rows
    cut = replace(rows, days=np.minimum(rows.days, seen), ended=rows.ended & (rows.days < seen))
    return replace(cases, rows=cut).of(seen >= FIRST_DAY)


def begun_since(cases: CaseRows, day: date) -> CaseRows:
    """Cases begun on a day or later."""
    return cases.of(np.array([start >= day for start in cases.starts]))

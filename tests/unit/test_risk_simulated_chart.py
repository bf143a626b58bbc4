"""A simulated chart, read like any other, gives the drawn answers back; persons with several cases, and their units."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fhir_mapping.read.case import Chart, read_case
from risk.case import Scope, ScopeKind
from risk.columns import LEVELS, key_questions
from risk.days import length
from risk.features import build
from risk.statistics import national_figures
from risk.training.histories import histories
from risk.training.persons import FIRST_START, FOLLOWED_UNTIL, lengths, simulated_persons, unit_ratios
from risk.training.rows import CaseRows
from risk.training.simulate import Rows, join, simulated
from smart_app.cli.simulated_fhir import of_case, of_person
from smart_app.cli.verbs import app

NOT_IN_CHARTS = ("birth_cat_fct", "edu_cat_fct", "DP_atStart")
EVERYTHING = Scope(ScopeKind.PERMITTED)


@st.composite
def persons(draw: st.DrawFn) -> CaseRows:
    """One person with one to three cases, as far apart as the simulation puts them."""
    codes = [draw(st.integers(0, len(levels) - 1)) for levels in LEVELS.values()]
    days = draw(st.lists(st.integers(15, 550), min_size=1, max_size=3))
    starts = [FIRST_START + timedelta(days=draw(st.integers(0, 730)))]
    for one in days[:-1]:
        starts.append(starts[-1] + timedelta(days=one + draw(st.integers(366, 548))))
    kept = [at for at, since in enumerate(starts) if (FOLLOWED_UNTIL - since).days > 550]
    rows = Rows(
        np.array([draw(st.sampled_from(sorted(key_questions())))] * len(days)),
        np.array([codes] * len(days), np.int8),
        np.array(days, np.int32),
        np.ones(len(days), np.bool_),
    )
    found = CaseRows(rows, ("made-up-1-7",) * len(days), tuple(starts), ("unit-3",) * len(days))
    return found.of(np.isin(np.arange(len(days)), kept))


@settings(max_examples=80, deadline=None)
@given(persons(), st.integers(0, 50))
def test_the_chart_gives_the_drawn_answers_back(cases: CaseRows, seed: int) -> None:
    made = list(histories(cases, seed))
    assert len({str(list(of_person(one))) for one in made}) <= 1
    patient, *others = of_person(made[0]) if made else ({},)
    chart = Chart(patient=patient, resources=(*others, *(one for each in made for one in of_case(each))))
    for at, since in enumerate(cases.starts):
        for day in (15, int(cases.rows.days[at])):
            reading = read_case(chart, on=since + timedelta(days=day - 1), scope=EVERYTHING)
            case = reading.case
            assert case is not None
            assert (case.since, case.day, case.ongoing, case.diagnosis) == (since, day, True, cases.rows.keys[at])
            read = build(case).columns
            drawn = {
                name: levels[cases.rows.codes[at, place]] if name not in NOT_IN_CHARTS else None
                for place, (name, levels) in enumerate(LEVELS.items())
            }
            assert read == drawn


def test_the_written_files_are_read_by_the_line(tmp_path: Path) -> None:
    words = ("--patients", "60", "--seed", "6", "--out", str(tmp_path), "--format", "fhir", "--json")
    done = CliRunner().invoke(app, ["simulate", *words])
    assert done.exit_code == 0
    read = {kind: [json.loads(line) for line in (tmp_path / f"{kind}.ndjson").open()] for kind in written(done.stdout)}
    assert {kind: len(lines) for kind, lines in read.items()} == written(done.stdout)
    assert len({one["id"] for lines in read.values() for one in lines}) == sum(map(len, read.values()))
    charts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for kind in ("Condition", "Encounter", "QuestionnaireResponse"):
        for one in read[kind]:
            charts[one["subject"]["reference"]].append(one)
    for patient in read["Patient"]:
        chart = Chart(patient=patient, resources=tuple(charts[f"Patient/{patient['id']}"]))
        reading = read_case(chart, on=FOLLOWED_UNTIL, scope=EVERYTHING)
        assert reading.case is not None
        assert reading.faults == ()
        assert reading.main_condition is not None
        assert {name for name, level in build(reading.case).columns.items() if level is None} == set(NOT_IN_CHARTS)


def written(said: str) -> dict[str, int]:
    counts: dict[str, int] = json.loads(said)["written"]
    return counts


def test_some_persons_have_more_than_two_cases_and_never_at_once() -> None:
    cases = next(simulated_persons(4_000, 3))
    each = Counter(Counter(cases.persons).values())
    assert each[1] > each[2] > each[3] > 0
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for person, start, days in zip(cases.persons, cases.starts, cases.rows.days.tolist(), strict=True):
        begun = length(FIRST_START, start)
        spans[person].append((begun, begun + days))
    for lasting in spans.values():
        assert all(after - before >= 366 for (_, before), (after, _) in itertools.pairwise(lasting))
    few = next(simulated_persons(500, 3))
    mine = np.isin(cases.persons, few.persons)
    assert cases.of(mine).persons == few.persons
    assert np.array_equal(cases.of(mine).rows.days, few.rows.days)


def test_a_persons_unit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    every_other = np.where(np.arange(400) % 2, 3.0, 0.3)
    monkeypatch.setattr("risk.training.persons.unit_ratios", lambda seed: every_other)
    cases = next(simulated_persons(300, 3))
    odd = np.array([int(unit.rpartition("-")[2]) % 2 == 1 for unit in cases.units])
    assert cases.rows.days[~odd].mean() > 2 * cases.rows.days[odd].mean()


def test_units_differ_and_the_country_stays() -> None:
    ratios = unit_ratios(5)
    assert 0.05 < np.log(ratios).std() < 0.09
    answers = join(list(simulated(60_000, 5, keys=["F32"])))
    random = np.random.default_rng(5)
    units = random.integers(0, len(ratios), len(answers))
    days = lengths(answers, random.exponential(size=len(answers)) / ratios[units])
    slow, quick = (float((days[mine] >= 90).mean()) for mine in (ratios[units] < 0.95, ratios[units] > 1.05))
    assert slow > quick + 0.01
    for day in (30, 90, 180, 365):
        assert (days >= day).mean() == pytest.approx(national_figures()["F32"].curve.at(day), abs=0.01)

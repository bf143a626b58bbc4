"""What the baseline says: diagnosis and day in, share still on leave out (figures of 2017, counts of the source)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from risk.assess import Band, RiskResult, assess
from risk.baseline import NATIONAL_2017
from risk.case import Certificate, DegreePeriod, Person, Scope, ScopeKind, SickLeaveCase
from risk.certificates_to_cases import current
from risk.diagnoses import find_group
from risk.errors import BeforeCurve, BeyondCurve, DayPassed, NoDiagnosis
from risk.statistics import national_figures

FIRST = date(2026, 1, 1)


def on_day(day: int, diagnosis: str | None, *, known: bool = True, certified: int = 400) -> SickLeaveCase:
    """A case looked at on its day `day`."""
    certificate = Certificate(
        "a",
        "a",
        (DegreePeriod(FIRST, FIRST + timedelta(days=certified - 1), 1.0),),
        signed=datetime(2026, 1, 1, 9, tzinfo=UTC),
        diagnoses=(diagnosis,) if diagnosis else (),
        first_absence=FIRST if known else None,
    )
    on = FIRST + timedelta(days=day - 1)
    case = current([certificate], person=Person(), on=on, scope=Scope(ScopeKind.PERMITTED))
    assert case is not None
    return case


@dataclass(frozen=True)
class GroupRow:
    diagnosis: str
    key: str
    level: str


GROUPS = (
    GroupRow("M54", "M54", "exact"),
    GroupRow("M545", "M54", "coarser"),
    GroupRow("F438A", "F43", "coarser"),
    GroupRow("S5250", "S52", "coarser"),
    GroupRow("K509", "ALL", "national"),
    GroupRow("M5", "ALL", "national"),
    GroupRow("ALL", "ALL", "national"),
)


@pytest.mark.parametrize("row", GROUPS, ids=lambda row: row.diagnosis)
def test_the_group_of_a_diagnosis(row: GroupRow) -> None:
    match = find_group(row.diagnosis)
    assert (match.key, match.level.value, match.code) == (row.key, row.level, row.diagnosis)


@dataclass(frozen=True)
class FigureRow:
    """Cases of the group still running on day N, as counted, over those running on the given knot."""

    diagnosis: str
    day: int
    p90: float | None
    p180: float | None
    p365: float | None


M54_30 = 10764 + 3795 + 2756 + 1235
FIGURES = (
    FigureRow("M54", 1, 7786 / 29328, 3991 / 29328, 1235 / 29328),
    FigureRow("M54", 15, 7786 / 29328, 3991 / 29328, 1235 / 29328),
    FigureRow("M545", 30, 7786 / M54_30, 3991 / M54_30, 1235 / M54_30),
    FigureRow("M54", 89, (7786 / 29328) / ((M54_30 / 29328) ** (1 / 60) * (7786 / 29328) ** (59 / 60)), None, None),
    FigureRow("M54", 90, None, 3991 / 7786, 1235 / 7786),
    FigureRow("M54", 180, None, None, 1235 / 3991),
    FigureRow("M54", 365, None, None, None),
    FigureRow("K509", 15, 98676 / 244151, 54839 / 244151, 21822 / 244151),
)


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: f"{row.diagnosis} day {row.day}")
def test_share_still_on_leave(row: FigureRow) -> None:
    result = assess(on_day(row.day, row.diagnosis), models=(NATIONAL_2017,))
    for horizon, wanted in zip(result.horizons, (row.p90, row.p180, row.p365), strict=True):
        assert horizon.passed == (row.day >= horizon.day)
        assert horizon.date == FIRST + timedelta(days=horizon.day - 1)
        if wanted is not None:
            assert horizon.share == pytest.approx(wanted, rel=1e-12)
            assert horizon.group_share == horizon.share
            assert horizon.share_low == horizon.share == horizon.share_high
        if horizon.passed:
            assert horizon.share is None
            assert horizon.group_share is None


@dataclass(frozen=True)
class WordRow:
    rule: str
    case: SickLeaveCase
    band: Band
    says: str


WORDS = (
    WordRow("nothing of the patient counts", on_day(37, "M54"), Band.NATIONAL, "Inget om just den här patienten"),
    WordRow("number of cases", on_day(37, "M54"), Band.NATIONAL, "29\u00a0328 fall"),
    WordRow("coarser group", on_day(37, "M545"), Band.NATIONAL, "M54.5 saknar egna siffror"),
    WordRow("no group", on_day(37, "K509"), Band.NATIONAL, "K50.9 saknar egen grupp"),
    WordRow("no diagnosis", on_day(37, None), Band.UNKNOWN, "Diagnos saknas"),
    WordRow("before day 15", on_day(9, "M54"), Band.NATIONAL, "varar minst 15 dagar. Det här fallet är på dag 9"),
    WordRow(
        "day 1 unknown", on_day(37, "M54", known=False), Band.NATIONAL, "upp till 7 dagar tidigare, den 25 dec 2025"
    ),
    WordRow("day 90 passed", on_day(100, "M54"), Band.NATIONAL, "Dag 90 är passerad. Siffran gäller dag 180."),
    WordRow("all passed", on_day(380, "M54"), Band.NATIONAL, "Statistiken säger inget om tiden efter"),
    WordRow("certificate ended", on_day(36, "M54", certified=30), Band.NATIONAL, "Inget intyg gäller i dag"),
    WordRow("case ended", on_day(37, "M54", certified=30), Band.UNKNOWN, "Fallet är avslutat"),
)


@pytest.mark.parametrize("row", WORDS, ids=lambda row: row.rule)
def test_what_is_said(row: WordRow) -> None:
    result = assess(row.case, models=(NATIONAL_2017,))
    assert result.band is row.band
    assert row.says in _swedish(result)
    assert all(one.sv and one.en and one.sv != one.en for one in (*result.reasons, *result.limits))


def test_not_knowing_day_one_gives_a_range_upwards() -> None:
    sure, unsure = (
        assess(on_day(85, "M54"), models=(NATIONAL_2017,)),
        assess(on_day(85, "M54", known=False), models=(NATIONAL_2017,)),
    )
    first = unsure.horizons[0]
    assert first.share == first.share_low == sure.horizons[0].share
    assert first.share_high == 1.0
    second = unsure.horizons[1]
    assert second.share_low is not None
    assert second.share_high is not None
    later = assess(on_day(92, "M54"), models=(NATIONAL_2017,)).horizons[1].share
    assert second.share_low < second.share_high == pytest.approx(later)


def test_without_diagnosis_or_after_the_end_there_is_no_figure() -> None:
    for case in (on_day(37, None), on_day(37, "M54", certified=30)):
        result = assess(case, models=(NATIONAL_2017,))
        assert result.next_horizon is None
        assert [horizon.share for horizon in result.horizons] == [None, None, None]
    with pytest.raises(NoDiagnosis):
        find_group(None)


@pytest.mark.parametrize("key", sorted(national_figures()))
def test_a_curve_falls_from_one_and_is_never_extrapolated(key: str) -> None:
    curve = national_figures()[key].curve
    shares = [curve.at(day) for day in range(15, 366)]
    assert shares[0] == 1.0
    assert all(one > after > 0 for one, after in itertools.pairwise(shares))
    with pytest.raises(BeyondCurve):
        curve.at(366)
    with pytest.raises(BeforeCurve):
        curve.at(14)
    with pytest.raises(DayPassed):
        curve.still_on_leave(90, 90)
    assert curve.points(37)[0] == (37, 1.0)
    assert curve.points(37)[-1] == (365, pytest.approx(curve.still_on_leave(365, 37)))
    assert curve.points(400) == ()


def test_between_knots_the_hazard_is_constant() -> None:
    curve = national_figures()["F32"].curve
    daily = [curve.at(day + 1) / curve.at(day) for day in range(30, 90)]
    assert max(daily) == pytest.approx(min(daily))
    assert curve.at(60) == pytest.approx((curve.at(30) * curve.at(90)) ** 0.5)


def _swedish(result: RiskResult) -> str:
    return " ".join(one.sv for one in (*result.reasons, *result.limits))

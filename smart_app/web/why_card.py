"""Why the figure is what it is: rows that add up when the patient counts, sentences when only the diagnosis does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from risk.case import Certificate, SickLeaveCase
from risk.detail import Detail, HorizonDetail
from risk.explain import UNANSWERED, Contribution
from risk.factor_words import answer, contribution
from risk.result import Reason, RiskResult
from smart_app.assessment.answers import DO_NOT_KNOW, NO_ANSWERS, Answers
from smart_app.web.days import short_date
from smart_app.web.figures import out_of_100, whole
from smart_app.web.naming import group_text
from smart_app.web.plots.marks import percent
from smart_app.web.views import ReasonBar, ReasonRow, Text, WhyCard
from smart_app.web.whole_points import whole_points
from smart_app.web.words import Words

EDGE, ROOM = 0.04, 0.92  # of the bars' column


def why_card(
    words: Words, case: SickLeaveCase | None, result: RiskResult, answers: Answers = NO_ANSWERS
) -> WhyCard | None:
    """Why the figure is what it is; None when there is no figure."""
    horizon = result.next_horizon
    if horizon is None or horizon.share is None:
        return None
    around = result.detail.at(horizon.day) if result.detail else None
    said = tuple(words.pick(one.sv, one.en) for one in result.limits)
    if case is None or result.detail is None or around is None or horizon.group_share is None or result.match is None:
        return WhyCard(
            heading=words("why.heading", n=out_of_100(horizon.share)),
            reasons=tuple(words.pick(one.sv, one.en) for one in result.reasons),
            not_counted=words("why.not_counted"),
            limits=said,
        )
    mine, group = out_of_100(horizon.share), out_of_100(horizon.group_share)
    points = whole_points([one.value for one in around.contributions], horizon.share, horizon.group_share)
    rows = _rows(words, case, result.detail, around.contributions, points, answers)
    return WhyCard(
        heading=words("why.heading", n=mine) if mine == group else words("why.heading_not", n=mine, group=group),
        reasons=(),
        not_counted=words("why.not_counted_individual"),
        limits=said,
        start=(words("why.start", group=group_text(words, result.match)), str(whole(horizon.group_share))),
        rows=rows,
        total=(words("why.total"), str(whole(horizon.share))),
        caption=words("why.caption", day=horizon.day),
    )


def other_reasons(result: RiskResult, around: HorizonDetail) -> tuple[Reason, ...]:
    """The sentences of `result.reasons` that the rows do not say."""
    told = {contribution(row) for row in around.contributions}
    return tuple(one for one in result.reasons if one not in told)


def _rows(
    words: Words,
    case: SickLeaveCase,
    detail: Detail,
    contributions: Sequence[Contribution],
    points: Sequence[int],
    answers: Answers,
) -> tuple[ReasonRow, ...]:
    up, down = max(0, *points), max(0, *(-one for one in points))
    unit = ROOM / (up + down) if up + down else 0.0
    zero = EDGE + down * unit if up + down else 0.5
    ordered = sorted(
        zip(contributions, points, strict=True), key=lambda one: (one[0].column == UNANSWERED, -abs(one[0].value))
    )
    return tuple(
        ReasonRow(
            text=_text(words, detail, row),
            source=_source(words, case, row.column, answers),
            value=_signed(number),
            zero=percent(zero),
            bar=_bar(number, zero, unit),
        )
        for row, number in ordered
    )


def _bar(number: int, zero: float, unit: float) -> ReasonBar | None:
    if number == 0:
        return None
    left = zero if number > 0 else zero + number * unit
    return ReasonBar("up" if number > 0 else "down", percent(left), percent(abs(number) * unit))


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"\u2212{-number}" if number < 0 else "0"


def _text(words: Words, detail: Detail, row: Contribution) -> Text:
    if row.level is None:
        return words.count("why.open", detail.asked - detail.answered)
    said = answer(row.column, row.level)
    return words.pick(said.sv, said.en)


def _source(words: Words, case: SickLeaveCase, column: str, answers: Answers) -> Text:
    """Where the fact comes from."""
    if column == UNANSWERED:
        return words("why.source_open")
    if answers.get(column, DO_NOT_KNOW) != DO_NOT_KNOW:
        return words("why.source_answer")
    if column == "SA_1_gross":
        return words("why.source_prior", date=_long_ago(words, case))
    if column in ("SA_SyssStart_fct", "SA_ExtentFirst"):
        first = next((one for one in case.certificates if one.occupations or column == "SA_ExtentFirst"), None)
        return words("why.source_certificate", date=_begins(words, first, case.on)) if first else ""
    return _from_care(words, case, column) or words(f"why.source_{column}")


def _from_care(words: Words, case: SickLeaveCase, column: str) -> Text | None:
    """Where a fact of the patient's care comes from, with what was counted."""
    care, since = case.care, short_date(words, case.since, case.on)
    match column:
        case "comorbidity":
            return words.count("why.source_diseases", len(care.other_diseases))
        case "Visits_yearBefore_all_r1_median" if care.specialist_visits:
            last = short_date(words, care.specialist_visits[-1], case.on)
            return words.count("why.source_visits", len(care.specialist_visits), last=last)
        case "Visits_yearBefore_all_r1_median":
            return words("why.source_no_visits", date=since)
        case "Vtid_yearBefore_all_r1_median":
            return words.count("why.source_hospital", care.hospital_days, date=since)
        case _:
            return None


def _begins(words: Words, certificate: Certificate, on: date) -> Markup | str:
    return short_date(words, min(one.since for one in certificate.periods), on) if certificate.periods else ""


def _long_ago(words: Words, case: SickLeaveCase) -> str:
    return short_date(words, case.since, case.on)

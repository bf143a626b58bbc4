"""The figure as a card: sentence, band, curve, horizons, and what it rests on; and why it is what it is."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from risk.assess import Band, Horizon, RiskResult
from risk.bands import placed
from risk.baseline import NATIONAL_2017
from risk.case import SickLeaveCase
from risk.detail import Detail
from risk.diagnoses import NATIONAL, GroupMatch
from risk.place import Place
from risk.result import National
from risk.survival import Curve
from smart_app.assessment.answers import CURVE_DAYS, Edge
from smart_app.web.days import day_month, long_date, short_date
from smart_app.web.figures import out_of_100, whole
from smart_app.web.naming import group_text
from smart_app.web.plots.curve import CurvePlot, HorizonMark, draw_curve
from smart_app.web.views import BandMark, HorizonRow, RiskCard, TableRow, Text
from smart_app.web.why_card import other_reasons
from smart_app.web.words import Words

Points = Sequence[tuple[int, float]]
_SHAPES = {
    Band.LOWER: "low",
    Band.AS_DIAGNOSIS: "same",
    Band.RAISED: "raised",
    Band.HIGH: "high",
    Band.NATIONAL: "national",
}


def band_mark(words: Words, band: str, *, short: bool = False) -> BandMark:
    """Word, shape and colour of a band."""
    known = Band(band)
    key = f"{known.value}_short" if short and words.has(f"band.{known.value}_short") else known.value
    return BandMark(_SHAPES.get(known, "unknown"), words(f"band.{key}"))


def risk_card(words: Words, case: SickLeaveCase, result: RiskResult, edges: Sequence[Edge] = ()) -> RiskCard:
    """The card of one result; also when there is no figure.

    Args:
        edges: the model's own uncertainty along the curve; empty when the patient does not count.
    """
    horizon = result.next_horizon
    individual = result.individual
    group = group_text(words, result.match) if result.match else Markup("")
    given = horizon.given_day if horizon else max(case.day, 15)
    points = result.curve.points(given) if result.curve is not None and horizon else ()
    around = result.detail if individual else None
    rows = tuple(_horizon_row(words, case, one, around, result.national) for one in result.horizons)
    heads, table = _table(words, result, points, edges, individual)
    return RiskCard(
        sentence=_sentence(words, case, result, group, individual),
        band=band_mark(words, result.band),
        band_text=_band_text(words, result, group),
        remarks=tuple(_remarks(words, case, result, points)),
        plot=_plot(words, case, result, points, edges),
        legend_mine=_legend(words, result.match, group, individual, unsure=bool(edges)),
        legend_group=_in_country(words, result.national.match) if individual and result.national else None,
        has_area=bool(edges),
        horizons=rows,
        has_unsure=any(one.unsure for one in rows),
        has_group=individual,
        heading_mine=words("risk.col_mine") if individual else words("risk.col_national", group=group),
        table_heads=heads,
        table=table,
        table_caption=words("risk.table_caption", given=given),
        basis=tuple(_basis(words, case, result, given)),
    )


def _in_country(words: Words, match: GroupMatch) -> Text:
    """Whose the national curve is."""
    return words("risk.legend_all" if match.key == NATIONAL else "risk.legend_group", group=group_text(words, match))


def _legend(words: Words, match: GroupMatch | None, group: Text, individual: bool, *, unsure: bool) -> Text:
    if not individual:
        return _in_country(words, match) if match else group
    return words("risk.legend_mine_unsure" if unsure else "risk.legend_mine")


def _sentence(words: Words, case: SickLeaveCase, result: RiskResult, group: Text, individual: bool) -> Markup:
    horizon = result.next_horizon
    if result.match is None:
        return words("risk.no_diagnosis")
    if horizon is None or horizon.share is None:
        return words("risk.all_passed" if all(one.passed for one in result.horizons) else "risk.ended")
    values = {"group": group, "given": horizon.given_day, "day": horizon.day, "n": out_of_100(horizon.share)}
    key = "risk.sentence_individual" if individual else "risk.sentence"
    if horizon.share < 0.005:
        key = "risk.sentence_few"
    return words(key, date=long_date(words, horizon.date, case.on), **values)


def _band_text(words: Words, result: RiskResult, group: Text) -> Markup:
    horizon = result.next_horizon
    if result.match is None or result.band is Band.UNKNOWN:
        return words("risk.band_none" if result.match else "risk.band_unknown")
    if horizon is None:
        return words("risk.band_passed")
    if result.band is Band.NATIONAL or horizon.group_share is None:
        return words("risk.band_national_all" if result.match.key == NATIONAL else "risk.band_national")
    key = "risk.band_open" if result.band is Band.OPEN else "risk.band_compared"
    return words(key, group=group, n=out_of_100(horizon.group_share))


def _remarks(words: Words, case: SickLeaveCase, result: RiskResult, points: Points) -> list[Text]:
    """What must be known to read the sentence right; the rest stands under why."""
    if result.match is None:
        return [words("risk.no_diagnosis_next")]
    horizon = result.next_horizon
    if horizon is None:
        return []
    said: list[Text | None] = [
        words("risk.passed", day=one.day, next=horizon.day) for one in result.horizons if one.passed
    ]
    unsure = [(one.day, range_) for one in result.horizons if (range_ := _unsure(one))]
    if unsure:
        said.append(words("risk.unsure_day1", list=_by_day(words, unsure)))
    around = result.detail.at(horizon.day) if result.detail else None
    place = _place(words, around.place) if around else None
    return [one for one in (place, _half(words, case, points), *said[-2:]) if one is not None]


def _place(words: Words, place: Place) -> Text:
    """Where among comparable patients; what is not known gives a range, or no place at all."""
    low, high = whole(place.low), whole(place.high)
    if not placed(place):
        return words("risk.place_open", low=low, high=high)
    if low == high:
        return words("risk.percentile", n=low)
    return words("risk.place_range", low=low, high=high)


def _by_day(words: Words, ranges: Sequence[tuple[int, str]]) -> Text:
    """Ranges of 100 with the days that they are for, as one list."""
    return words.join([str(words("risk.range_on_day", range=range_, day=day)) for day, range_ in ranges])


def _half(words: Words, case: SickLeaveCase, points: Points) -> Text | None:
    if not points:
        return None
    day = next((day for day, share in points if share < 0.5), None)
    if day is None:
        return words("risk.half_beyond", day=points[-1][0])
    start = case.since.toordinal()
    return words("risk.half", date=long_date(words, case.since.fromordinal(start + day - 1), case.on), day=day)


def _unsure(horizon: Horizon) -> str | None:
    """The range from not knowing day 1, None when it does not change the whole number."""
    if horizon.share_low is None or horizon.share_high is None:
        return None
    low, high = sorted((whole(horizon.share_low), whole(horizon.share_high)))
    return None if low == high else f"{low}–{high}"


def _table(
    words: Words, result: RiskResult, points: Points, edges: Sequence[Edge], individual: bool
) -> tuple[tuple[Text, ...], tuple[TableRow, ...]]:
    """Headings and rows of the curve as a table."""
    days = [day for day, _ in points if day == points[0][0] or day in CURVE_DAYS]
    mine, unsure = dict(points), {one.day: _range(one.low, one.high) for one in edges}
    if not individual or result.group_curve is None:
        heads: tuple[Text, ...] = (words("risk.col_day"), words("risk.col_share"))
        return heads, tuple(TableRow(str(day), (out_of_100(mine[day]),)) for day in days)
    others: list[Curve] = [result.group_curve, *([result.national.curve] if result.national else [])]
    beside = [dict(one.points(points[0][0])) if points else {} for one in others]
    names = ("day", "mine", "interval", "diagnosis", *(("national_2017",) if result.national else ()))
    missing = words("missing")
    return tuple(words(f"risk.col_{one}") for one in names), tuple(
        TableRow(
            str(day),
            (
                out_of_100(mine[day]),
                unsure.get(day, missing),
                *(out_of_100(shares[day]) if day in shares else missing for shares in beside),
            ),
        )
        for day in days
    )


def _range(low: float, high: float) -> str:
    return f"{whole(low)}–{whole(high)}" if whole(low) < whole(high) else str(whole(low))


def _horizon_row(
    words: Words, case: SickLeaveCase, horizon: Horizon, around: Detail | None, national: National | None
) -> HorizonRow:
    absent = words("risk.row_passed") if horizon.passed else words("risk.row_beyond")
    counted = _counted(national, horizon)
    return HorizonRow(
        day=words("day_n", n=horizon.day),
        date=short_date(words, horizon.date, case.on),
        iso=horizon.date.isoformat(),
        mine=out_of_100(horizon.share) if horizon.share is not None else absent,
        unsure=_interval(horizon, around) if around else None,
        group=out_of_100(counted) if counted is not None else absent,
    )


def _counted(national: National | None, horizon: Horizon) -> float | None:
    """The national share at a horizon; None when it stands nowhere or the day has passed."""
    if national is None or horizon.share is None:
        return None
    return national.curve.still_on_leave(horizon.day, horizon.given_day)


def _interval(horizon: Horizon, detail: Detail) -> str | None:
    """The model's own range at a horizon; None when it has none."""
    found = detail.at(horizon.day)
    return _range(found.model.low, found.model.high) if found and found.model else None


def _plot(
    words: Words,
    case: SickLeaveCase,
    result: RiskResult,
    points: Points,
    edges: Sequence[Edge],
) -> CurvePlot | None:
    horizon = result.next_horizon
    if horizon is None or not points:
        return None
    ahead = [one for one in result.horizons if one.share is not None]
    marks = [
        HorizonMark(
            day=one.day,
            share=one.share or 0.0,
            text=str(words("risk.of_100", n=out_of_100(one.share or 0.0)))
            if number == 0
            else out_of_100(one.share or 0.0),
            date=short_date(words, one.date, case.on) if one is ahead[-1] else day_month(words, one.date),
            group_share=share,
            group_text="" if share is None else out_of_100(share),
        )
        for number, one in enumerate(ahead)
        for share in (_counted(result.national, one),)
    ]
    said = [str(words("risk.figure_desc_part", n=mark.text.split()[0], day=mark.day)) for mark in marks]
    given = horizon.given_day
    group = result.national.curve.points(given) if result.national is not None else None
    return draw_curve(
        points,
        group=group,
        area=[(one.day, one.low, one.high) for one in edges],
        marks=marks,
        start=(str(given), str(words("days.today")) if given == case.day and case.ongoing else ""),
        title=str(words("risk.figure_title", first=points[0][0], last=points[-1][0])),
        description=str(words("risk.figure_desc", given=given, list=words.join(said))),
    )


def _basis(words: Words, case: SickLeaveCase, result: RiskResult, given: int) -> list[Text]:
    model = result.model
    said: list[Text] = [
        words(
            "risk.basis_model",
            name=words.pick(model.name_sv, model.name_en),
            version=model.version,
            basis=words.pick(model.basis_sv, model.basis_en),
        )
    ]
    if result.next_horizon is not None:
        said += [words("risk.basis_given", given=given)]
        said += _around(words, result) if result.detail else [words("risk.basis_between")]
        if result.national is not None:
            basis = words.pick(NATIONAL_2017.basis_sv, NATIONAL_2017.basis_en)
            said.append(words("risk.basis_national", who=_in_country(words, result.national.match), basis=basis))
    said.append(words("risk.basis_day1" if case.day1_known else "risk.basis_day1_unknown"))
    return said


def _around(words: Words, result: RiskResult) -> list[Text]:
    """What stands behind a figure in which the patient counts: both ranges, days left, other rules, accuracy."""
    horizon, detail = result.next_horizon, result.detail
    near = detail.at(horizon.day) if detail and horizon else None
    if detail is None or near is None:
        return []
    said: list[Text] = [words.pick(one.sv, one.en) for one in other_reasons(result, near)]
    if near.model is not None:
        said.append(words("risk.basis_interval", range=_range(near.model.low, near.model.high), day=near.day))
    if detail.answered < detail.asked:
        ranges = [(one.day, _range(one.answers.low, one.answers.high)) for one in detail.horizons]
        said.append(words("risk.basis_open", list=_by_day(words, ranges)))
    left = detail.remaining
    parts = {"quarter": left.quarter, "half": left.half, "most": left.three_quarters}
    known = {name: words("risk.beyond") if n is None else words("risk.within", n=n) for name, n in parts.items()}
    said.append(words("risk.basis_remaining", **known))
    for one in detail.bands:
        rule, band = words.pick(one.sv, one.en), words.pick(one.word_sv, one.word_en)
        said.append(words("risk.basis_band", rule=rule, band=band, id=one.rule, version=one.version))
    measured = [(one.day, one.accuracy) for one in detail.horizons if one.accuracy is not None]
    if measured:
        aucs = [
            str(words("risk.basis_auc", day=day, auc=f"{one.auc:.2f}".replace(".", words.decimal)))
            for day, one in measured
        ]
        simulated = any(one.simulated for _, one in measured)
        said.append(words(f"risk.basis_accuracy{'_simulated' if simulated else ''}", list=words.join(aucs)))
    return said

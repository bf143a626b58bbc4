"""The case day by day: degrees, certificates and today on one axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from risk.case import SickLeaveCase
from smart_app.web.plots.marks import Label, anchor_at, percent, spread

ROOM_DEGREE = 0.09
ROOM_CERTIFICATE = 0.14
ROOM_DATE = 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from `x`, `width` wide; `kind` is the degree in percent, "unknown" or "certificate"; text "" = no room."""

    x: str
    width: str
    kind: str
    text: str
    text_x: str


@dataclass(frozen=True, slots=True)
class StripPlot:
    """The case as drawn; `before` is the stretch without a certificate, in which day 1 may lie.

    `guideline` is the range of the recommended maximum, with its text beside it; None when there is none.
    """

    degrees: tuple[Bar, ...]
    certificates: tuple[Bar, ...]
    before: Bar | None
    guideline: Bar | None
    guideline_text: Label | None
    today_x: str
    today: Label
    dates: tuple[Label, ...]
    title: str
    description: str


def draw_strip(
    case: SickLeaveCase,
    *,
    degree_text: Callable[[float | None], str],
    certificate_text: Callable[[int], str],
    date_text: Callable[[date], str],
    before_text: str,
    today_text: str,
    guideline: tuple[int, int, str] | None,
    title: str,
    description: str,
) -> StripPlot:
    """The drawing from the earliest possible day 1 to a little after the last day known.

    Args:
        guideline: shortest and longest recommended maximum as days of the case, and its text.
    """
    start = case.since_earliest
    end = max(case.until, case.on)
    first = case.degrees[0].since if case.degrees else start
    days = (end - start).days + 1
    width = days + max(2, days // 12)

    def place(day: date) -> float:
        return (day - start).days / width

    def bar(since: date, until: date, kind: str, text: str, room: float) -> Bar:
        part = ((until - since).days + 1) / width
        return Bar(percent(place(since)), percent(part), kind, text if part >= room else "", percent(place(since)))

    today = place(case.on) + 0.5 / width
    wanted = [(0.0, date_text(start)), (place(case.until + timedelta(days=1)), date_text(case.until))]
    wanted += [(place(c.since), date_text(c.since)) for c in case.certificates[1:]]
    recommended, beside = _recommended(guideline, (case.since - start).days, width)
    return StripPlot(
        degrees=tuple(bar(p.since, p.until, _kind(p.degree), degree_text(p.degree), ROOM_DEGREE) for p in case.degrees),
        certificates=tuple(
            bar(c.since, min(c.until, end), "certificate", certificate_text(number), ROOM_CERTIFICATE)
            for number, c in enumerate(case.certificates, start=1)
        ),
        before=bar(start, first - timedelta(days=1), "before", before_text, ROOM_CERTIFICATE)
        if first > start
        else None,
        guideline=recommended,
        guideline_text=beside,
        today_x=percent(today),
        today=Label(percent(today), today_text, anchor_at(today, edge=0.16), strong=True),
        dates=_dates(wanted),
        title=title,
        description=description,
    )


def _recommended(said: tuple[int, int, str] | None, before: int, width: int) -> tuple[Bar | None, Label | None]:
    """The bar from the shortest to the longest, and its text where there is more room: after it, before it or below."""
    if said is None:
        return None, None
    first, last, text = said
    left, right = (before + first - 1) / width, min(1.0, (before + last) / width)
    if left >= 1.0:
        return None, Label(percent(1.0), text, "end")
    bar = Bar(percent(left), percent(right - left), "guideline", "", percent(left))
    after = 1.0 - right >= left
    return bar, Label(percent(right if after else left), text, "start" if after else "end")


def _kind(degree: float | None) -> str:
    return "unknown" if degree is None else str(round(degree * 100))


def _dates(wanted: Sequence[tuple[float, str]]) -> tuple[Label, ...]:
    kept = spread(list(wanted), apart=ROOM_DATE)
    return tuple(Label(percent(part), text, anchor_at(part, edge=0.05)) for part, text in kept)

"""Swedish sentences that stand in written resources."""

from __future__ import annotations

from datetime import date

from risk.diagnoses import NATIONAL, group_name
from risk.result import Band, Horizon, RiskResult

_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
BANDS = {
    Band.LOWER: "lägre än för diagnosen",
    Band.AS_DIAGNOSIS: "ungefär som för diagnosen",
    Band.RAISED: "förhöjd",
    Band.HIGH: "hög",
}


def day_in_words(day: date) -> str:
    """ "5 februari 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def of_hundred(share: float) -> str:
    """A share as a number of people; very small and very large ones are not rounded to none or all.

    >>> of_hundred(0.374), of_hundred(0.001), of_hundred(0.998)
    ('ungefär 37 av 100', 'färre än 1 av 100', 'fler än 99 av 100')
    """
    number = round(share * 100)
    if number < 1:
        return "färre än 1 av 100"
    return "fler än 99 av 100" if number > 99 else f"ungefär {number} av 100"


def _group(result: RiskResult) -> str:
    return group_name(result.match.key if result.match else NATIONAL)[0]


def rationale(horizon: Horizon, result: RiskResult) -> str:
    """Why the figure is what it is, in words; for a horizon that has a figure."""
    if horizon.share is None:
        raise ValueError("a passed or unknown horizon has no figure to explain")
    parts = [
        f"Av fall som pågår dag {horizon.given_day} är {of_hundred(horizon.share)} fortfarande sjukskrivna dag "
        f"{horizon.day} ({day_in_words(horizon.date)}). Jämförelsegrupp: {_group(result)}."
    ]
    low, high = horizon.share_low, horizon.share_high
    if low is not None and high is not None and of_hundred(low) != of_hundred(high):
        parts.append(
            f"Första sjukdagen är inte säkert känd. Därför kan det vara från {of_hundred(low)} till {of_hundred(high)}."
        )
    parts.extend(reason.sv for reason in result.reasons)
    return " ".join(parts)


def summary(result: RiskResult, *, day: int) -> list[str]:
    """The assessment in a few lines, for the narrative."""
    lines = [f"Risk för lång sjukskrivning, bedömd dag {day} i fallet."]
    for horizon in result.horizons:
        if horizon.passed:
            lines.append(f"Dag {horizon.day}: har passerats.")
        elif horizon.share is None:
            lines.append(f"Dag {horizon.day}: ingen siffra finns.")
        else:
            lines.append(f"Dag {horizon.day} ({day_in_words(horizon.date)}): {of_hundred(horizon.share)}.")
    lines.append(f"Modell: {result.model.name_sv}, version {result.model.version}.")
    lines.extend(limit.sv for limit in result.limits)
    return lines

"""National figures: how long the cases of each diagnosis group lasted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from risk.errors import CatalogueFault
from risk.packaged import packaged_rows
from risk.survival import PiecewiseCurve

YEAR = 2017
DAYS = (15, 30, 90, 180, 365)
_FILE = "figures/national_2017.csv"
_COLUMNS = ("n_15_29d", "n_30_89d", "n_90_179d", "n_180_364d", "n_365d_plus")


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One diagnosis group.

    Attributes:
        key: three-character code, or "ALL".
        cases: cases longer than 14 days that began in the year.
        curve: S(t), computed from the counts.
    """

    key: str
    cases: int
    curve: PiecewiseCurve


@cache
def national_figures() -> dict[str, GroupFigures]:
    """National figures of 2017 by group.

    Raises:
        CatalogueFault: the counts of a row do not add up.

    Source: Försäkringskassan (MiDAS) through sklintyg/srs; risk/figures/README.md.

    >>> round(national_figures()["M54"].curve.at(90), 4)
    0.2655
    """
    return {row["icd10"]: _figures(row) for row in packaged_rows(_FILE)}


def _figures(row: dict[str, str]) -> GroupFigures:
    counts = [int(row[column]) for column in _COLUMNS]
    total = int(row["n_total"])
    if sum(counts) != total or min(counts) <= 0:
        raise CatalogueFault(file=_FILE, key=row["icd10"], reason="the counts do not add up")
    shares = tuple(sum(counts[place:]) / total for place in range(len(counts)))
    return GroupFigures(row["icd10"], total, PiecewiseCurve(DAYS, shares))

"""The chapter of a diagnosis: when no group has figures, those groups of its ICD chapter that have, put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from risk.errors import NoDiagnosis, NoModel
from risk.features import Features
from risk.group_match import NATIONAL, GroupMatch, MatchLevel
from risk.statistics import DAYS, YEAR, national_figures
from risk.survival import Curve, PiecewiseCurve

_LEAST_GROUPS = 4
CHAPTERS_BY_LETTER = {"F": "F", "M": "M", "S": "S"}
"""First letter of a code -> chapter key; only chapters of which at least four groups have figures."""


@dataclass(frozen=True, slots=True)
class ChapterModel:
    """S(t) of the counted groups of a chapter together; nothing about the patient counts."""

    id: str = "national-2017-chapters"
    version: str = "1"
    name_sv: str = f"Nationella siffror {YEAR} per kapitel"
    name_en: str = f"National figures {YEAR} by chapter"
    basis_sv: str = f"Försäkringskassans siffror {YEAR} för de diagnosgrupper i kapitlet som har siffror, tillsammans."
    basis_en: str = f"The Social Insurance Agency's figures of {YEAR} for the groups of the chapter that have figures."
    simulated: bool = False
    individual: bool = False
    reviewed: bool = True

    def match(self, diagnosis: str | None) -> GroupMatch:
        """The chapter that answers.

        Raises:
            NoDiagnosis: none was coded.
            NoModel: too few groups of the chapter have figures.
        """
        if diagnosis is None:
            raise NoDiagnosis
        key = CHAPTERS_BY_LETTER.get(diagnosis[:1])
        if key is None or key not in chapter_figures():
            raise NoModel(code=diagnosis)
        return GroupMatch(diagnosis, key, MatchLevel.CHAPTER)

    def curve(self, features: Features) -> Curve:
        """The chapter's curve."""
        return self.group_curve(self.match(features.diagnosis))

    def group_curve(self, match: GroupMatch) -> Curve:
        """S(t) of the chapter's groups together."""
        return chapter_figures()[match.key][1]

    def cases(self, match: GroupMatch) -> int:
        """How many cases the figures rest on."""
        return chapter_figures()[match.key][0]


@cache
def chapter_figures() -> dict[str, tuple[int, PiecewiseCurve]]:
    """Chapter key -> cases and S(t), from the counts of its groups.

    >>> sorted(chapter_figures())
    ['F', 'M', 'S']
    """
    found = {}
    for letter in set(CHAPTERS_BY_LETTER.values()):
        groups = [one for key, one in national_figures().items() if key != NATIONAL and key.startswith(letter)]
        if len(groups) < _LEAST_GROUPS:
            continue
        cases = sum(one.cases for one in groups)
        shares = tuple(sum(one.cases * one.curve.at(day) for one in groups) / cases for day in DAYS)
        found[letter] = (cases, PiecewiseCurve(DAYS, shares))
    return found


CHAPTERS = ChapterModel()

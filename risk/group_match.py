"""How a diagnosis was matched to a group of diagnoses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NATIONAL = "ALL"


class MatchLevel(StrEnum):
    """How close the group is to the diagnosis."""

    EXACT = "exact"
    COARSER = "coarser"
    CHAPTER = "chapter"  # no group has figures: those groups of the ICD chapter that have
    NATIONAL = "national"  # no group has figures: everyone on sick leave in the country


@dataclass(frozen=True, slots=True)
class GroupMatch:
    """The group found for a diagnosis.

    Attributes:
        code: the diagnosis asked about, ICD-10-SE without dot.
        key: the group's code, a letter for a chapter, or "ALL" for the whole country.
        level: exact, coarser (a shorter code), chapter or national.
    """

    code: str
    key: str
    level: MatchLevel

"""From a diagnosis to the group that has figures: longest match of the code, down to three characters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

NATIONAL = "ALL"


class MatchLevel(StrEnum):
    """How close the group is to the diagnosis."""

    EXACT = "exact"
    COARSER = "coarser"
    NATIONAL = "national"  # no group has figures: everyone on sick leave in the country


@dataclass(frozen=True, slots=True)
class GroupMatch:
    """The group found for a diagnosis.

    Attributes:
        code: the diagnosis asked about, ICD-10-SE without dot.
        key: the group's code, or "ALL" for the whole country.
        level: exact, coarser (a shorter code) or national.
    """

    code: str
    key: str
    level: MatchLevel


def find_key(icd: str, keys: Collection[str]) -> str | None:
    """The longest beginning of `icd`, at least three characters, that is one of `keys`; None when there is none.

    >>> find_key("F438A", {"F43", "F438"})
    'F438'
    """
    return next((icd[:length] for length in range(len(icd), 2, -1) if icd[:length] in keys), None)

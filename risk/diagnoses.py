"""From a diagnosis to the group that has figures: longest match of the code, down to three characters."""

from __future__ import annotations

from collections.abc import Collection

from risk.errors import NoDiagnosis
from risk.group_match import NATIONAL, GroupMatch, MatchLevel
from risk.statistics import national_figures
from terminology.codes import icd_titles, pretty_icd

__all__ = ["NATIONAL", "GroupMatch", "MatchLevel", "find_group", "find_key", "group_name"]


_CHAPTERS = {
    "F": ("psykiska sjukdomar (kapitel F)", "mental disorders (chapter F)"),
    "M": ("sjukdomar i rörelseorganen (kapitel M)", "musculoskeletal diseases (chapter M)"),
    "S": ("skador (kapitel S)", "injuries (chapter S)"),
}


def find_key(icd: str, keys: Collection[str]) -> str | None:
    """The longest beginning of `icd`, at least three characters, that is one of `keys`; None when there is none.

    >>> find_key("F438A", {"F43", "F438"})
    'F438'
    """
    return next((icd[:length] for length in range(len(icd), 2, -1) if icd[:length] in keys), None)


def find_group(icd: str | None, keys: Collection[str] | None = None) -> GroupMatch:
    """The group whose figures answer for a diagnosis.

    Args:
        icd: ICD-10-SE without dot; None when none was coded.
        keys: groups that have figures; the national statistics when left out.

    Raises:
        NoDiagnosis: `icd` is None.

    >>> find_group("F438A").key, find_group("F438A").level.value
    ('F43', 'coarser')
    >>> find_group("K509").level.value
    'national'
    """
    if icd is None:
        raise NoDiagnosis
    key = find_key(icd, national_figures().keys() - {NATIONAL} if keys is None else keys)
    if key is None:
        return GroupMatch(icd, NATIONAL, MatchLevel.NATIONAL)
    return GroupMatch(icd, key, MatchLevel.EXACT if key == icd else MatchLevel.COARSER)


def group_name(key: str) -> tuple[str, str]:
    """Swedish and English words for a group, with its code; never blank.

    >>> group_name("M54")
    ('ryggvärk (M54)', 'back pain (M54)')
    >>> group_name("ALL")[1]
    'all diagnoses'
    """
    if key == NATIONAL:
        return "alla diagnoser", "all diagnoses"
    if key in _CHAPTERS:
        return _CHAPTERS[key]
    title = icd_titles().get(key)
    if title is None:
        return pretty_icd(key), pretty_icd(key)
    code = pretty_icd(key)
    return f"{_lower(title.title_sv)} ({code})", f"{_lower(title.label_en)} ({code})"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]

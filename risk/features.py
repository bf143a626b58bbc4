"""What a model may know of a case; None means unknown and stays so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from risk.case import CareHistory, Certificate, Occupation, Person, Sex, SickLeaveCase
from risk.packaged import packaged_toml

SHORTEST_PRIOR_CASE = 15
SEVERAL = 2  # other diseases, specialist visits, days in hospital
COLUMNS = (
    "Sex",
    "age_cat_fct",
    "Region",
    "SA_1_gross",
    "SA_SyssStart_fct",
    "SA_ExtentFirst",
    "edu_cat_fct",
    "NoCareAtStart",
    "comorbidity",
    "DP_atStart",
    "birth_cat_fct",
    "Visits_yearBefore_all_r1_median",
    "Vtid_yearBefore_all_r1_median",
)


@dataclass(frozen=True, slots=True)
class Features:
    """Inputs of a model for one case, with names and levels of the national risk tool's questions.

    Attributes:
        diagnosis: ICD-10-SE without dot; None when none was coded.
        columns: every one of COLUMNS -> its level, e.g. "Sex" -> "Female"; None = unknown.

    Source: sklintyg/srs, version 3.0: questions, levels and the rules for sex, age class and region.
    """

    diagnosis: str | None
    columns: dict[str, str | None]


def build(case: SickLeaveCase) -> Features:
    """What the case itself tells; questions nobody has answered stay None.

    Education, country of birth and compensation have no element in a chart: they are asked for or stay unknown.

    Source: as for `Features`; prior leave is of the twelve months before day 1, among the certificates in scope; what
    the chart tells of care, `risk.care_history`.
    """
    known = {
        "Sex": _sex(case.person.sex),
        "age_cat_fct": age_class(case.person.birth_date, case.since),
        "Region": region(case.person),
        "SA_1_gross": prior_leave(case.prior_longest_case_days, whole=case.care.leave_whole),
        "SA_SyssStart_fct": _occupation(case.certificates),
        "SA_ExtentFirst": _first_degree(case),
        **care_columns(case.care),
    }
    return Features(case.diagnosis, {name: known.get(name) for name in COLUMNS})


def age_class(born: date | None, on: date) -> str | None:
    """Age class on a day; None when the birth date is unknown or after the day.

    >>> age_class(date(1980, 4, 12), date(2026, 4, 11)), age_class(date(2000, 1, 1), date(2026, 1, 1))
    ('40-49', '17-29')
    """
    if born is None or born > on:
        return None
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    classes = ((29, "17-29"), (39, "30-39"), (49, "40-49"), (56, "50-56"))
    return next((name for last, name in classes if age <= last), "57-63")


def region(person: Person) -> str | None:
    """Part of the country by the patient's postcode, else by county; None when neither tells.

    >>> region(Person(postal_code="902 32"))
    'Nord'
    """
    rules = _regions()
    prefix = (person.postal_code or "").replace(" ", "")[:2]
    county = (person.county_code or "").strip().lstrip("0")
    return rules["postcode"].get(prefix) or rules["county"].get(county)


def prior_leave(longest_case_days: int, *, whole: bool) -> str | None:
    """Level of the question on other cases in the last twelve months; cases of at most 14 days count as none.

    Args:
        whole: the record reaches back beyond those months; else none found is unknown, and what is found is a least.
    """
    if longest_case_days < SHORTEST_PRIOR_CASE:
        return "0" if whole else None
    if longest_case_days <= 90:
        return "(0,90]"
    return "(90,180]" if longest_case_days <= 180 else "(180,366]"


def care_columns(care: CareHistory) -> dict[str, str | None]:
    """Columns that the patient's care tells; two or more is known when seen, fewer only where the record is whole.

    >>> care_columns(CareHistory(hospital_days=3))["Vtid_yearBefore_all_r1_median"]
    'aboveMedian'
    """
    began = care.began_in_primary_care
    return {
        "NoCareAtStart": None if began is None else ("NoCareAtStart" if began else "CareAtStart"),
        "comorbidity": _several(len(care.other_diseases), care.diseases_whole, "no", "yes"),
        "Visits_yearBefore_all_r1_median": _several(
            len(care.specialist_visits), care.visits_whole, "LessT2V", "aboveMedian"
        ),
        "Vtid_yearBefore_all_r1_median": _several(care.hospital_days, care.stays_whole, "LessT2V", "aboveMedian"),
    }


def _several(seen: int, whole: bool, fewer: str, more: str) -> str | None:
    if seen >= SEVERAL:
        return more
    return fewer if whole else None


@cache
def _regions() -> dict[str, dict[str, str]]:
    listed = packaged_toml("rules/regions.toml")
    return {
        kind: {code: name for name, codes in listed[kind].items() for code in codes} for kind in ("postcode", "county")
    }


def _sex(sex: Sex | None) -> str | None:
    return None if sex is None else {Sex.FEMALE: "Female", Sex.MALE: "Male"}[sex]


def _occupation(certificates: Iterable[Certificate]) -> str | None:
    said = next((one.occupations for one in certificates if one.occupations), None)
    if said is None:
        return None
    return "unemp" if said == {Occupation.JOB_SEEKER} else "not_unemp"


def _first_degree(case: SickLeaveCase) -> str | None:
    degree = case.degrees[0].degree if case.degrees else None
    return None if degree is None else f"{degree:g}"

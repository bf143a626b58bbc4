"""Inputs of the fitted models: every column with its levels, and which of them each diagnosis key uses."""

from __future__ import annotations

from functools import cache

from risk.packaged import packaged_rows

LEVELS: dict[str, tuple[str, ...]] = {
    "Sex": ("Female", "Male"),
    "age_cat_fct": ("40-49", "17-29", "30-39", "50-56", "57-63"),
    "Region": ("Stockholm", "Nord", "Mitt", "Vast", "Syd"),
    "birth_cat_fct": ("SW", "World"),
    "edu_cat_fct": ("No university", ">12 years"),
    "comorbidity": ("no", "yes"),
    "SA_SyssStart_fct": ("not_unemp", "unemp"),
    "DP_atStart": ("false", "true"),
    "SA_1_gross": ("0", "(0,90]", "(90,180]", "(180,366]"),
    "NoCareAtStart": ("NoCareAtStart", "CareAtStart"),
    "Visits_yearBefore_all_r1_median": ("LessT2V", "aboveMedian"),
    "Vtid_yearBefore_all_r1_median": ("LessT2V", "aboveMedian"),
    "SA_ExtentFirst": ("1", "0.5", "0.25", "0.75"),
}
"""Column -> levels, the reference level first.

Source: sklintyg/srs 3.0 (questions and answers). The order is ours: a column depends on earlier ones only.
"""

ALWAYS = ("Sex", "age_cat_fct", "Region")
SENSITIVE = ("birth_cat_fct", "edu_cat_fct", "Region")


@cache
def key_questions() -> dict[str, tuple[str, ...]]:
    """Diagnosis key -> the questions it uses, in the order in which the national tool asks them.

    Source: sklintyg/srs 3.0, risk/figures/README.md.

    >>> len(key_questions()), key_questions()["M17"][0]
    (34, 'NoCareAtStart')
    """
    return {row["icd10"]: tuple(row["questions"].split()) for row in packaged_rows("figures/questions.csv")}


def key_columns(key: str) -> tuple[str, ...]:
    """Columns of one key's model, in the order of LEVELS.

    >>> key_columns("S62")[:3]
    ('Sex', 'age_cat_fct', 'Region')
    """
    used = {*ALWAYS, *key_questions()[key]}
    return tuple(name for name in LEVELS if name in used)


def group_of(key: str) -> str:
    """The three-character group of a key; the key itself when it is one."""
    return key[:3]

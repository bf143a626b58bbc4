"""Recommended maximum length by the national guideline (FMB): a range when severity or workload are not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from risk.errors import CatalogueFault
from risk.packaged import packaged_rows
from risk.result import Reason
from risk.wording import days_en, days_sv

EDITION = "2020-04"
_FILE = "figures/guideline_2020.csv"
SEVERITY, WORKLOAD = COLUMNS = ("guideline_severity", "guideline_workload")
"""What a physician may answer so that the guideline's range narrows; words in rules/answers_in_words.toml."""
_SEVERITIES = ("lindrig", "måttlig", "uttalad")


@dataclass(frozen=True, slots=True)
class TypicalCase:
    """One typical case of the guideline; "" where it does not say; `max_days` None = no maximum is given."""

    id: str
    codes: tuple[str, ...]
    severity: str
    workload: str
    intervention: str
    max_days: int | None


@dataclass(frozen=True, slots=True)
class Guideline:
    """What the guideline says of a diagnosis.

    Attributes:
        code: the code in the guideline that the diagnosis begins with.
        shortest, longest: range of the maxima in days of the typical cases that fit; None = no maximum is given.
        open_ended: some typical case has no maximum.
        cases: those that fit.
        told: what the range was narrowed by: "severity", "workload".
    """

    code: str
    shortest: int | None
    longest: int | None
    open_ended: bool
    cases: tuple[TypicalCase, ...]
    told: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def guideline(icd: str | None, *, severity: str | None = None, workload: str | None = None) -> Guideline | None:
    """What the guideline recommends at most; None when none is held for this diagnosis, which is a real state.

    Args:
        icd: ICD-10-SE without dot. Shortened only to a code that is itself in the guideline; never widened to others.
        severity: part of the guideline's word, e.g. "lindrig"; None = unknown, every severity counts.
        workload: likewise, e.g. "hög".

    Source: Socialstyrelsen, FMB typical cases as of April 2020; a month is 30 days. Current guidance may differ.

    >>> found = guideline("M545")
    >>> found.shortest, found.longest
    (7, 14)
    >>> guideline("R53") is None
    True
    """
    if icd is None:
        return None
    known = {code for case in typical_cases() for code in case.codes}
    code = next((icd[:length] for length in range(len(icd), 2, -1) if icd[:length] in known), None)
    if code is None:
        return None
    cases = [case for case in typical_cases() if code in case.codes]
    fitting = tuple(case for case in cases if _fits(case.severity, severity) and _fits(case.workload, workload))
    chosen = fitting or tuple(cases)
    days = [case.max_days for case in chosen if case.max_days is not None]
    return Guideline(
        code=code,
        shortest=min(days, default=None),
        longest=max(days, default=None),
        open_ended=any(case.max_days is None for case in chosen),
        cases=chosen,
        told=frozenset(name for name, said in (("severity", severity), ("workload", workload)) if said is not None),
    )


def guideline_told(icd: str | None, answers: Mapping[str, str]) -> Guideline | None:
    """As `guideline`, with what was answered to `COLUMNS`; what is no answer of theirs counts as unknown."""
    known = {name: level for name, level in answers.items() if name in COLUMNS and level in _levels(icd, name)}
    return guideline(icd, severity=known.get(SEVERITY), workload=known.get(WORKLOAD))


def guideline_answers(icd: str | None, answers: Mapping[str, str]) -> dict[str, dict[str, Guideline]]:
    """Column -> answer -> what the guideline then says, for the questions whose answers make a difference.

    Args:
        answers: given before; a question that was answered stays, so that it can be answered anew.

    >>> {level: one.longest for level, one in guideline_answers("M545", {})[WORKLOAD].items()}
    {'lätt belastning': 7, 'hög belastning': 14}
    >>> guideline_answers("M23", {})
    {}
    """
    found = {}
    for name in COLUMNS:
        told = {level: guideline_told(icd, {**answers, name: level}) for level in _levels(icd, name)}
        said = {level: one for level, one in told.items() if one is not None}
        if name in answers or len({(one.shortest, one.longest, one.open_ended) for one in said.values()}) > 1:
            found[name] = said
    return {name: said for name, said in found.items() if said}


def _levels(icd: str | None, name: str) -> tuple[str, ...]:
    """The answers that the typical cases of a diagnosis tell apart, in their order."""
    found = guideline(icd)
    cases = found.cases if found else ()
    if name == SEVERITY:
        return tuple(word for word in _SEVERITIES if any(word in one.severity for one in cases))
    return tuple(dict.fromkeys(one.workload for one in cases if one.workload))


def days_over(found: Guideline | None, day: int) -> int | None:
    """Days over the longest recommended time (negative: left to the shortest); None when it cannot be said.

    Between the two it depends on what is not known, and where some typical case has no maximum nobody is over it.

    >>> [days_over(guideline("M545"), day) for day in (5, 10, 37)]
    [-2, None, 23]
    """
    if found is None or found.shortest is None or found.longest is None:
        return None
    if day <= found.shortest:
        return day - found.shortest
    return day - found.longest if day > found.longest and not found.open_ended else None


def depends_on(found: Guideline) -> tuple[str, ...]:
    """What the range depends on: "severity", "workload", both or neither (then on something else in the guideline)."""
    return tuple(
        name
        for name, said in (
            ("severity", {one.severity for one in found.cases}),
            ("workload", {one.workload for one in found.cases}),
        )
        if found.shortest != found.longest and len(said) > 1 and name not in found.told
    )


def against(found: Guideline | None, day: int) -> Reason:
    """Days over or under the recommended maximum, in words; a range where the guideline gives one."""
    if found is None:
        return Reason("Det finns ingen riktlinje för diagnosen.", "There is no guideline for this diagnosis.")
    if found.longest is None or found.shortest is None:
        return Reason("Riktlinjen anger ingen längsta tid.", "The guideline gives no maximum.")
    if found.open_ended and day > found.longest:
        return Reason(
            "Riktlinjen anger ingen längsta tid för de svåraste fallen.",
            "The guideline gives no maximum for the most severe cases.",
        )
    if day > found.longest:
        over = day - found.longest
        return Reason(
            f"{days_sv(over)} längre än riktlinjens längsta tid, {days_sv(found.longest)}.",
            f"{days_en(over)} over the guideline's longest, {days_en(found.longest)}.",
        )
    span_sv = days_sv(found.longest) if found.shortest == found.longest else f"{found.shortest}–{found.longest} dagar"
    span_en = days_en(found.longest) if found.shortest == found.longest else f"{found.shortest}–{found.longest} days"
    if day <= found.shortest:
        left = found.shortest - day
        return Reason(
            f"Inom riktlinjen, {span_sv}. {days_sv(left)} kvar till den kortaste tiden.",
            f"Within the guideline, {span_en}. {days_en(left)} left to the shortest.",
        )
    by = depends_on(found)
    on_sv = " och ".join(_ON[one][0] for one in by) or "sådant som riktlinjen nämner"
    on_en = " and ".join(_ON[one][1] for one in by) or "what the guideline names"
    return Reason(
        f"Beror på {on_sv}: riktlinjen anger högst {span_sv}.",
        f"Depends on {on_en}: the guideline gives at most {span_en}.",
    )


_ON = {"severity": ("svårighetsgrad", "severity"), "workload": ("arbetets krav", "workload")}


@cache
def typical_cases() -> tuple[TypicalCase, ...]:
    """Every typical case shipped.

    Raises:
        CatalogueFault: a row has no code, or a maximum that is no number of days.
    """
    found = []
    for row in packaged_rows(_FILE):
        codes, text = tuple(row["icd10"].split()), row["max_days"]
        if not codes or (text and not text.isdigit()):
            raise CatalogueFault(file=_FILE, key=row["id"], reason="no code, or a maximum that is no number")
        found.append(
            TypicalCase(
                row["id"], codes, row["severity"], row["workload"], row["intervention"], int(text) if text else None
            )
        )
    return tuple(found)


def _fits(said: str, asked: str | None) -> bool:
    return asked is None or not said or asked in said

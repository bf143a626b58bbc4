"""Days that matter ahead: the rehabilitation chain and the end of the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from risk.case import Occupation, SickLeaveCase
from risk.days import length, plus
from risk.errors import CatalogueFault
from risk.packaged import packaged_toml

_FILE = "rules/rehab_chain.toml"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One day ahead.

    Attributes:
        day: chain day when `chain`, else day of the case.
        date: the calendar day.
        chain: counted on the rehabilitation chain.
        agency_decides: Försäkringskassan decides what happens then; we only count the days.
    """

    day: int
    date: date
    text_sv: str
    text_en: str
    chain: bool
    agency_decides: bool = False


@dataclass(frozen=True, slots=True)
class ChainRule:
    """One row of the packaged rules.

    Attributes:
        day: of the chain.
        sv, en: for employees, and for those whose occupation is not known.
        employees: does not concern others, but for those in `others`.
        source: where it is from, and what of it is not checked.
        agency_decides: Försäkringskassan decides what happens then.
        valid_from, valid_until: in force between these days, both included; None = no date known.
        others: Swedish and English words for those who are certified against another occupation only.
    """

    day: int
    sv: str
    en: str
    employees: bool
    source: str
    agency_decides: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    others: Mapping[Occupation, tuple[str, str]] = field(default_factory=dict)

    def words(self, case: SickLeaveCase) -> tuple[str, str] | None:
        """Swedish and English for this patient; None when the day means nothing to them."""
        if is_employee(case):
            return self.sv, self.en
        own = next((self.others[one] for one in sorted(case.occupations) if one in self.others), None)
        return own or (None if self.employees else (self.sv, self.en))

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


def upcoming(case: SickLeaveCase, on: date, *, rules: Sequence[ChainRule] | None = None) -> tuple[Milestone, ...]:
    """What lies ahead on day `on` or later, ascending by date; empty when nothing is left.

    Args:
        rules: the packaged ones when left out; a rule holds when it is in force on the day it speaks of.

    Source: risk/rules/rehab_chain.toml, each row with its dates and source.
    """
    chain_today = chain_day_on(case, on)
    ahead = [
        Milestone(rule.day, day, *words, True, rule.agency_decides)
        for rule in (chain_rules() if rules is None else rules)
        if rule.day >= chain_today and (words := rule.words(case)) is not None
        for day in (plus(on, rule.day - chain_today),)
        if rule.holds_on(day)
    ]
    if case.until >= on:
        last = length(case.since, case.until)
        ahead.append(Milestone(last, case.until, "Intyget slutar", "The certificate ends", False))
    return tuple(sorted(ahead, key=lambda one: (one.date, one.chain)))


def passed(case: SickLeaveCase) -> tuple[int, ...]:
    """Days of the chain that have come and that meant something to this patient, ascending."""
    return tuple(
        rule.day
        for rule in chain_rules()
        if rule.day <= case.chain_day
        and rule.words(case) is not None
        and rule.holds_on(plus(case.on, rule.day - case.chain_day))
    )


def chain_day_on(case: SickLeaveCase, on: date) -> int:
    """Day of the rehabilitation chain on another day than the case was looked at."""
    return case.chain_day + (on - case.on).days


def is_employee(case: SickLeaveCase) -> bool:
    """Whether the chain concerns the patient in full; unknown counts as yes, so that nothing is missed."""
    return not case.occupations or Occupation.CURRENT_WORK in case.occupations


@cache
def chain_rules() -> tuple[ChainRule, ...]:
    """The packaged rules, ascending by day.

    Raises:
        CatalogueFault: a row lacks something.
    """
    return tuple(sorted(map(_rule, packaged_toml(_FILE)["milestone"]), key=lambda rule: rule.day))


def _rule(row: dict[str, Any]) -> ChainRule:
    try:
        others = {Occupation(name): (said["sv"], said["en"]) for name, said in row.get("others", {}).items()}
        return ChainRule(**{**row, "others": others})
    except (TypeError, ValueError, KeyError) as wrong:
        raise CatalogueFault(_FILE, str(row.get("day", "?")), str(wrong)) from wrong

"""Interventions for a case, chosen by rules that experts own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from risk.case import SickLeaveCase
from risk.days import plus
from risk.diagnoses import find_key, group_name
from risk.intervention_catalogue import Catalogue, Entry, When, load
from risk.result import RiskResult
from risk.wording import date_en, date_sv, days_en, days_sv, when_en, when_sv

PRESELECTED = 3
SHORTEST_NOTICE = 7  # days: a milestone nearer than this is no realistic last day


@dataclass(frozen=True, slots=True)
class Intervention:
    """One proposed intervention (åtgärd).

    Attributes:
        id: stable id in the catalogue, e.g. "return-to-work-plan".
        title_sv, title_en: our own wording.
        actor_code: who does it, e.g. "physician", "coordinator", "physiotherapist", "employer".
        actor_sv, actor_en: the same in words.
        kva: KVÅ code; None when no verified code exists.
        start, due: when it should begin and be done, both included.
        why_sv, why_en: why it is proposed for this case.
        preselected: one of the three most relevant.
        rule: the rule that chose it, e.g. "M545-3" (third of that diagnosis) or "plan-passed-60".
    """

    id: str
    title_sv: str
    title_en: str
    actor_code: str
    actor_sv: str
    actor_en: str
    kva: str | None
    start: date
    due: date
    why_sv: str
    why_en: str
    preselected: bool
    rule: str


@dataclass(frozen=True, slots=True)
class _Choice:
    entry: Entry
    weight: int
    rule: str
    sv: str
    en: str


def choose(case: SickLeaveCase, result: RiskResult, *, catalogue: Catalogue | None = None) -> tuple[Intervention, ...]:
    """Interventions for a case, the most relevant first; always answers, also without a diagnosis.

    Args:
        case: as seen on its day `on`.
        result: its risk, from `risk.assess.assess`.
        catalogue: the packaged one when left out.

    Returns:
        Each intervention once, with the reason and rule that weigh most; three (of different kinds where there are)
        are preselected.
    """
    catalogue = catalogue or load()
    best: dict[str, _Choice] = {}
    for choice in (*_by_diagnosis(case, catalogue), *_by_rules(case, result, catalogue)):
        held = best.get(choice.entry.id)
        if choice.entry.from_day <= case.day and (held is None or choice.weight > held.weight):
            best[choice.entry.id] = choice
    ranked = sorted(best.values(), key=lambda one: (-one.weight, one.entry.id))
    chosen = _preselected(ranked)
    return tuple(_intervention(choice, case, choice.entry.id in chosen) for choice in ranked)


def _by_diagnosis(case: SickLeaveCase, catalogue: Catalogue) -> Iterable[_Choice]:
    key = None if case.diagnosis is None else find_key(case.diagnosis, catalogue.by_diagnosis.keys())
    if key is None:
        listed, rule, sv, en = (
            catalogue.default,
            "default",
            "Föreslås vid alla diagnoser.",
            "Proposed in all diagnoses.",
        )
    else:
        listed, rule = catalogue.by_diagnosis[key], key
        name_sv, name_en = group_name(key)
        sv, en = f"Föreslås vid {name_sv}.", f"Proposed in {name_en}."
    for number, name in enumerate(listed):
        weight = catalogue.diagnosis_weight - number * catalogue.diagnosis_step
        yield _Choice(catalogue.entries[name], weight, f"{rule}-{number + 1}", sv, en)


def _by_rules(case: SickLeaveCase, result: RiskResult, catalogue: Catalogue) -> Iterable[_Choice]:
    facts = _facts(case)
    for rule in catalogue.rules:
        if _holds(rule.when, case, result):
            entry = catalogue.entries[rule.add]
            yield _Choice(entry, rule.weight, rule.id, rule.sv.format_map(facts), rule.en.format_map(facts))


def _holds(when: When, case: SickLeaveCase, result: RiskResult) -> bool:
    left = (case.until - case.on).days
    return all(
        (
            when.day_from is None or case.day >= when.day_from,
            when.day_to is None or case.day <= when.day_to,
            when.ongoing is None or case.ongoing == when.ongoing,
            when.extension is None or case.extension == when.extension,
            when.degree is None or _degree(case) == when.degree,
            when.ends_within is None or 0 <= left <= when.ends_within,
            when.prior_days_from is None or case.prior_days_12_months >= when.prior_days_from,
            when.unexamined_from is None or case.renewals_without_examination >= when.unexamined_from,
            when.still_on_leave is None or _likely(when.still_on_leave, case, result),
        )
    )


def _degree(case: SickLeaveCase) -> str | None:
    if case.degree_now is None:
        return None
    return "full" if case.degree_now >= 1.0 else "part"


def _likely(wanted: Mapping[str, float], case: SickLeaveCase, result: RiskResult) -> bool:
    day = int(wanted["day"])
    if result.curve is None or case.day >= day:
        return False
    return result.curve.still_on_leave(day, case.day) >= wanted["share_from"]


def _facts(case: SickLeaveCase) -> dict[str, object]:
    left = (case.until - case.on).days
    return {
        "day": case.day,
        "unexamined": case.renewals_without_examination,
        "prior_sv": days_sv(case.prior_days_12_months),
        "prior_en": days_en(case.prior_days_12_months),
        "ends_sv": when_sv(left),
        "ends_en": when_en(left),
        "until_sv": date_sv(case.until, case.on),
        "until_en": date_en(case.until, case.on),
    }


def _preselected(ranked: list[_Choice]) -> frozenset[str]:
    kinds: set[str] = set()
    first: list[str] = []
    for choice in ranked:
        if choice.entry.kind not in kinds:
            kinds.add(choice.entry.kind)
            first.append(choice.entry.id)
    rest = [choice.entry.id for choice in ranked if choice.entry.id not in first]
    return frozenset([*first, *rest][:PRESELECTED])


def _intervention(choice: _Choice, case: SickLeaveCase, preselected: bool) -> Intervention:
    entry = choice.entry
    start = plus(case.on, entry.timing.start_in)
    return Intervention(
        id=entry.id,
        title_sv=entry.sv,
        title_en=entry.en,
        actor_code=entry.actor,
        actor_sv=entry.actor_sv,
        actor_en=entry.actor_en,
        kva=entry.kva,
        start=start,
        due=max(start, _due(entry, case)),
        why_sv=choice.sv,
        why_en=choice.en,
        preselected=preselected,
        rule=choice.rule,
    )


def _due(entry: Entry, case: SickLeaveCase) -> date:
    timing = entry.timing
    due = plus(case.on, timing.due_in)
    ahead = [day for day in timing.before_chain_days if day >= case.chain_day + SHORTEST_NOTICE]
    if ahead:
        due = plus(case.on, min(ahead) - case.chain_day)
    if timing.before_end is not None and case.ongoing:
        due = min(due, plus(case.until, -timing.before_end))
    return due

"""Interventions for a case, chosen by rules that experts own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from risk.case import SickLeaveCase
from risk.days import plus
from risk.diagnoses import find_key, group_name
from risk.intervention_catalogue import Catalogue, Entry, load
from risk.result import RiskResult
from risk.situation import Situation

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
class Held:
    """An intervention that a rule holds back, with the reason."""

    id: str
    title_sv: str
    title_en: str
    why_sv: str
    why_en: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Choice:
    entry: Entry
    weight: int
    rule: str
    sv: str
    en: str


def choose(
    case: SickLeaveCase,
    result: RiskResult,
    *,
    catalogue: Catalogue | None = None,
    done: frozenset[str] = frozenset(),
) -> tuple[Intervention, ...]:
    """`advise`, without what is held back."""
    return advise(case, result, catalogue=catalogue, done=done)[0]


def advise(
    case: SickLeaveCase,
    result: RiskResult,
    *,
    catalogue: Catalogue | None = None,
    done: frozenset[str] = frozenset(),
) -> tuple[tuple[Intervention, ...], tuple[Held, ...]]:
    """Interventions for a case, the most relevant first; always answers, also without a diagnosis.

    Args:
        case: as seen on its day `on`.
        result: its risk, from `risk.assess.assess`.
        catalogue: the packaged one when left out.
        done: KVÅ codes of what is done or ongoing in this case (procedures, plan).

    Returns:
        Each intervention once, with the reason and rule that weigh most; three (of different kinds where there are)
        are preselected. Then what would have been proposed but for a rule, with the rule and its reason.
    """
    catalogue, situation = catalogue or load(), Situation(case, result, done)
    best: dict[str, _Choice] = {}
    for choice in _proposed(situation, catalogue):
        known = best.get(choice.entry.id)
        if known is None or choice.weight > known.weight:
            best[choice.entry.id] = choice
    held = {one.id: one for one in _held(situation, catalogue) if one.id in best}
    ranked = sorted(
        (one for one in best.values() if one.entry.id not in held), key=lambda one: (-one.weight, one.entry.id)
    )
    chosen = _preselected(ranked)
    return tuple(_intervention(choice, case, choice.entry.id in chosen) for choice in ranked), tuple(held.values())


def _proposed(situation: Situation, catalogue: Catalogue) -> Iterable[_Choice]:
    for choice in (*_by_diagnosis(situation.case, catalogue), *_by_rules(situation, catalogue)):
        if choice.entry.from_day <= situation.case.day:
            yield choice


def _held(situation: Situation, catalogue: Catalogue) -> tuple[Held, ...]:
    found: dict[str, Held] = {}
    for rule in catalogue.holds:
        for name in rule.hold:
            entry = catalogue.entries[name]
            if name not in found and situation.holds(rule.when, entry.kva):
                facts = situation.facts()
                found[name] = Held(
                    name, entry.sv, entry.en, rule.sv.format_map(facts), rule.en.format_map(facts), rule.id
                )
    return tuple(found.values())


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
        name_sv, name_en = catalogue.names.get(key) or group_name(key)
        sv, en = f"Föreslås vid {name_sv}.", f"Proposed in {name_en}."
    for number, name in enumerate(listed):
        weight = catalogue.diagnosis_weight - number * catalogue.diagnosis_step
        yield _Choice(catalogue.entries[name], weight, f"{rule}-{number + 1}", sv, en)


def _by_rules(situation: Situation, catalogue: Catalogue) -> Iterable[_Choice]:
    facts = situation.facts()
    for rule in catalogue.rules:
        entry = catalogue.entries[rule.add]
        if situation.holds(rule.when, entry.kva):
            yield _Choice(entry, rule.weight, rule.id, rule.sv.format_map(facts), rule.en.format_map(facts))


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

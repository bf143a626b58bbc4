"""Interventions for a case, chosen by rules that experts own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
        rule: the rule that chose it, e.g. "M545/3".
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

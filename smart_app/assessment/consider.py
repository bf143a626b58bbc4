"""Steps 3 to 6 of the line, without I/O: chart in, everything that page, card, list and record say out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import orjson

from fhir_mapping.read.case import CaseReading, Chart, read_case
from risk.advice import Held, Intervention, advise
from risk.assess import RiskResult, assess
from risk.case import NOT_READ, CaseSpan, Scope, SickLeaveCase
from risk.certificates_to_cases import cases
from risk.features import build, care_columns
from risk.guideline import Guideline, guideline_answers
from risk.milestones import Milestone, upcoming
from smart_app.assessment.answers import Answers, Edge, Question, answered, edges, questions
from smart_app.model_choice import Models
from smart_app.own_rules import SHIPPED, OwnRules


@dataclass(frozen=True, slots=True)
class WithUs:
    """What our own tables hold of a case.

    Attributes:
        answers: column -> level.
        done: KVÅ codes of what is registered here.
        planned: interventions of the plan that somebody accepted.
    """

    answers: Answers = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    planned: tuple[Intervention, ...] = ()


NOTHING_WITH_US = WithUs()


@dataclass(frozen=True)
class Considered:
    """One chart, considered on one day. `result` is None when there is no case, or the patient has died.

    `spans` are all cases of the patient, also those yet to begin, ascending; `at` is the place of `case` among them.
    `answers` are those that `result` was made with; `questions` and `edges` are empty unless the patient counts.
    `guideline_questions` are those whose answers narrow the guideline's range: column -> answer -> what it then says.
    `interventions` are those proposed, then those that stand in the plan all the same; `held` are those that a rule of
    the catalogue holds back. `with_us` is what is done by our own tables.
    """

    reading: CaseReading
    spans: tuple[CaseSpan, ...]
    result: RiskResult | None
    interventions: tuple[Intervention, ...]
    milestones: tuple[Milestone, ...]
    answers: Answers = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    guideline_questions: Mapping[str, Mapping[str, Guideline]] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    held: tuple[Held, ...] = ()
    with_us: WithUs = NOTHING_WITH_US
    catalogue: str = SHIPPED.catalogue.version

    @property
    def case(self) -> SickLeaveCase | None:
        return self.reading.case

    @property
    def asked(self) -> dict[str, tuple[str, ...]]:
        """Every question that the page shows, with its answers."""
        risk = {one.column: tuple(effect.level for effect in one.effects) for one in self.questions}
        return risk | {column: tuple(levels) for column, levels in self.guideline_questions.items()}

    @property
    def at(self) -> int | None:
        """Index of `case` in `spans`; None without a case."""
        if self.case is None:
            return None
        ids = {one.id for one in self.case.certificates}
        return next(i for i, span in enumerate(self.spans) if ids & {one.id for one in span.certificates})


def consider(chart: Chart, *, on: date, scope: Scope, models: Models, own: OwnRules = SHIPPED) -> Considered:
    """Read the chart as a case, and put figures and interventions to it.

    Args:
        models: those that the installation chose; the same for page, list and unit run.
        own: its catalogue, and what it asks.

    Raises:
        WrongPatient: a resource of another patient is in the chart.
        MappingFault: the Patient itself cannot be read.
    """
    reading = read_case(chart, on=on, scope=scope)
    spans = cases(reading.certificates, scope=scope)
    found = Considered(reading, spans, None, (), (), catalogue=own.catalogue.version)
    if reading.case is None or reading.patient.deceased:
        return found
    return _figured(replace(found, milestones=upcoming(reading.case, on)), reading.case, models, own)


def reconsider(considered: Considered, with_us: WithUs, models: Models, own: OwnRules = SHIPPED) -> Considered:
    """The same chart, with what our own tables hold; answers count where the chart itself is silent."""
    if considered.case is None or considered.result is None:
        return considered
    said = build(considered.case).columns
    open_ = {column: level for column, level in with_us.answers.items() if said.get(column) is None}
    known = replace(with_us, answers=open_)
    if known == considered.with_us:
        return considered
    return _figured(replace(considered, with_us=known, answers=open_), considered.case, models, own)


def _figured(considered: Considered, case: SickLeaveCase, models: Models, own: OwnRules) -> Considered:
    answers, with_us = considered.answers, considered.with_us
    result = assess(case, models=answered(models, answers))
    done = considered.reading.done | with_us.done
    proposed, held = advise(case, result, catalogue=own.catalogue, done=done)
    there = {one.id for one in proposed}
    kept = tuple(one for one in with_us.planned if one.id not in there)
    planned = {one.id for one in with_us.planned}
    return replace(
        considered,
        result=result,
        interventions=(*proposed, *kept),
        held=tuple(one for one in held if one.id not in planned),
        questions=questions(case, result, models, answers, own),
        guideline_questions=guideline_answers(case.diagnosis, answers),
        edges=edges(case, result, models, answers),
    )


def chart_fingerprint(considered: Considered) -> str:
    """Digest of what the chart says, whatever the day: the same until a certificate or the person's data change."""
    case = considered.case
    if case is None:
        raise ValueError("no case, no fingerprint")
    said: dict[str, Any] = {
        "certificates": [_plain(one) for span in considered.spans for one in span.certificates],
        "person": _plain(case.person),
        "scope": _plain(case.scope),
    }
    if case.care != NOT_READ:
        said["care"] = care_columns(case.care)  # as the models see it: one visit more that changes nothing is no news
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def fingerprint(considered: Considered) -> str:
    """Digest of the inputs of the figures: what the chart says, the day it was considered on, and what was answered."""
    case = considered.case
    said = [chart_fingerprint(considered), case.on.isoformat() if case else ""]
    said += [f"{column}={level}" for column, level in sorted(considered.answers.items())]
    return hashlib.sha256("|".join(said).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Dataclasses as dicts, sets as sorted lists; references are left out, they change when an EHR moves."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != "reference"}
    if isinstance(value, frozenset | set):
        return sorted(str(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value

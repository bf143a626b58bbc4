"""Everything that one assessment's write needs; built by the caller, who owns ids, clock and acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from fhir_mapping.read.organization import Unit
from fhir_mapping.read.role import UserView
from fhir_mapping.urls import Urls
from fhir_mapping.write.entry import Kind
from fhir_mapping.write.parts import Labels
from risk.advice import Intervention
from risk.case import SickLeaveCase
from risk.result import RiskResult

Priority = Literal["routine", "urgent", "asap", "stat"]


@dataclass(frozen=True, slots=True)
class TaskState:
    """Where the coordinator's work on a case stands.

    Attributes:
        business_status: REKO_1 to REKO_8.
        owner: PractitionerRole reference of whom it is assigned to; None = the unit.
        due: next milestone; None = none ahead.
        rank: our numeric order, lowest first; None = not ranked.
    """

    business_status: str = "REKO_1"
    owner: str | None = None
    due: date | None = None
    rank: int | None = None
    priority: Priority = "routine"


@dataclass(frozen=True, slots=True)
class Versions:
    """What the stored result was made with."""

    model_set: str
    catalogue: str
    rules: str
    terminology: str
    questionnaire: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered question; a coded answer is (system, code, display)."""

    link_id: str
    text: str
    value: bool | int | str | date | tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class AssessmentToWrite:
    """One assessment to be written to the EHR.

    Attributes:
        urls: namespace and canonical base.
        ids: kind -> random UUID from our own table; needed: assessment, plan, task, provenance. With "procedure" and an
            active plan, "plan made" is written as KVÅ; with "answers", the answers.
        now: aware.
        patient: "Patient/12".
        patient_labels: labels of protected identity, carried on (PatientView.security).
        condition: reference of the main condition; None when there is none.
        encounter: the visit; None for coordination without one, and for unit runs.
        case, result: what was assessed and found.
        interventions: those accepted.
        plan_status: draft until somebody accepts it.
        author: who made the assessment; None for a unit run, where the software alone did.
        unit: responsible care unit.
        basis: references of what was read.
        replaces: identifier value of the assessment that this one replaces; None for the first.
        task: state of the coordinator's task.
        versions: what it was made with.
        first_written: when plan and task were first written; None = now.
        answers: answered questions.
    """

    urls: Urls
    ids: Mapping[Kind, str]
    now: datetime
    patient: str
    condition: str | None
    encounter: str | None
    case: SickLeaveCase
    result: RiskResult
    interventions: tuple[Intervention, ...]
    plan_status: Literal["draft", "active"]
    author: UserView | None
    unit: Unit
    basis: tuple[str, ...]
    versions: Versions
    task: TaskState = TaskState()
    replaces: str | None = None
    patient_labels: Labels = field(default=())
    first_written: datetime | None = None
    answers: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now must be aware")

    @property
    def created(self) -> datetime:
        """When plan and task came to be."""
        return self.first_written or self.now

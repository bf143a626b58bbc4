"""What one look at one patient gives the page, and whoever else asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from smart_app.assessment.consider import Considered
from smart_app.assessment.tables import AssessmentRow, PlanRow
from smart_app.outbox.states import WriteState
from smart_app.worklist.tables import TaskRow


@dataclass(frozen=True)
class Looked:
    """One look.

    Attributes:
        read_at: when the chart was read, UTC.
        considered: the chart's reading, the case, the figures, the interventions, the milestones.
        case_id: None when there is no case.
        plan: what is saved of the case's plan; None when nothing is.
        assessment: the newest saved assessment of the case; None when there is none.
        task: the case's row in the worklist; None when there is none.
        states: what became of each thing written to the EHR.
    """

    read_at: datetime
    considered: Considered
    case_id: str | None = None
    plan: PlanRow | None = None
    assessment: AssessmentRow | None = None
    task: TaskRow | None = None
    states: tuple[WriteState, ...] = ()

    @property
    def accepted(self) -> frozenset[str]:
        """Ids of the interventions that the saved plan holds."""
        return (
            frozenset(one["id"] for one in self.plan.interventions)
            if self.plan and self.plan.status == "active"
            else frozenset()
        )

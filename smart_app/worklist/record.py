"""Putting a case into the worklist: one row per case, computed columns renewed, the coordinator's state kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, select

from fhir_mapping.read.patient import PatientView
from fhir_mapping.write.reko import task_status
from risk import versions
from risk.assess import RiskResult
from risk.case import SickLeaveCase
from risk.milestones import Milestone
from risk.rank import Rank
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner
from smart_app.worklist.display import open_display, seal_display, shown_display
from smart_app.worklist.moves import START
from smart_app.worklist.tables import TaskRow
from terminology.release import RELEASE

PlanState = Literal["none", "draft", "active"]
CURVE_STEP_DAYS = 7


@dataclass(frozen=True, slots=True)
class RecordedTask:
    """What became of the row; `changed` is False when it already said all this.."""

    id: str
    version: int
    created: bool
    changed: bool
    row: TaskRow


def record(
    session: Session,
    sealer: Sealer,
    owner: Owner,
    *,
    case_id: str,
    patient: PatientView,
    case: SickLeaveCase,
    result: RiskResult,
    rank: Rank,
    milestone: Milestone | None,
    assessment_id: str | None,
    plan_id: str | None,
    plan_state: PlanState | None,
    now: datetime,
    condition: str | None = None,
    encounter: str | None = None,
    requester: str | None = None,
    unit_name: str | None = None,
    catalogue: str = versions.CATALOGUE,
) -> RecordedTask:
    """Write or renew the one row of a case; status, owner and history of the coordinator stay.

    Args:
        case_id: of `smart_app.case_register`; one row per issuer, care provider and case.
        milestone: the nearest ahead; None when there is none.
        assessment_id, plan_id: our ids of what was written; None keeps what is known.
        plan_state: None keeps what is known ("none" in a new row).
        condition, encounter, requester: references at the EHR, for the Task; None keeps what is known.
        unit_name: of the care unit; None keeps what is known.
        catalogue: version of the catalogue in use.

    Returns:
        The row's id and version; the version goes up only when something visible changed.
    """
    row = session.exec(
        select(TaskRow).where(*owner.within_provider(TaskRow), TaskRow.case_id == case_id).with_for_update()
    ).one_or_none()
    seen = {
        **_case_columns(case),
        **_risk_columns(case, result),
        **_rank_columns(rank, milestone),
        "patient_reference": patient.reference,
        "protected": patient.protected,
        "terminology_release": RELEASE,
        "catalogue_version": catalogue,
    }
    told = {
        "assessment_id": assessment_id,
        "plan_id": plan_id,
        "plan_state": plan_state,
        "condition_reference": condition,
        "encounter_reference": encounter,
        "requester_reference": requester,
        "unit_name": unit_name,
    }
    seen |= {name: value for name, value in told.items() if value is not None}
    if row is None:
        id_ = new_id()
        row = TaskRow(
            id=id_,
            case_id=case_id,
            **{**owner.columns(), **seen},
            status=task_status(START),
            business_status=START,
            sealed_display=seal_display(sealer, id_, patient),
            created_at=now,
            updated_at=now,
            read_at=now,
        )
        session.add(row)
        session.flush()
        return RecordedTask(row.id, row.version, created=True, changed=True, row=row)
    changed = _renew(row, {**seen, "care_unit": owner.care_unit}) | _renew_display(row, sealer, patient)
    row.read_at = now
    if changed:
        row.version += 1
        row.updated_at = now
    session.flush()
    return RecordedTask(row.id, row.version, created=False, changed=changed, row=row)


def _renew(row: TaskRow, seen: dict[str, Any]) -> bool:
    changed = False
    for name, value in seen.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def _renew_display(row: TaskRow, sealer: Sealer, patient: PatientView) -> bool:
    before = shown_display(sealer, row)
    row.sealed_display = seal_display(sealer, row.id, patient)
    return open_display(sealer, row) != before


def _case_columns(case: SickLeaveCase) -> dict[str, Any]:
    return {
        "diagnosis": case.diagnosis,
        "since": case.since,
        "until": case.until,
        "on": case.on,
        "day": case.day,
        "chain_day": case.chain_day,
        "degree": case.degree_now,
        "ongoing": case.ongoing,
        "renewals": case.renewals,
        "questionnaire": case.certificates[-1].template if case.certificates else None,
        "rules_version": versions.RULES,
    }


def _risk_columns(case: SickLeaveCase, result: RiskResult) -> dict[str, Any]:
    horizon = result.next_horizon
    points = () if result.curve is None else result.curve.points(case.day)
    return {
        "group_key": result.match.key if result.match else None,
        "match_level": result.match.level.value if result.match else None,
        "band": result.band.value,
        "horizon_day": horizon.day if horizon else None,
        "horizon_date": horizon.date if horizon else None,
        "share": horizon.share if horizon else None,
        "group_share": horizon.group_share if horizon else None,
        "points": [[day, round(share, 4)] for day, share in points[::CURVE_STEP_DAYS]],
        "model_id": result.model.id,
        "model_version": result.model.version,
    }


def _rank_columns(rank: Rank, milestone: Milestone | None) -> dict[str, Any]:
    return {
        "rank_score": rank.score,
        "rank_group": rank.group.value,
        "rank_rule": rank.rule,
        "reason_sv": rank.reason_sv,
        "reason_en": rank.reason_en,
        "act_by": rank.due,
        "due": milestone.date if milestone else rank.due,
        "milestone_day": milestone.day if milestone else None,
        "milestone_date": milestone.date if milestone else None,
        "milestone_sv": milestone.text_sv if milestone else None,
        "milestone_en": milestone.text_en if milestone else None,
        "milestone_chain": milestone.chain if milestone else None,
    }

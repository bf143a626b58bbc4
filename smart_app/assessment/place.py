"""Where a considered chart belongs in our own tables: its case's id and its row in the worklist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from fhir_mapping.write.procedure import plan_code
from risk.assess import RiskResult, has_ended
from risk.case import SickLeaveCase
from risk.rank import rank
from smart_app.assessment.consider import Considered, WithUs, reconsider
from smart_app.assessment.given import Given
from smart_app.assessment.kept_answers import answers_of, follow
from smart_app.assessment.plan import kept_intervention
from smart_app.assessment.tables import AssessmentRow, PlanRow
from smart_app.assessment.visit import Visit
from smart_app.case_register.register import case_holding, register_cases, resolve
from smart_app.follow_up.keep import keep_prediction
from smart_app.sealing import Sealer
from smart_app.store.owner import Owner
from smart_app.worklist.actor import Actor
from smart_app.worklist.ended import end_task
from smart_app.worklist.find import contact_codes, find_case
from smart_app.worklist.record import record
from smart_app.worklist.tables import TaskRow

CERTIFICATES = "QuestionnaireResponse"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a chart belongs: its case, its row in the worklist (None where there is none), and what it came to.

    `considered` is with what somebody has answered about the case.
    """

    case_id: str | None
    task: TaskRow | None
    considered: Considered


def place(services: Given, session: Session, visit: Visit, considered: Considered, now: datetime) -> Placed:
    """Bring the case register and the worklist in line with what was read.

    Args:
        visit: at the unit that is responsible for the case (`Visit.at_unit_of`).
    """
    if CERTIFICATES in considered.reading.withheld:
        return Placed(None, None, considered)  # certificates that we were not shown are not certificates that are gone
    registered = register_cases(session, visit.owner, visit.patient, considered.spans, now)
    over = [(ended, resolve(session, visit.owner, ended)) for ended in registered.ended]
    for ended, into in over:
        follow(session, services.sealer, visit.owner, ended, into, now)
    case_id, row = None, None
    if considered.at is not None:
        case_id = registered.ids[considered.at]
        case = considered.case
        assert case is not None  # it stands among the spans
        known = _with_us(services, session, visit.owner, case, case_id)
        considered = reconsider(considered, known, services.models_on(case.on), services.own)
        if (result := considered.result) is None:  # the patient has died: nothing is left for a coordinator to do
            over.append((case_id, None))
        else:
            row = _listed(session, services.sealer, visit, considered, case, result, case_id, now)
            keep_prediction(session, services.sealer, visit.owner, case_id=case_id, case=case, result=result, now=now)
    by = Actor(reference=visit.actor, role=visit.role, launch_id=visit.launch_id)
    for ended, into in over:
        end_task(session, services.sealer, services.urls, visit.owner, case_id=ended, into_case=into, by=by, now=now)
    return Placed(case_id, row, considered)


def as_known(services: Given, visit: Visit, considered: Considered) -> Considered:
    """A considered chart with what our own tables hold of its case, as the page shows it; nothing is written."""
    case = considered.case
    if case is None:
        return considered
    with services.store.reading() as session:
        case_id = case_holding(session, visit.owner, visit.patient, {one.id for one in case.certificates})
        if case_id is None:
            return considered
        known = _with_us(services, session, visit.owner, case, case_id)
    return reconsider(considered, known, services.models_on(case.on), services.own)


def _with_us(services: Given, session: Session, owner: Owner, case: SickLeaveCase, case_id: str) -> WithUs:
    """What our own tables hold of the case; a plan that somebody accepted was made, and stands."""
    plan = plan_of(session, owner, case_id)
    active = plan is not None and plan.status == "active"
    done = contact_codes(session, owner, case_id)
    return WithUs(
        answers_of(session, services.sealer, owner, case_id),
        done | {plan_code(on_sick_leave=case.ongoing)} if active else done,
        tuple(kept_intervention(one) for one in plan.interventions) if plan is not None and active else (),
    )


def plan_of(session: Session, owner: Owner, case_id: str) -> PlanRow | None:
    """The plan of a case; None when nothing was written yet."""
    terms = (*owner.within_provider(PlanRow), PlanRow.case_id == case_id)
    return session.exec(select(PlanRow).where(*terms)).one_or_none()


def newest_assessment(session: Session, owner: Owner, case_id: str) -> AssessmentRow | None:
    """The newest assessment of a case; None when there is none."""
    terms = (*owner.within_provider(AssessmentRow), AssessmentRow.case_id == case_id)
    return session.exec(select(AssessmentRow).where(*terms).order_by(col(AssessmentRow.made_at).desc())).first()


def _listed(
    session: Session,
    sealer: Sealer,
    visit: Visit,
    considered: Considered,
    case: SickLeaveCase,
    result: RiskResult,
    case_id: str,
    now: datetime,
) -> TaskRow | None:
    if has_ended(case) and find_case(session, visit.owner, case_id) is None:
        return None
    plan = plan_of(session, visit.owner, case_id)
    active = plan is not None and plan.status == "active"
    recorded = record(
        session,
        sealer,
        visit.owner,
        case_id=case_id,
        patient=considered.reading.patient,
        case=case,
        result=result,
        rank=rank(
            case,
            result,
            plan_exists=active,
            follow_up_booked=considered.reading.follow_up_booked,
            on=case.on,
        ),
        milestone=considered.milestones[0] if considered.milestones else None,
        assessment_id=None,
        plan_id=plan.id if plan else None,
        plan_state="active" if active else ("draft" if plan else "none"),
        catalogue=considered.catalogue,
        now=now,
    )
    return recorded.row

"""Saving an assessment: the prediction is kept, and all that goes to the EHR is put into the outbox, in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlmodel import Session, select

from fhir_mapping.write.assessment import write
from fhir_mapping.write.entry import Kind
from fhir_mapping.write.request import AssessmentToWrite, TaskState, Versions
from risk import versions
from risk.advice import Intervention
from risk.assess import RiskResult
from risk.case import SickLeaveCase
from smart_app.assessment.consider import Considered, chart_fingerprint, fingerprint
from smart_app.assessment.errors import NothingToSave, UnknownIntervention
from smart_app.assessment.given import Given
from smart_app.assessment.kept_answers import QUESTIONS, QUESTIONS_VERSION, answers_to_write, kept_answers
from smart_app.assessment.look import shown
from smart_app.assessment.place import newest_assessment, place, plan_of
from smart_app.assessment.plan import kept_intervention, plain
from smart_app.assessment.tables import AssessmentRow, CaseAnswersRow, PlanRow
from smart_app.assessment.visit import Visit
from smart_app.audit.log import Action, in_care
from smart_app.fhir_records.keep import keep_entries
from smart_app.outbox.enqueue import enqueue
from smart_app.store.columns import new_id
from smart_app.worklist.tables import TaskRow
from terminology.release import RELEASE


@dataclass(frozen=True)
class Saved:
    """What saving came to. `outbox_id` is None when everything was said already and nothing new is sent."""

    case_id: str
    assessment_id: str
    outbox_id: int | None


def save_shown(services: Given, visit: Visit, *, accepted: frozenset[str], opinion: str | None = None) -> Saved:
    """Save what this launch's page showed, with the interventions that were accepted; the plan becomes active.

    Raises:
        LookExpired: what was shown is no longer kept.
        UnknownIntervention: an accepted id was not among those proposed.
        NothingToSave: there is no case.
    """
    now = services.clock.now()
    considered, _ = shown(services, visit)
    with services.store.transaction() as session:
        return _save(services, session, visit, considered, now, accepted=accepted, opinion=opinion)


def save_proposal(services: Given, visit: Visit, considered: Considered) -> Saved | None:
    """Save a unit run's result: a draft plan with the preselected interventions, unless somebody accepted one.

    Returns:
        None when the chart says the same as at the last assessment: the worklist is renewed, nothing is sent.
    """
    now = services.clock.now()
    with services.store.transaction() as session:
        placed = place(services, session, visit.at_unit_of(considered.case), considered, now)
        if placed.case_id is None:
            raise NothingToSave
        last = newest_assessment(session, visit.owner, placed.case_id)
        if last is not None and _says_the_same(last, placed.considered):
            return None
        return _save(services, session, visit, considered, now, accepted=None, opinion=None)


def _save(
    services: Given,
    session: Session,
    visit: Visit,
    considered: Considered,
    now: datetime,
    *,
    accepted: frozenset[str] | None,
    opinion: str | None,
) -> Saved:
    visit = visit.at_unit_of(considered.case)
    placed = place(services, session, visit, considered, now)
    before, considered = considered, placed.considered
    case_id, case, result = placed.case_id, considered.case, considered.result
    if case_id is None or case is None or result is None:
        raise NothingToSave
    assessment, fresh = _assessment(session, visit, considered, case, result, case_id, now, opinion)
    # What was done since the page was shown may have held back what stands ticked on it: that holds all the same.
    offered = {one.id: one for one in (*before.interventions, *considered.interventions)}
    if unknown := sorted((accepted or frozenset()) - offered.keys()):
        raise UnknownIntervention(unknown[0])
    among = considered.interventions if accepted is None else tuple(offered.values())
    plan, changed = _plan(session, visit, among, case_id, assessment.id, accepted, now)
    task = place(services, session, visit, considered, now).task  # the plan's state shows in the row
    if task is None:
        raise NothingToSave
    task.assessment_id, task.plan_id = assessment.id, plan.id
    if not fresh and not changed:
        return Saved(case_id, assessment.id, None)
    kept = kept_answers(session, visit.owner, case_id) if visit.author is not None else None
    entries = write(_request(services, visit, considered, case, result, assessment, plan, task, now, kept))
    keep_entries(session, services.sealer, visit.owner, entries, visit.patient, now)
    outbox_id = enqueue(
        session,
        services.sealer,
        visit.owner,
        case_id=case_id,
        patient_reference=visit.patient,
        entries=entries,
        cause="assessment",
        launch_id=visit.launch_id,
        now=now,
    )
    in_care(
        session,
        visit.owner,
        visit.by,
        Action.WRITE,
        f"assessment {assessment.id}, plan {plan.status}",
        now=now,
        patient=visit.patient,
    )
    return Saved(case_id, assessment.id, outbox_id)


def _says_the_same(last: AssessmentRow, considered: Considered) -> bool:
    """Whether chart and model are those of the last assessment, whatever the day."""
    assert considered.result is not None  # there is a case
    model = considered.result.model
    before = (last.chart_fingerprint, last.model_id, last.model_version)
    return before == (chart_fingerprint(considered), model.id, model.version)


def _assessment(
    session: Session,
    visit: Visit,
    considered: Considered,
    case: SickLeaveCase,
    result: RiskResult,
    case_id: str,
    now: datetime,
    opinion: str | None,
) -> tuple[AssessmentRow, bool]:
    """The row of these inputs, and whether it is new. The same inputs twice are one assessment."""
    mark = fingerprint(considered)
    terms = (
        *visit.owner.within_provider(AssessmentRow),
        AssessmentRow.case_id == case_id,
        AssessmentRow.model_id == result.model.id,
        AssessmentRow.model_version == result.model.version,
        AssessmentRow.fingerprint == mark,
    )
    known = session.exec(select(AssessmentRow).where(*terms)).one_or_none()
    if known is not None:
        known.opinion = opinion or known.opinion
        return known, False
    before = newest_assessment(session, visit.owner, case_id)
    row = AssessmentRow(
        **visit.owner.columns(),
        id=new_id(),
        case_id=case_id,
        patient_reference=visit.patient,
        on=case.on,
        day=case.day,
        fingerprint=mark,
        chart_fingerprint=chart_fingerprint(considered),
        model_id=result.model.id,
        model_version=result.model.version,
        versions=asdict(_versions(considered, case, result)),
        shares={str(horizon.day): horizon.share for horizon in result.horizons},
        replaces=before.id if before else None,
        opinion=opinion,
        made_by=visit.actor,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row, True


def _plan(
    session: Session,
    visit: Visit,
    among: Sequence[Intervention],
    case_id: str,
    assessment_id: str,
    accepted: frozenset[str] | None,
    now: datetime,
) -> tuple[PlanRow, bool]:
    """The case's one plan, and whether it changed. A unit run (`accepted` None) never undoes what someone accepted."""
    row = plan_of(session, visit.owner, case_id)
    if accepted is not None:
        status, wanted = "active", [plain(one) for one in among if one.id in accepted]
    elif row is not None and row.status == "active":
        status, wanted = "active", row.interventions
    else:
        status, wanted = "draft", [plain(one) for one in among if one.preselected]
    if row is None:
        row = PlanRow(
            **visit.owner.columns(),
            id=new_id(),
            case_id=case_id,
            patient_reference=visit.patient,
            status=status,
            interventions=wanted,
            assessment_id=assessment_id,
            procedure_id=new_id() if status == "active" else None,
            written_at=now,
            updated_at=now,
        )
        session.add(row)
        session.flush()
        return row, True
    changed = (row.status, row.interventions, row.assessment_id) != (status, wanted, assessment_id)
    row.status, row.interventions, row.assessment_id = status, wanted, assessment_id
    if status == "active" and row.procedure_id is None:
        row.procedure_id = new_id()
    if changed:
        row.updated_at = now
    return row, changed


def _request(
    services: Given,
    visit: Visit,
    considered: Considered,
    case: SickLeaveCase,
    result: RiskResult,
    assessment: AssessmentRow,
    plan: PlanRow,
    task: TaskRow,
    now: datetime,
    kept: CaseAnswersRow | None,
) -> AssessmentToWrite:
    ids: dict[Kind, str] = {
        "assessment": assessment.id,
        "plan": plan.id,
        "task": task.id,
        "provenance": new_id(),
    }
    if plan.procedure_id is not None:
        ids["procedure"] = plan.procedure_id
    said = answers_to_write(considered.answers) if kept is not None else ()
    made_with = _versions(considered, case, result)
    if said and kept is not None:
        ids["answers"] = kept.response_id
        made_with = replace(made_with, questionnaire=services.urls.questionnaire(QUESTIONS, QUESTIONS_VERSION))
    return AssessmentToWrite(
        urls=services.urls.with_kva(visit.profile.kva_system),
        ids=ids,
        now=now,
        patient=visit.patient,
        patient_labels=considered.reading.patient.security,
        condition=considered.reading.main_condition,
        encounter=considered.reading.encounter.reference if considered.reading.encounter else None,
        case=case,
        result=result,
        interventions=tuple(kept_intervention(one) for one in plan.interventions),
        plan_status="active" if plan.status == "active" else "draft",
        author=visit.author,
        unit=visit.unit,
        basis=considered.reading.basis,
        versions=made_with,
        answers=said,
        task=TaskState(
            business_status=task.business_status, owner=task.owner_reference, due=task.due, rank=task.rank_score
        ),
        replaces=assessment.replaces,
        first_written=plan.written_at,
    )


def _versions(considered: Considered, case: SickLeaveCase, result: RiskResult) -> Versions:
    return Versions(
        model_set=f"{result.model.id}/{result.model.version}",
        catalogue=considered.catalogue,
        rules=versions.RULES,
        terminology=RELEASE,
        questionnaire=case.certificates[-1].template,
    )

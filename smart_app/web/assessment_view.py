"""From one look at a patient to the physician's page, in words; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from fhir_mapping.errors import MappingFault
from fhir_mapping.read.case import CaseReading
from fhir_mapping.read.patient import PatientView
from risk.assess import RiskResult, has_ended
from risk.case import Scope, SickLeaveCase
from risk.findings import text as finding_text
from smart_app.assessment.answers import DO_NOT_KNOW
from smart_app.assessment.looked import Looked
from smart_app.clock import stockholm_day
from smart_app.web.case_card import case_card
from smart_app.web.days import clock_time, short_date
from smart_app.web.figures import person_text
from smart_app.web.naming import in_sentence, model_kind, scope_text
from smart_app.web.person import number_text
from smart_app.web.plan_card import folded, held_rows, intervention_rows, interventions_lead, save_card, state_rows
from smart_app.web.questions_card import questions_cards
from smart_app.web.risk_card import risk_card
from smart_app.web.views import AssessmentView, Banner, Notice, SaveCard, Text
from smart_app.web.why_card import why_card
from smart_app.web.words import Words

CERTIFICATES = "QuestionnaireResponse"
TYPE_WORDS = {"RiskAssessment": "assessment", "CarePlan": "plan"}
Kept = tuple[frozenset[str], str | None]
WRITING_ROLES = frozenset({"physician", "coordinator"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened the page, from where; `role` None = the EHR does not say.

    Attributes:
        not_granted: types that are written when a plan is saved and that the EHR has not let us create.
        banner: the page must show in full whom it is about; else the EHR does, and the name stands small.
        no_other_way: the issuer's profile allows no other way to write than one that needs them.
    """

    name: str | None
    role: str | None
    unit: str | None
    ehr: str
    scope: Scope
    not_granted: tuple[str, ...] = ()
    no_other_way: bool = False
    banner: bool = True


def assessment_view(
    words: Words, looked: Looked, visitor: Visitor, *, news: Sequence[Notice] = (), kept: Kept | None = None
) -> AssessmentView:
    """The page.

    Args:
        news: what has just happened, said first.
        kept: ids that were ticked and the opinion, when saving came too late; they stand before what is saved.
    """
    considered, on = looked.considered, stockholm_day(looked.read_at)
    patient, case = considered.reading.patient, considered.case
    result = considered.result
    chosen = looked.accepted if looked.plan is not None and looked.plan.status == "active" else None
    rows = intervention_rows(words, considered.interventions, on, chosen if kept is None else kept[0]) if result else ()
    first, more = folded(rows)
    states = state_rows(words, looked.states, on)
    return AssessmentView(
        title=_title(words, patient, case),
        opened_by=words("page.opened_by", ehr=visitor.ehr, name=visitor.name or words("unknown")),
        banner=_banner(words, looked, visitor, on),
        notices=(*news, *_notices(words, considered.reading, on), *_withheld_writes(words, visitor, result)),
        nothing=_nothing(words, considered.reading, visitor) if case is None else None,
        case=case_card(words, case, considered.milestones, considered.answers) if case is not None else None,
        risk=risk_card(words, case, result, considered.edges) if case is not None and result is not None else None,
        why=why_card(words, case, result, considered.answers) if result is not None else None,
        questions=questions_cards(words, considered) if result and visitor.role in WRITING_ROLES else (),
        model_kind=model_kind(result.model if result is not None else None),
        interventions=first,
        more=more,
        held=held_rows(words, considered.held) if result else (),
        interventions_lead=interventions_lead(words, rows, saved=chosen is not None),
        save=_saving(words, looked, result, visitor, on, kept) if result is not None else None,
        states=states,
        pending=any(row.mark == "wait" for row in states),
    )


def _saving(
    words: Words, looked: Looked, result: RiskResult, visitor: Visitor, on: date, kept: Kept | None
) -> SaveCard:
    said = looked.assessment.opinion if looked.assessment is not None else None
    active = looked.plan is not None and looked.plan.status == "active"
    return save_card(
        words,
        result,
        refused_because=_refused(words, visitor) or _ended(words, looked),
        saved_at=looked.plan.updated_at if looked.plan is not None and active else None,
        opinion=said if kept is None else kept[1],
        on=on,
        on_sick_leave=looked.considered.case is not None and looked.considered.case.ongoing,
        answered=sum(one != DO_NOT_KNOW for one in looked.considered.answers.values()),
    )


def _title(words: Words, patient: PatientView, case: SickLeaveCase | None) -> Markup:
    name = words("page.protected_title") if patient.protected else patient.name or words("unknown")
    if case is None or has_ended(case):
        return words("page.title_plain", name=name)
    return words("page.title_case", name=name, day=case.day)


def _banner(words: Words, looked: Looked, visitor: Visitor, on: date) -> Banner:
    patient = looked.considered.reading.patient
    date_text, time = short_date(words, on, on), clock_time(looked.read_at)
    read = words("page.read_today", ehr=visitor.ehr, date=date_text, time=time)
    person: Text = words("protected.hint") if patient.protected else person_text(words, patient.person, on)
    parts: list[Text] = [person] if visitor.banner or patient.protected else []
    parts += [visitor.unit] if visitor.unit and visitor.banner else []
    number = number_text(patient.identifier) or words("page.no_number")
    return Banner(
        name=words("protected.name") if patient.protected else patient.name or words("page.no_name"),
        number=number if visitor.banner and not patient.protected else None,
        protected=patient.protected,
        line=Markup(" · ").join([*parts, read]),
        small=not visitor.banner,
    )


def _refused(words: Words, visitor: Visitor) -> Text | None:
    if visitor.role in WRITING_ROLES:
        return words("save.not_granted", list=_types(words, visitor)) if _stopped(visitor) else None
    return words("save.role_unknown") if visitor.role is None else words("save.role_head")


def _ended(words: Words, looked: Looked) -> Text | None:
    """A case that ended before anybody listed it: saving would find nothing to hold on to."""
    case = looked.considered.case
    return words("save.ended") if case is not None and has_ended(case) and looked.task is None else None


def _stopped(visitor: Visitor) -> bool:
    return bool(visitor.not_granted) and visitor.no_other_way


def _types(words: Words, visitor: Visitor) -> Markup:
    return words.join([in_sentence(str(words(f"state.{TYPE_WORDS[one]}"))) for one in visitor.not_granted])


def _withheld_writes(words: Words, visitor: Visitor, result: RiskResult | None) -> list[Notice]:
    """Said before anything is saved: what is saved will not reach the record in the usual way."""
    if result is None or visitor.role not in WRITING_ROLES or not visitor.not_granted or _stopped(visitor):
        return []
    return [Notice(words("notice.not_granted", list=_types(words, visitor)), tone="wait")]


def _notices(words: Words, reading: CaseReading, on: date) -> list[Notice]:
    found: list[Notice] = []
    case = reading.case
    if reading.patient.deceased:
        found.append(Notice(words("notice.deceased"), tone="wait"))
    if reading.faults and case is not None:
        found.append(_unreadable(words, reading.faults))
    if reading.withheld:
        withheld = tuple(words(f"withheld.{one}") if words.has(f"withheld.{one}") else one for one in reading.withheld)
        found.append(Notice(words("notice.withheld"), withheld, tone="wait"))
    if case is not None and case.until < on:
        found.append(Notice(words("notice.ended", date=short_date(words, case.until, on)), tone="wait"))
    if case is not None and case.warnings:
        items = tuple(words.pick(*finding_text(word)) for word in case.warnings)
        found.append(Notice(words("notice.warnings"), items))
    return found


def _unreadable(words: Words, faults: Sequence[MappingFault]) -> Notice:
    items = tuple(_reading_fault(words, fault) for fault in faults)
    return Notice(words.count("notice.unreadable", len(faults)), (*items, words("notice.unreadable_next")), tone="wait")


def _reading_fault(words: Words, fault: MappingFault) -> Markup:
    key = f"reading.{fault.reason}"
    return Markup("{} ({})").format(words(key if words.has(key) else "reading.other"), fault.path)


def _nothing(words: Words, reading: CaseReading, visitor: Visitor) -> Notice:
    if reading.faults:
        return Notice(words("notice.no_case_unreadable"), _unreadable(words, reading.faults).items, tone="wait")
    if CERTIFICATES in reading.withheld:
        return Notice(words("notice.no_case_withheld"), (words("notice.no_case_withheld_next"),), tone="wait")
    what = words("notice.no_case_what", scope=scope_text(words, visitor.scope))
    return Notice(words("notice.no_case"), (what, words("notice.no_case_next")))

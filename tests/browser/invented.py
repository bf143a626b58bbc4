"""Invented looks and lists: one patient in many states, so that every page can be seen before and without an EHR."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fhir_mapping.errors import MappingFault
from fhir_mapping.read.case import CaseReading
from fhir_mapping.read.patient import PatientView
from risk.advice import Intervention
from risk.assess import Band, Horizon, ModelInfo, Reason, RiskResult
from risk.case import (
    Basis,
    Certificate,
    DegreePeriod,
    Person,
    Scope,
    ScopeKind,
    Sex,
    SickLeaveCase,
)
from risk.diagnoses import GroupMatch, MatchLevel
from risk.milestones import Milestone
from risk.survival import PiecewiseCurve
from smart_app.assessment.consider import Considered
from smart_app.assessment.looked import Looked
from smart_app.assessment.plan import plain
from smart_app.assessment.tables import PlanRow
from smart_app.outbox.states import WriteState
from smart_app.web.assessment_view import Visitor

ON = date(2026, 11, 20)
READ_AT = datetime(2026, 11, 20, 13, 21, tzinfo=UTC)
CURVE = PiecewiseCurve((15, 30, 90, 180, 365), (1.0, 0.79, 0.32, 0.15, 0.055))
SAVED = READ_AT + timedelta(minutes=11)
SCOPE = Scope(ScopeKind.CARE_PROVIDER, "SE2321000016-1")


PATIENT = PatientView(
    "Patient/1", Person(Sex.FEMALE, date(1987, 12, 7)), "Eva Sandström", "198712072399", "personnummer"
)
PHYSICIAN = Visitor("dr Amir Haddad", "physician", "Vårdcentralen Björken", "Journalen", SCOPE)


def a_certificate(number: int, since: date, until: date, degree: float | None, basis: Basis) -> Certificate:
    return Certificate(
        f"c{number}",
        f"QuestionnaireResponse/{number}",
        (DegreePeriod(since, until, degree),),
        diagnoses=("M545",),
        basis=frozenset({basis}),
    )


def a_case(**changes: object) -> SickLeaveCase:
    first = a_certificate(1, date(2026, 10, 22), date(2026, 11, 8), 1.0, Basis.PHYSICAL_EXAMINATION)
    second = a_certificate(2, date(2026, 11, 9), date(2026, 11, 26), 0.75, Basis.PHONE)
    case = SickLeaveCase(
        on=ON,
        since=date(2026, 10, 15),
        since_earliest=date(2026, 10, 15),
        day1_known=True,
        until=date(2026, 11, 26),
        day=37,
        chain_day=45,
        certificates=(first, second),
        diagnosis="M545",
        first_diagnosis="M545",
        degrees=(
            DegreePeriod(date(2026, 10, 15), date(2026, 11, 8), 1.0),
            DegreePeriod(date(2026, 11, 9), date(2026, 11, 26), 0.75),
        ),
        degree_now=0.75,
        ongoing=True,
        renewals=1,
        renewals_without_examination=1,
        prior_days_12_months=112,
        prior_longest_case_days=104,
        earlier=(),
        person=PATIENT.person,
        occupations=frozenset(),
        scope=SCOPE,
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def a_result(case: SickLeaveCase, **changes: object) -> RiskResult:
    given = max(case.day, 15)
    horizons = tuple(
        Horizon(
            day,
            case.since + timedelta(days=day - 1),
            None if case.day >= day else CURVE.still_on_leave(day, given),
            case.day >= day,
            None if case.day >= day else CURVE.still_on_leave(day, given),
            given,
            None if case.day >= day else CURVE.still_on_leave(day, given),
            None if case.day >= day else CURVE.still_on_leave(day, min(given + (0 if case.day1_known else 7), day - 1)),
        )
        for day in (90, 180, 365)
    )
    result = RiskResult(
        match=GroupMatch("M545", "M54", MatchLevel.COARSER),
        curve=CURVE,
        group_curve=CURVE,
        horizons=horizons,
        model=ModelInfo(
            "national-2017",
            "1",
            "Nationella siffror 2017",
            "National figures 2017",
            "Försäkringskassans siffror för alla sjukfall över 14 dagar som började 2017, per diagnosgrupp.",
            "The Social Insurance Agency's figures for all cases over 14 days begun in 2017, by diagnosis.",
            False,
        ),
        band=Band.NATIONAL,
        reasons=(
            Reason(
                "Nationella siffror 2017 för alla med ryggvärk (M54), 18\u00a0204 fall. "
                "Inget om just den här patienten räknas in.",
                "National figures 2017 for everyone with back pain (M54), 18,204 cases. "
                "Nothing about this patient is counted.",
            ),
            Reason(
                "M54.5 saknar egna siffror. Du ser siffrorna för ryggvärk (M54).",
                "M54.5 has no figures of its own. You see those for back pain (M54).",
            ),
            Reason(
                f"Räknat bland dem som är sjukskrivna dag {given}.",
                f"Counted among those who are on sick leave on day {given}.",
            ),
        ),
        limits=(
            Reason(
                "Produkten är inte CE-märkt. Siffran ersätter inte din bedömning.",
                "The product is not CE-marked. The figure does not replace your judgement.",
            ),
        ),
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def _todo(
    id_: str, sv: str, en: str, actor: tuple[str, str, str], kva: str | None, days: int, chosen: bool
) -> Intervention:
    return Intervention(
        id_,
        sv,
        en,
        *actor,
        kva=kva,
        start=ON,
        due=ON + timedelta(days=days),
        why_sv="Fallet väntas passera dag 60 och ingen plan finns i journalen.",
        why_en="The case is expected to pass day 60 and the record has no plan.",
        preselected=chosen,
        rule="M545/1",
    )


PHYSIO = ("physiotherapist", "Fysioterapeut", "Physiotherapist")
INTERVENTIONS = (
    _todo(
        "return-to-work-plan",
        "Sjukskrivnings- och rehabiliteringsplan",
        "Sick-leave and rehabilitation plan",
        ("physician", "Läkare med rehabkoordinator", "Physician with coordinator"),
        "DV077",
        14,
        True,
    ),
    _todo(
        "coordinator-talk",
        "Första samtal med rehabkoordinator",
        "First talk with the coordinator",
        ("coordinator", "Rehabkoordinator", "Coordinator"),
        "GC001",
        7,
        True,
    ),
    _todo("exercise", "Individuellt träningsprogram", "Individual exercise programme", PHYSIO, "QG003", 42, True),
    _todo(
        "prescribed-activity",
        "Fysisk aktivitet på recept (FaR)",
        "Physical activity on prescription",
        ("prescriber", "Legitimerad förskrivare", "Licensed prescriber"),
        "DV200",
        42,
        False,
    ),
    _todo(
        "workplace",
        "Ergonomisk bedömning av arbetsplatsen",
        "Ergonomic workplace assessment",
        ("employer", "Arbetsgivare, företagshälsovård", "Employer, occupational health"),
        None,
        15,
        False,
    ),
)
MILESTONES = (
    Milestone(43, date(2026, 11, 26), "Intyget slutar", "The certificate ends", False),
    Milestone(60, date(2026, 12, 5), "Arbetsgivarens plan följs upp", "The employer's plan is followed up", True),
    Milestone(
        90,
        date(2027, 1, 4),
        "Prövning mot annat arbete hos arbetsgivaren",
        "Test against other work at the employer",
        True,
    ),
    Milestone(
        180, date(2027, 4, 4), "Prövning mot normalt förekommande arbete", "Test against normally occurring work", True
    ),
    Milestone(365, date(2027, 10, 6), "Ny prövning", "A new test", True),
    Milestone(550, date(2028, 4, 8), "Sista dag enligt särskilda skäl", "Last day under special reasons", True),
)


CASE = a_case()
RESULT = a_result(CASE)


def a_look(
    *,
    case: SickLeaveCase | None = CASE,
    result: RiskResult | None = RESULT,
    patient: PatientView = PATIENT,
    interventions: tuple[Intervention, ...] = INTERVENTIONS,
    milestones: tuple[Milestone, ...] = MILESTONES,
    faults: tuple[MappingFault, ...] = (),
    withheld: tuple[str, ...] = (),
    states: tuple[WriteState, ...] = (),
    saved: bool = False,
) -> Looked:
    reading = CaseReading(patient, case, (), (), None, None, faults=faults, withheld=withheld)
    considered = Considered(reading, (), result, interventions, milestones)
    return Looked(READ_AT, considered, "case-1", plan=a_plan() if saved else None, states=states)


def a_plan() -> PlanRow:
    kept: list[dict[str, Any]] = [plain(one) for one in INTERVENTIONS[:2]]
    return PlanRow(
        id="plan-1", issuer="journal", care_provider="p", care_unit="u", case_id="case-1",
        patient_reference="Patient/1",
        status="active", interventions=kept, assessment_id="a-1", updated_at=SAVED, written_at=SAVED,
    )  # fmt: skip


def looks() -> dict[str, Looked]:
    """Every state that the physician's page can be in."""
    late = a_case(day=188, chain_day=188, since=date(2026, 5, 17), since_earliest=date(2026, 5, 17))
    passed = a_case(day=400, chain_day=400, since=date(2025, 10, 17), since_earliest=date(2025, 10, 17))
    early = a_case(
        day=6, chain_day=6, since=date(2026, 11, 15), since_earliest=date(2026, 11, 8), day1_known=False,
        certificates=(a_certificate(1, date(2026, 11, 15), date(2026, 11, 29), 0.5, Basis.PHYSICAL_EXAMINATION),),
        degrees=(DegreePeriod(date(2026, 11, 15), date(2026, 11, 29), 0.5),), degree_now=0.5, until=date(2026, 11, 29),
        renewals=0, renewals_without_examination=0, prior_days_12_months=0, prior_longest_case_days=0,
    )  # fmt: skip
    unsure = a_case(day1_known=False, since_earliest=date(2026, 10, 8), warnings=("overlap",))
    ended = a_case(until=date(2026, 11, 12), ongoing=False, degree_now=None)
    blank = a_case(diagnosis=None, first_diagnosis=None)
    none = Horizon(90, date(2027, 1, 12), None, False, None, 37, None, None)
    no_figure = tuple(replace(none, day=day) for day in (90, 180, 365))
    unreadable = (
        MappingFault("QuestionnaireResponse/12: 32.2.end", "reversed-period"),
        MappingFault("QuestionnaireResponse/13: 32", "no-period"),
    )
    wait = SAVED + timedelta(minutes=3)
    states = (
        WriteState("assessment", "written", SAVED, None, None, 6, "RiskAssessment/1"),
        WriteState("plan", "waiting", SAVED, wait, "ehr-unreachable", 7, None),
        WriteState("task", "refused", SAVED, None, "ehr-refused", 8, None),
        WriteState("provenance", "written", SAVED, None, None, 6, "Provenance/1"),
    )
    refused = tuple(
        WriteState(kind, "refused", SAVED, None, "no-token", 9, None) for kind in ("assessment", "plan", "task")
    )
    return {
        "usual": a_look(),
        "saved": a_look(states=states, saved=True),
        "refused": a_look(states=refused, saved=True),
        "late": a_look(case=late, result=a_result(late), milestones=MILESTONES[-2:]),
        "passed": a_look(case=passed, result=a_result(passed), milestones=MILESTONES[-1:]),
        "early": a_look(case=early, result=a_result(early)),
        "unsure": a_look(case=unsure, result=a_result(unsure), withheld=("Encounter",), faults=unreadable[:1]),
        "ended": a_look(
            case=ended, result=a_result(ended, horizons=no_figure, band=Band.UNKNOWN), milestones=(), interventions=()
        ),
        "no-diagnosis": a_look(
            case=blank,
            result=a_result(blank, match=None, curve=None, group_curve=None, horizons=no_figure, band=Band.UNKNOWN),
        ),
        "no-case": a_look(case=None, result=None, interventions=(), milestones=()),
        "unreadable": a_look(case=None, result=None, interventions=(), milestones=(), faults=unreadable),
        "deceased": a_look(patient=replace(PATIENT, deceased=True), result=None, interventions=(), milestones=()),
        "protected": a_look(patient=replace(PATIENT, protected=True)),
        "markup": a_look(patient=replace(PATIENT, name="<b onmouseover=alert(1)>Eva</b> {n} **x**")),
    }


__all__ = ["PHYSICIAN", "a_look", "looks"]

"""A chart (what the EHR let us read of one patient) -> the sick-leave case, and what could not be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from fhir_mapping.errors import MappingFault, WrongPatient
from fhir_mapping.fhir_json import Json
from fhir_mapping.read.belonging import check_belongs, check_context, flat
from fhir_mapping.read.care import read_care
from fhir_mapping.read.certificate import read_certificate_closely, template_of
from fhir_mapping.read.condition import ConditionView, main_condition, read_conditions
from fhir_mapping.read.dates import STOCKHOLM
from fhir_mapping.read.done import read_done
from fhir_mapping.read.encounter import EncounterView, read_encounters
from fhir_mapping.read.organization import units
from fhir_mapping.read.patient import PatientView, read_patient
from risk.care_history import care_history
from risk.case import Certificate, Scope, SickLeaveCase
from risk.certificates_to_cases import current


@dataclass(frozen=True, slots=True)
class Chart:
    """What was read from the EHR for one patient; plain FHIR JSON.

    Attributes:
        patient: the Patient.
        resources: everything else, in any order; Bundles are opened.
        withheld: what could not be read, e.g. resource types outside the granted scopes.
        base: FHIR base of the EHR, so that absolute references to it are understood.
        context_patient, context_encounter: ids of the launch context, checked against what was read.
        canonicals: further questionnaire urls that the issuer uses for FK 7804.
    """

    patient: Json = field(repr=False)
    resources: tuple[Json, ...] = field(default=(), repr=False)
    withheld: tuple[str, ...] = ()
    base: str | None = None
    context_patient: str | None = None
    context_encounter: str | None = None
    canonicals: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseReading:
    """The case, and how sure we can be of it.

    Attributes:
        patient: who.
        case: the ongoing or most recent case; None when no certificate in scope has begun.
        certificates: all that could be read, revoked ones too, in no order.
        conditions: diagnoses, newest first.
        main_condition: reference of the active condition with the case's diagnosis; None when there is none.
        encounter: the visit of the launch context; None when it was not given or not readable.
        faults: resources that could not be used at all; shown, never dropped in silence.
        remarks: mistakes inside certificates that were used all the same.
        basis: references of what case and figures rest on: certificates, main condition, other diseases and visits.
        withheld: as in the chart.
        follow_up_booked: a planned visit lies ahead; None when visits were withheld.
        done: KVÅ codes of what the record says is done or under way in the case.
    """

    patient: PatientView
    case: SickLeaveCase | None
    certificates: tuple[Certificate, ...]
    conditions: tuple[ConditionView, ...]
    main_condition: str | None
    encounter: EncounterView | None
    faults: tuple[MappingFault, ...] = ()
    remarks: tuple[MappingFault, ...] = ()
    basis: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    follow_up_booked: bool | None = None
    done: frozenset[str] = frozenset()


CurrentCase = Callable[..., SickLeaveCase | None]


def read_case(chart: Chart, *, on: date, scope: Scope, find: CurrentCase = current) -> CaseReading:
    """Read one patient's chart.

    Args:
        chart: what the EHR gave.
        on: today in Sweden.
        scope: whose certificates make up the case.
        find: `risk.certificates_to_cases.current`, or one with another gap.

    Returns:
        CaseReading: one unusable certificate never hides the others; it stands in `faults`.

    Raises:
        WrongPatient: the chart or the context names another patient: nothing of it may be used.
        MappingFault: the Patient itself cannot be read.
    """
    check_context(chart.patient, chart.context_patient)
    patient = read_patient(chart.patient, on=on)
    faults: list[MappingFault] = []
    remarks: list[MappingFault] = []
    usable = _own(chart, faults)
    certificates = _certificates(usable, chart, on, faults, remarks)
    conditions = read_conditions(usable, base=chart.base)
    encounters = read_encounters(usable, base=chart.base)
    case = find(certificates, person=patient.person, on=on, scope=scope)
    if case is not None:
        care = read_care(
            usable, conditions, encounters, withheld=chart.withheld, first=case.certificates[0], base=chart.base
        )
        oldest = min(period.since for one in certificates for period in one.periods)
        case = replace(case, care=care_history(replace(care, certified_since=oldest), case))
    main = main_condition(conditions, case.diagnosis if case else None)
    references = [c.reference for c in case.certificates] if case else []
    seen = case.care.basis if case else ()
    return CaseReading(
        patient=patient,
        case=case,
        certificates=tuple(certificates),
        conditions=conditions,
        main_condition=main.reference if main else None,
        encounter=_encounter(encounters, chart, remarks),
        faults=tuple(faults),
        remarks=tuple(remarks),
        basis=tuple(dict.fromkeys([*references, *([main.reference] if main else []), *seen])),
        withheld=chart.withheld,
        follow_up_booked=_follow_up(encounters, chart, on),
        done=read_done(usable, since=case.since) if case else frozenset(),
    )


def _follow_up(encounters: tuple[EncounterView, ...], chart: Chart, on: date) -> bool | None:
    if "Encounter" in chart.withheld:
        return None
    planned = (e for e in encounters if e.status == "planned" and e.start)
    return any(e.start.astimezone(STOCKHOLM).date() > on for e in planned if e.start)


def _own(chart: Chart, faults: list[MappingFault]) -> list[Json]:
    usable = []
    for resource in flat(chart.resources):
        try:
            check_belongs(resource, chart.patient, base=chart.base)
        except WrongPatient:
            raise
        except MappingFault as fault:
            faults.append(fault)
        else:
            usable.append(resource)
    return usable


def _certificates(
    resources: list[Json], chart: Chart, on: date, faults: list[MappingFault], remarks: list[MappingFault]
) -> list[Certificate]:
    issuers = units(resources, base=chart.base)
    found = []
    for resource in resources:
        if template_of(resource, chart.canonicals) is None:
            continue
        try:
            reading = read_certificate_closely(
                resource, organizations=issuers, on=on, canonicals=chart.canonicals, base=chart.base
            )
        except MappingFault as fault:
            (remarks if fault.reason == "draft" else faults).append(fault)
        else:
            found.append(reading.certificate)
            remarks.extend(reading.remarks)
    return found


def _encounter(
    encounters: tuple[EncounterView, ...], chart: Chart, remarks: list[MappingFault]
) -> EncounterView | None:
    if chart.context_encounter is None:
        return None
    wanted = f"Encounter/{chart.context_encounter.removeprefix('Encounter/')}"
    found = next((e for e in encounters if e.reference == wanted), None)
    if found is None:
        remarks.append(MappingFault("launch context: encounter", "encounter-not-read"))
    return found

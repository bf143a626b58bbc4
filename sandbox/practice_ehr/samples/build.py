"""All sample resources for one day, in an order in which every reference already exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .certificate import ICD10SE, Day, certificate, encounter_id, signed_at
from .people import CareRow, CertificateRow, ConditionRow, PatientRow, people, titles
from .staff import StaffMember, staff, staff_resources, units

_STOCKHOLM = ZoneInfo("Europe/Stockholm")
_NUMBERS = "http://electronichealth.se/identifier"
_SECURITY = "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_ICD_AS_SEEN = {
    "karin-lindqvist": "http://hl7.org/fhir/sid/icd-10-se",
    "johan-berglund": "urn:oid:1.2.752.116.1.1.1.1.3",
}
_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
TODAY = 0


def sample_resources(today: date) -> list[dict[str, Any]]:
    """Staff first, then one patient after the other; deterministic for a given day."""
    return [*staff_resources(), *(one for patient in people() for one in patient_resources(patient, today))]


def patient_resources(patient: PatientRow, today: date) -> Iterator[dict[str, Any]]:
    """The chart of one patient as it looks on `today`."""

    def day(offset: int) -> date:
        return today + timedelta(days=offset)

    def who(user: str | None) -> StaffMember:
        return staff()[user or patient.by]

    yield _patient(patient, who(None), day)
    for number, row in enumerate(patient.conditions, start=1):
        yield _condition(patient, row, number, who(row.by), day)
    for number, certified in enumerate(patient.certificates, start=1):
        yield _encounter(patient, number, who(certified.by), day, certified)
        yield certificate(patient, certified, number, who(certified.by), day)
    for number, met in enumerate(patient.care, start=1):
        yield _care(patient, met, number, day)
    if patient.certificates:
        yield _encounter(patient, TODAY, who(None), day, None)


def _patient(patient: PatientRow, doctor: StaffMember, day: Day) -> dict[str, Any]:
    given, _, family = patient.name.partition(" ")
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": patient.id,
        "identifier": [{"system": f"{_NUMBERS}/{patient.kind}", "value": patient.number}],
        "active": True,
        "name": [{"use": "official", "text": patient.name, "family": family, "given": [given]}],
        "gender": patient.sex,
        "managingOrganization": {"reference": f"Organization/{doctor.unit.id}", "display": doctor.unit.name},
        "generalPractitioner": [{"reference": f"Practitioner/{doctor.user}", "display": doctor.name}],
    }
    if patient.born:
        resource["birthDate"] = patient.born
    if patient.protected:
        label = {"system": _SECURITY, "code": "sekretessmarkering"}
        resource["meta"] = {"security": [label, {"system": _CLASS, "code": "DEMO"}]}
    else:
        resource["address"] = [
            {"use": "home", "line": ["Övningsgatan 1"], "postalCode": "12345", "city": "Exempelstad"}
        ]
    if patient.deceased:
        resource["deceasedDateTime"] = day(-2).isoformat()
    if patient.vendor:
        resource["vendorCard"] = {"colour": "grön", "flags": [1, 2]}
        resource["extension"] = [{"url": "https://vendor.example/ext/card", "valueCode": "GREEN"}]
    return resource


def _condition(patient: PatientRow, row: ConditionRow, number: int, doctor: StaffMember, day: Day) -> dict[str, Any]:
    code = row.icd.replace(".", "") + "P" if row.p else row.icd.replace(".", "") if row.plain else row.icd
    title = titles().get(row.icd, row.icd)
    resource: dict[str, Any] = {
        "resourceType": "Condition",
        "id": f"diagnos-{patient.id.removeprefix('p-')}-{number}",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": row.status}]},
        "verificationStatus": {"coding": [{"system": _VERIFIED, "code": "confirmed"}]},
        "category": [{"coding": [{"system": _CATEGORY, "code": "encounter-diagnosis"}]}],
        "code": {
            "coding": [{"system": _ICD_AS_SEEN.get(doctor.user, ICD10SE), "code": code, "display": title}],
            "text": title,
        },
        "subject": {"reference": f"Patient/{patient.id}"},
        "onsetDateTime": day(row.since).isoformat(),
        "recordedDate": day(row.since).isoformat(),
        "recorder": {"reference": doctor.role_reference, "display": doctor.name},
    }
    if row.until is not None:
        resource["abatementDateTime"] = day(row.until).isoformat()
    return resource


def _encounter(
    patient: PatientRow, number: int, doctor: StaffMember, day: Day, row: CertificateRow | None
) -> dict[str, Any]:
    start = signed_at(row, day) if row else datetime.combine(day(0), time(8, 30), _STOCKHOLM)
    remote = row is not None and row.basis in ("TELEFONKONTAKT", "DIGITALUNDERSOKNING")
    period = {"start": start.isoformat()}
    if row is not None:
        period["end"] = (start + timedelta(minutes=30)).isoformat()
    return {
        "resourceType": "Encounter",
        "id": encounter_id(patient, number),
        "status": "finished" if row else "in-progress",
        "class": {"system": _CLASS, "code": "VR" if remote else "AMB"},
        "subject": {"reference": f"Patient/{patient.id}"},
        "participant": [{"individual": {"reference": f"Practitioner/{doctor.user}", "display": doctor.name}}],
        "period": period,
        "serviceProvider": {"reference": f"Organization/{doctor.unit.id}", "display": doctor.unit.name},
    }


def _care(patient: PatientRow, row: CareRow, number: int, day: Day) -> dict[str, Any]:
    """A visit, or a stay in hospital, that no certificate was written at."""
    start = datetime.combine(day(row.since), time(13, 0), _STOCKHOLM)
    end = start + timedelta(minutes=45) if row.until is None else datetime.combine(day(row.until), time(11), _STOCKHOLM)
    return {
        "resourceType": "Encounter",
        "id": f"vard-{patient.id.removeprefix('p-')}-{number}",
        "status": "finished",
        "class": {"system": _CLASS, "code": "AMB" if row.until is None else "IMP"},
        "subject": {"reference": f"Patient/{patient.id}"},
        "period": {"start": start.isoformat(), "end": end.isoformat()},
        "serviceProvider": {"reference": f"Organization/{row.at}", "display": units()[row.at].name},
    }

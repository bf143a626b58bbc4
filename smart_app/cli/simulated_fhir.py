"""Simulated histories as FHIR: what a record would hold, with identifiers of this project's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from fhir_mapping.urls import CANONICAL
from risk.care_history import Contact, ContactKind
from risk.case import Basis, Certificate, Occupation, Sex
from risk.training.histories import History
from terminology.codes import HSA, ICD10SE

Json = dict[str, Any]
NAMESPACE = "https://sickleave-on-fhir.example/id/simulated"
_HIERARCHY = "https://commonprofiles.care/fhir/StructureDefinition/common-hsaHierarchy"
_PROVIDER = "SE0000000000-SIM0"
_DEGREES = {1.0: "HELT_NEDSATT", 0.75: "TRE_FJARDEDEL", 0.5: "HALFTEN", 0.25: "EN_FJARDEDEL"}
_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_GENERAL_PRACTICE, _SPECIALISED = "394814009", "394801008"  # as in fhir_mapping/read/care_levels.toml
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def of_person(history: History) -> Iterator[Json]:
    """What is the same in all cases of a person: Patient and the other diseases."""
    patient = f"sim-{history.person_id}"
    yield {
        "resourceType": "Patient",
        "id": patient,
        "identifier": [{"system": f"{NAMESPACE}/person", "value": history.person_id}],
        "gender": "female" if history.person.sex is Sex.FEMALE else "male",
        "birthDate": history.person.birth_date.isoformat() if history.person.birth_date else None,
        "address": [{"use": "home", "postalCode": history.person.postal_code}],
    }
    for disease in history.diseases:
        yield _condition(f"{patient}-{disease.icd}", disease.icd, disease.since or history.since, patient)


def of_case(history: History) -> Iterator[Json]:
    """The case's own Condition, its visits and its certificates; the line reads them like any chart."""
    patient = f"sim-{history.person_id}"
    yield _condition(f"{patient}-{history.since:%y%m%d}", history.diagnosis, history.since, patient)
    visits = {contact.reference: _encounter(contact, patient) for contact in history.contacts}
    yield from visits.values()
    for certificate in history.certificates:
        at = (
            {"encounter": {"reference": f"Encounter/{visits[certificate.id]['id']}"}}
            if certificate.id in visits
            else {}
        )
        yield {**_certificate(certificate, patient), **at}


def _condition(name: str, icd: str, since: date, patient: str) -> Json:
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "code": {"coding": [{"system": ICD10SE, "code": icd}]},
        "subject": {"reference": f"Patient/{patient}"},
        "onsetDateTime": since.isoformat(),
    }


def _encounter(contact: Contact, patient: str) -> Json:
    service = _GENERAL_PRACTICE if contact.primary_care else _SPECIALISED
    return {
        "resourceType": "Encounter",
        "id": _met(contact.reference),
        "status": "finished",
        "class": {"system": _CLASS, "code": "AMB" if contact.kind is ContactKind.VISIT else "IMP"},
        "serviceType": {"coding": [{"system": "http://snomed.info/sct", "code": service}]},
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": contact.since.isoformat(), "end": (contact.until or contact.since).isoformat()},
    }


def _met(reference: str) -> str:
    return f"sim-{reference}-met"


def _certificate(certificate: Certificate, patient: str) -> Json:
    period = certificate.periods[0]
    basis = "FYSISKUNDERSOKNING" if Basis.PHYSICAL_EXAMINATION in certificate.basis else "TELEFONKONTAKT"
    items = [
        _item("27", _item("27.1", {"valueBoolean": False})),
        _item("1", _item("1.1", _code("0001", basis)), _item("1.2", {"valueDate": period.since.isoformat()})),
    ]
    if certificate.occupations:
        work = "ARBETSSOKANDE" if Occupation.JOB_SEEKER in certificate.occupations else "NUVARANDE_ARBETE"
        items.append(_item("28", _item("28.1", _code("0002", work))))
    diagnosis = {"valueCoding": {"system": ICD10SE, "code": certificate.diagnoses[0]}}
    items.append(_item("6", _item("6.2", diagnosis)))
    items.append(
        _item(
            "32",
            _item("32.1", _code("0003", _DEGREES[period.degree or 1.0])),
            _item("32.2.start", {"valueDate": period.since.isoformat()}),
            _item("32.2.end", {"valueDate": period.until.isoformat()}),
        )
    )
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"sim-{certificate.id}",
        "extension": list(_extensions(certificate)),
        "identifier": {"system": f"{NAMESPACE}/certificate", "value": certificate.id},
        "questionnaire": f"{CANONICAL}/Questionnaire/fk7804-v2|2.0",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
        "authored": certificate.signed.isoformat() if certificate.signed else None,
        "item": items,
    }


def _extensions(certificate: Certificate) -> Iterator[Json]:
    levels = (("hsaCareProvider", _PROVIDER), ("hsaCareUnit", f"{_PROVIDER}-{certificate.care_unit}"))
    yield {
        "url": _HIERARCHY,
        "extension": [
            {"url": name, "valueReference": {"identifier": {"system": HSA, "value": value}}} for name, value in levels
        ],
    }
    if certificate.renews:
        parent = {"system": f"{NAMESPACE}/certificate", "value": certificate.renews}
        yield {"url": f"{CANONICAL}/StructureDefinition/certificate-renews", "valueIdentifier": parent}
    if certificate.first_absence:
        first = certificate.first_absence.isoformat()
        yield {"url": f"{CANONICAL}/StructureDefinition/first-day-of-absence", "valueDate": first}


def _code(table: str, code: str) -> Json:
    return {"valueCoding": {"system": f"{CANONICAL}/CodeSystem/kv-fkmu-{table}", "code": code}}


def _item(link_id: str, *parts: Json) -> Json:
    key = "item" if parts and "linkId" in parts[0] else "answer"
    return {"linkId": link_id, key: list(parts)}

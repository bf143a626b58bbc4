"""A certificate FK 7804 as a QuestionnaireResponse, version 1 and 2; linkIds are the official question ids.

Source: question ids and code values of FK 7804 as in sklintyg/certificate-service and sklintyg/common (fk/lisjp).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.practice_ehr.config import CANONICAL

from .people import CertificateRow, PatientRow, titles
from .staff import HSA, StaffMember

ICD10SE = "urn:oid:1.2.752.116.1.1.1"
NUMBERS = "https://journal.example/id/intyg"
_HIERARCHY = "https://commonprofiles.care/fhir/StructureDefinition/common-hsaHierarchy"
_DEGREES = {100: "HELT_NEDSATT", 75: "TRE_FJARDEDEL", 50: "HALFTEN", 25: "EN_FJARDEDEL"}
_STOCKHOLM = ZoneInfo("Europe/Stockholm")
Item = dict[str, Any]
Day = Callable[[int], date]


def certificate(patient: PatientRow, row: CertificateRow, number: int, author: StaffMember, day: Day) -> dict[str, Any]:
    """The certificate with its extensions; `number` counts the patient's certificates from 1."""
    items = [_item("27", _item("27.1", {"valueBoolean": True}))] if row.infection else _items(patient, row, day)
    extensions = list(_extensions(patient, row, number, author, day))
    vendor = {"vendorStatus": {"code": "SIGNED", "level": 3}} if row.vendor else {}
    return {
        "resourceType": "QuestionnaireResponse",
        "id": certificate_id(patient, number),
        **({"extension": extensions} if extensions else {}),
        "identifier": {"system": NUMBERS, "value": certificate_id(patient, number)},
        "questionnaire": f"{CANONICAL}/Questionnaire/fk7804-v{row.version}|{row.version}.0",
        "status": row.status,
        "subject": {"reference": f"Patient/{patient.id}"},
        "encounter": {"reference": f"Encounter/{encounter_id(patient, number)}"},
        "authored": signed_at(row, day).isoformat(),
        "author": {"reference": author.role_reference, "display": author.name},
        "item": items,
        **vendor,
    }


def certificate_id(patient: PatientRow, number: int) -> str:
    return f"intyg-{patient.id.removeprefix('p-')}-{number}"


def encounter_id(patient: PatientRow, number: int) -> str:
    return f"besok-{patient.id.removeprefix('p-')}-{number}"


def signed_at(row: CertificateRow, day: Day) -> datetime:
    """Quarter past nine on the day it was signed: the first day covered unless the table says otherwise."""
    signed = row.signed if row.signed is not None else min(row.since, 0)
    return datetime.combine(day(signed), time(9, 15), _STOCKHOLM)


def _extensions(
    patient: PatientRow, row: CertificateRow, number: int, author: StaffMember, day: Day
) -> Iterable[dict[str, Any]]:
    def named(name: str, value: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{CANONICAL}/StructureDefinition/{name}", **value}

    if row.hierarchy:
        levels = (("hsaCareProvider", author.provider), ("hsaCareUnit", author.unit))
        parts = [
            {"url": name, "valueReference": {"identifier": {"system": HSA, "value": unit.hsa}, "display": unit.name}}
            for name, unit in levels
        ]
        yield {"url": _HIERARCHY, "extension": parts}
    if row.renews:
        parent = {"system": NUMBERS, "value": certificate_id(patient, number - 1)}
        yield named("certificate-renews", {"valueIdentifier": parent})
    if row.first_absence is not None:
        yield named("first-day-of-absence", {"valueDate": day(row.first_absence).isoformat()})
    if row.vendor:
        yield {"url": "https://vendor.example/ext/workflow", "valueString": "klar"}


def _items(patient: PatientRow, row: CertificateRow, day: Day) -> list[Item]:
    signed = signed_at(row, day).date().isoformat()
    items = [
        _item("27", _item("27.1", {"valueBoolean": False})),
        _item("1", _item("1.1", _code("0001", row.basis)), _item("1.2", {"valueDate": signed})),
        _item("28", _item("28.1", *(_code("0002", code) for code in row.work))),
    ]
    if patient.profession and "NUVARANDE_ARBETE" in row.work:
        items.append(_item("29", _item("29.1", {"valueString": patient.profession})))
    items.append(_item("6", *_diagnoses(row)))
    items.append(_item("35", _item("35.1", {"valueString": "Nedsatt uthållighet och smärta eller trötthet."})))
    items.append(_item("17", _item("17.1", {"valueString": "Klarar inte hela arbetsdagar med ordinarie uppgifter."})))
    items.append(_item("19", _item("19.1", {"valueString": "Pågående behandling enligt journal."})))
    degrees = row.degrees or ((100, row.since, row.until),)
    items.extend(_degree(*one, day) for one in degrees)
    if any(share < 100 for share, _, _ in degrees):
        items.append(_item("33", _item("33.1", {"valueBoolean": False})))
    items.append(_item("34", _item("34.1", {"valueBoolean": False})))
    items.extend(_last_items(row))
    if row.vendor:
        items.append({"linkId": "vendor.77", "text": "Egen fråga", "answer": [{"valueString": "Eget svar"}]})
    return items


def _last_items(row: CertificateRow) -> list[Item]:
    if row.version == 1:
        prognosis = [_item("39.1", _code("0006", "ATER_X_ANTAL_DGR")), _item("39.3", _code("0007", "SEXTIO_DGR"))]
        measures = _item("40", _item("40.1", _code("0004", "ARBETSANPASSNING")))
    else:
        prognosis = [_item("39.1", _code("0006", "STOR_SANNOLIKHET"))]
        measures = _item("44", _item("44.1", {"valueString": "Tidig kontakt med arbetsgivaren."}))
    return [_item("39", *prognosis), measures, _item("26", _item("26.1", {"valueBoolean": False}))]


def _diagnoses(row: CertificateRow) -> list[Item]:
    if row.icd is None:
        return [_item("6.1", {"valueString": "Oklar smärta i nacke och axlar, utredning pågår"})]
    items: list[Item] = []
    for (text_id, code_id), icd in zip((("6.1", "6.2"), ("6.3", "6.4")), (row.icd, row.extra), strict=True):
        if icd is None:
            continue
        title = titles().get(icd, "Okänd kod")
        items.append(_item(text_id, {"valueString": title}))
        coding = {"system": ICD10SE, "code": icd.replace(".", ""), "display": title}
        items.append(_item(code_id, {"valueCoding": coding}))
    return items


def _degree(share: int, since: int, until: int, day: Day) -> Item:
    return _item(
        "32",
        _item("32.1", _code("0003", _DEGREES[share])),
        _item("32.2.start", {"valueDate": day(since).isoformat()}),
        _item("32.2.end", {"valueDate": day(until).isoformat()}),
    )


def _code(table: str, code: str) -> dict[str, Any]:
    return {"valueCoding": {"system": f"{CANONICAL}/CodeSystem/kv-fkmu-{table}", "code": code}}


def _item(link_id: str, *parts: dict[str, Any]) -> Item:
    """A group of items, or a question with its answers."""
    key = "item" if parts and "linkId" in parts[0] else "answer"
    return {"linkId": link_id, key: list(parts)}

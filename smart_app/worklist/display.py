"""What a person is shown as: sealed in the row, opened for those who may see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from fhir_mapping.read.patient import PatientView
from risk.case import Sex
from smart_app.sealing import CannotUnseal, Sealer
from smart_app.worklist.tables import TaskRow

PURPOSE = "worklist"
COLUMN = "sealed_display"


@dataclass(frozen=True, slots=True)
class Display:
    """Name, personal number (12 digits), birth date and sex; None = unknown.

    `security`: labels of a protected identity, which everything that we write about the person carries on.
    `closed`: no key opens what is kept, until the record is read again; all the rest is then None.
    """

    name: str | None
    identifier: str | None
    identifier_kind: str | None
    birth_date: date | None
    sex: Sex | None
    security: tuple[tuple[str | None, str], ...] = ()
    closed: bool = False


CLOSED = Display(
    None, None, None, None, None, (("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R"),), closed=True
)
"""Shown in the place of what no key opens; labelled as restricted, since its own labels cannot be read."""


def seal_display(sealer: Sealer, row_id: str, patient: PatientView) -> str:
    """The patient's display, encrypted for one row."""
    person = patient.person
    value = {
        "name": patient.name,
        "identifier": patient.identifier,
        "identifier_kind": patient.identifier_kind,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "sex": person.sex.value if person.sex else None,
        "security": [list(label) for label in patient.security],
    }
    return sealer.seal(PURPOSE, row_id, COLUMN, json.dumps(value).encode())


def open_display(sealer: Sealer, row: TaskRow) -> Display:
    """The display of one row, also of a protected identity: callers decide what they show. Raises CannotUnseal."""
    value = json.loads(sealer.unseal(PURPOSE, row.id, COLUMN, row.sealed_display))
    return Display(
        name=value["name"],
        identifier=value["identifier"],
        identifier_kind=value["identifier_kind"],
        birth_date=date.fromisoformat(value["birth_date"]) if value["birth_date"] else None,
        sex=Sex(value["sex"]) if value["sex"] else None,
        security=tuple((system, code) for system, code in value["security"]),
    )


def shown_display(sealer: Sealer, row: TaskRow) -> Display:
    """The same for whoever looks: `CLOSED` when no key opens it, so that the other rows stay listed."""
    try:
        return open_display(sealer, row)
    except CannotUnseal:
        return CLOSED

"""Every kind of answer of our FHIR API through HAPI's validator, and a mistake that it must find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fhir_mapping
from smart_app.worklist.contact import Contact, register_contact
from tests.running_hapi import lay_out
from tests.worklist_desk import NUMBERS, SOFIA, UNIT, a_patient, a_quick_desk

DEFINITIONS = Path(str(fhir_mapping.__file__)).parent / "definitions"


def test_answers_are_valid(validator: Callable[..., Any], tmp_path: Path) -> None:
    desk = a_quick_desk(tmp_path)
    task = desk.put(a_patient("p1", number=NUMBERS[0]))
    desk.put(a_patient("p2", number=NUMBERS[1], protected=True))
    contact = Contact(mode="phone", counterparty="patient", with_patient=True)
    with desk.store.transaction() as session:
        register_contact(session, desk.sealer, desk.urls, UNIT, task.id, contact, by=SOFIA, now=desk.now)
    api, headers = desk.api(), desk.token()
    answers = [
        api.get(f"/fhir/{path}", headers=headers).json()
        for path in (
            "metadata",
            f"Task/{task.id}",
            "Patient/p1",
            "Patient/p2",
            "Task?_include=Task:patient&_count=1",
            "Procedure",
            "Task/nobody",
            "Task?_sort=nonsense",
        )
    ]
    planted = answers[1] | {"status": "nonsense"}
    folder = lay_out([*answers, planted], tmp_path / "answers")
    found = validator(folder, definitions=DEFINITIONS)
    assert found.count == len(answers) + 1
    errors = found.errors
    assert [issue for issue in errors if "00008" not in issue.file] == []
    assert any("00008" in issue.file for issue in errors)

"""An invented worklist: rows of every kind, none of them a real person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from risk.case import ScopeKind, Sex
from risk.survival import PiecewiseCurve
from smart_app.outbox.states import WriteState
from smart_app.web.list_choice import ListChoice
from smart_app.web.worklist_row import Opened, Reader
from smart_app.web.worklist_view import Listing
from smart_app.worklist.display import Display
from smart_app.worklist.query import Page, WorklistEntry
from smart_app.worklist.tables import ContactRow, TaskRow
from smart_app.worklist.unit_reading import UnitReading
from terminology.personal_number import PersonalNumber

ON = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 7, 12, tzinfo=UTC)
CURVE = PiecewiseCurve((15, 30, 90, 180, 365), (1.0, 0.79, 0.32, 0.15, 0.055))
ME = "PractitionerRole/sofia"


def a_row(number: int, **changes: Any) -> TaskRow:
    day = changes.get("day", 20 + 7 * number)
    horizon = next((one for one in (90, 180, 365) if one > day), None)
    share = CURVE.still_on_leave(horizon, max(day, 15)) if horizon else None
    values: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "issuer": "journal", "care_provider": "p", "care_unit": "u",
        "case_id": f"case-{number}", "patient_reference": f"Patient/{number}", "version": 3,
        "status": "requested", "business_status": "REKO_1", "rank_score": number, "rank_group": "today",
        "rank_rule": "certificate-ends", "reason_sv": "Intyget slutar om 6 dagar, ingen plan",
        "reason_en": "The certificate ends in 6 days, no plan", "act_by": ON + timedelta(days=6),
        "due": ON + timedelta(days=6), "milestone_day": 60, "milestone_date": date(2026, 12, 5),
        "milestone_sv": "Arbetsgivarens plan följs upp", "milestone_en": "The employer's plan is followed up",
        "milestone_chain": True, "diagnosis": "M545", "group_key": "M54", "match_level": "coarser",
        "since": ON - timedelta(days=day - 1), "until": ON + timedelta(days=6), "on": ON, "day": day, "chain_day": day,
        "degree": 0.75, "ongoing": True, "renewals": 1, "band": "national", "horizon_day": horizon,
        "share": share, "group_share": share,
        "points": [[d, s] for d, s in CURVE.points(max(day, 15))[::7]] if day < 365 else [],
        "plan_state": "none", "model_id": "national-2017", "model_version": "1", "catalogue_version": "1",
        "rules_version": "2026.1", "terminology_release": "r", "protected": False, "sealed_display": "",
        "created_at": AT, "updated_at": AT, "read_at": AT,
    }  # fmt: skip
    return TaskRow(**{**values, **changes})


def entries() -> tuple[WorklistEntry, ...]:
    people = (
        (a_row(1, day=84, until=ON - timedelta(days=1), reason_sv="Intyget slutade i går, inget nytt är läst",
               reason_en="The certificate ended yesterday, nothing new has been read", diagnosis="F321",
               plan_state="active", business_status="REKO_3", owner_reference=ME, owner_name="Sofia Öberg"),
         "Johan Björklund", Sex.MALE, "196305183144"),
        (a_row(2, day=37, chain_day=45), "Eva Sandström", Sex.FEMALE, "196501133372"),
        (a_row(3, day=86, diagnosis="F438A", degree=1.0, reason_sv="Dag 90 om 4 dagar, ingen plan",
               reason_en="Day 90 in 4 days, no plan", milestone_day=90), "Fatima Nouri", Sex.FEMALE, "196604273083"),
        (a_row(4, day=58, diagnosis="F431", protected=True, degree=None), "Får Inte Synas", Sex.FEMALE, "197101169295"),
        (a_row(5, day=16, rank_group="week", diagnosis=None, band="unknown", share=None, horizon_day=None, points=[],
               reason_sv="Diagnos saknas i intyget, dag 16", reason_en="No diagnosis in the certificate, day 16"),
         "Robert Norén", Sex.MALE, "198003219295"),
        (a_row(6, day=112, chain_day=131, rank_group="week", on=ON - timedelta(days=1), business_status="REKO_8",
               owner_reference="PractitionerRole/lars", owner_name="Lars Ek"),
         "Mikael Strand", Sex.MALE, "198110019299"),
        (a_row(7, day=400, rank_group="watch", share=None, horizon_day=None, points=[], milestone_day=None,
               milestone_date=None, plan_state="draft", diagnosis="K509"), "Ahmed <i>Saleh</i>", None, "198304179297"),
    )  # fmt: skip
    return tuple(
        WorklistEntry(task, Display(name, number, "personnummer", PersonalNumber.parse(number).birth_date, sex))
        for task, name, sex, number in people
    )


def a_listing(**changes: Any) -> Listing:
    rows = entries()
    listing = Listing(
        path="/worklist/sample",
        page=Page(rows, 143, 25),
        choice=ListChoice(),
        view_counts={"all": 143, "mine": 61, "unowned": 9, "today": 4, "highest": 10, "no-plan": 12, "closed": 31},
        group_counts={"today": 4, "week": 9, "watch": 130},
        reading=UnitReading(AT, ScopeKind.CARE_PROVIDER, 141, 2, ("Patient/88", "Patient/91")),
        opened=None,
        reader=Reader(ME, True, "Journalen"),
        user_name="Sofia Öberg",
        role="coordinator",
        unit="Vårdcentralen Björken",
        on=ON,
    )
    return replace(listing, **changes)


def an_opened(task: TaskRow) -> Opened:
    contact = ContactRow(
        id="c", issuer="journal", care_provider="p", care_unit="u", task_id=task.id, case_id=task.case_id,
        patient_reference=task.patient_reference, kva="GC001", mode="phone", counterparty="patient", with_patient=True,
        registrar_role="coordinator", performed_on=ON - timedelta(days=2),
        by_reference=ME, by_name="Sofia Öberg", at=AT,
    )  # fmt: skip
    refused = WriteState("procedure", "refused", AT, None, "ehr-refused", 11, None)
    return Opened(task.id, (contact,), (refused,), "11111111-1111-4111-8111-111111111111")


def listings() -> dict[str, Listing]:
    """Every state that the list can be in."""
    second = entries()[1].task
    return {
        "usual": a_listing(),
        "open": a_listing(opened=an_opened(second), choice=ListChoice(open=second.id)),
        "reader": a_listing(opened=an_opened(second), reader=Reader(None, False, "Journalen"), role="head-of-unit"),
        "sorted": a_listing(choice=ListChoice(sort="day", down=True, code="M54", plan="none", start=25)),
        "searched": a_listing(searched="Eva", page=Page(entries()[1:2], 1, None)),
        "empty": a_listing(page=Page((), 0, None), reading=None),
        "nothing": a_listing(page=Page((), 0, None), choice=ListChoice(code="Z99")),
    }

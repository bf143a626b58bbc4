"""Tables of the worklist: one task per case, what coordinators did, and when the unit was last read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from smart_app.store.columns import Instant, Owned, new_id


class TaskRow(Owned, table=True):
    """One case as the coordinator sees it.

    Attributes:
        version: goes up by one at every change that a reader can see; the ETag of the Task.
        status, business_status: Task.status follows from the REKO status by table.
        owner_reference, owner_name: the person who has taken it over; None = the unit as a whole.
        due: next milestone, else the day that the rank names; Task.restriction.period.end.
        act_by: the day by which the rank says that something needs doing.
        horizon_day, share, group_share: nearest horizon ahead; None when there is no figure.
        points: [[day, share], ...] for a small curve; empty when there is no figure.
        merged_into: the case that this one was forwarded to; the task is closed then.
        sealed_display: name, personal number, birth date and sex, encrypted.
        on: the day the row was computed for; read_at: when the chart was read.
    """

    __tablename__ = "worklist_task"
    __table_args__ = (
        UniqueConstraint("issuer", "care_provider", "case_id"),
        Index("ix_worklist_task_list", "issuer", "care_provider", "care_unit", "rank_score"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    case_id: str = Field(max_length=64)
    patient_reference: str = Field(index=True, max_length=256)
    condition_reference: str | None = Field(default=None, max_length=256)
    encounter_reference: str | None = Field(default=None, max_length=256)
    requester_reference: str | None = Field(default=None, max_length=256)
    unit_name: str | None = Field(default=None, max_length=256)
    version: int = 1

    status: str = Field(max_length=32)
    business_status: str = Field(max_length=16)
    owner_reference: str | None = Field(default=None, max_length=256)
    owner_name: str | None = Field(default=None, max_length=256)

    rank_score: int
    rank_group: str = Field(max_length=16)
    rank_rule: str = Field(max_length=64)
    reason_sv: str
    reason_en: str
    act_by: date
    due: date
    milestone_day: int | None = None
    milestone_date: date | None = None
    milestone_sv: str | None = None
    milestone_en: str | None = None
    milestone_chain: bool | None = None

    diagnosis: str | None = Field(default=None, max_length=8)
    group_key: str | None = Field(default=None, max_length=8)
    match_level: str | None = Field(default=None, max_length=16)
    since: date
    until: date
    on: date
    day: int
    chain_day: int
    degree: float | None = None
    ongoing: bool
    renewals: int

    band: str = Field(max_length=16)
    horizon_day: int | None = None
    horizon_date: date | None = None
    share: float | None = None
    group_share: float | None = None
    points: list[Any] = Field(default_factory=list, sa_type=JSON)

    plan_state: str = Field(default="none", max_length=16)
    merged_into: str | None = Field(default=None, max_length=64)
    assessment_id: str | None = Field(default=None, max_length=36)
    plan_id: str | None = Field(default=None, max_length=36)

    model_id: str = Field(max_length=64)
    model_version: str = Field(max_length=32)
    catalogue_version: str = Field(max_length=32)
    rules_version: str = Field(max_length=32)
    terminology_release: str = Field(max_length=64)
    questionnaire: str | None = Field(default=None, max_length=32)

    protected: bool = False
    sealed_display: str

    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    read_at: datetime = Field(sa_type=Instant)


class TaskEventRow(Owned, table=True):
    """One change by a person: who moved or took over which task, from what to what. Never changed afterwards."""

    __tablename__ = "worklist_task_event"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    task_id: str = Field(index=True, max_length=36)
    version: int
    before: str = Field(max_length=16)
    after: str = Field(max_length=16)
    owner_reference: str | None = Field(default=None, max_length=256)
    by_reference: str = Field(max_length=256)
    by_role: str | None = Field(default=None, max_length=32)
    at: datetime = Field(sa_type=Instant)


class ContactRow(Owned, table=True):
    """One thing that was done for the patient; its id is the identity of the Procedure in the record."""

    __tablename__ = "worklist_contact"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    task_id: str = Field(index=True, max_length=36)
    case_id: str = Field(max_length=64)
    patient_reference: str = Field(index=True, max_length=256)
    encounter_reference: str | None = Field(default=None, max_length=256)
    kva: str = Field(max_length=8)
    mode: str = Field(max_length=32)
    counterparty: str = Field(max_length=32)
    with_patient: bool
    registrar_role: str = Field(max_length=32)
    performed_on: date
    by_reference: str = Field(max_length=256)
    by_name: str | None = Field(default=None, max_length=256)
    at: datetime = Field(sa_type=Instant)


class UnitReadingRow(Owned, table=True):
    """One run over a unit: when, how many patients were read, and which could not be."""

    __tablename__ = "worklist_unit_reading"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    at: datetime = Field(sa_type=Instant)
    scope: str = Field(max_length=32)
    patients_read: int
    patients_failed: int
    sealed_failed: str

"""What is kept of an assessment: the prediction with its versions, the case's plan, the chart of an open look."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field

from smart_app.store.columns import Instant, Owned


class AssessmentRow(Owned, table=True):
    """One prediction. The same inputs on the same day give the same row; new inputs give a new one that replaces it."""

    __tablename__ = "assessment"
    __table_args__ = (
        UniqueConstraint("issuer", "care_provider", "case_id", "model_id", "model_version", "fingerprint"),
    )

    id: str = Field(primary_key=True, max_length=36)
    case_id: str = Field(index=True, max_length=36)
    patient_reference: str = Field(index=True, max_length=128)
    on: date
    day: int
    fingerprint: str = Field(max_length=64)
    chart_fingerprint: str = Field(max_length=64)
    model_id: str = Field(max_length=64)
    model_version: str = Field(max_length=32)
    versions: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    shares: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    replaces: str | None = Field(default=None, max_length=36)
    opinion: str | None = Field(default=None, max_length=32)
    made_by: str | None = Field(default=None, max_length=64)
    made_at: datetime = Field(sa_type=Instant)


class PlanRow(Owned, table=True):
    """The plan of one case: its identity, its status, and the interventions that it holds, as they were worded then.

    `procedure_id` is the identity of "plan made", given when the plan is first accepted.
    """

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("issuer", "care_provider", "case_id"),)

    id: str = Field(primary_key=True, max_length=36)
    case_id: str = Field(index=True, max_length=36)
    patient_reference: str = Field(index=True, max_length=128)
    status: str = Field(max_length=16)
    interventions: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    assessment_id: str = Field(max_length=36)
    procedure_id: str | None = Field(default=None, max_length=36)
    written_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


class LookRow(Owned, table=True):
    """The chart as one launch read it, sealed, so that what is saved is what was shown; gone when the launch ends."""

    __tablename__ = "look"

    launch_id: str = Field(primary_key=True, max_length=36)
    patient_reference: str = Field(max_length=128)
    read_at: datetime = Field(sa_type=Instant)
    sealed_chart: str


class CaseAnswersRow(Owned, table=True):
    """What was answered about one case, sealed; it holds for every look at the case, whoever asks.

    `response_id` is the identity of these answers when they are written to the EHR; other answers get another.
    """

    __tablename__ = "case_answers"

    case_id: str = Field(primary_key=True, max_length=36)
    patient_reference: str = Field(index=True, max_length=128)
    response_id: str = Field(max_length=36)
    sealed_answers: str
    answered_by: str | None = Field(default=None, max_length=64)
    answered_at: datetime = Field(sa_type=Instant)

"""The copies: sealed bodies under our own ids."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from smart_app.store.columns import Instant, Owned, new_id


class RecordRow(Owned, table=True):
    """The present version of one written resource.

    Attributes:
        key: of the row; `resource_id` is the resource's id in our API.
        digest: of the body before sealing, so that the same content twice makes no new version.
    """

    __tablename__ = "fhir_record"
    __table_args__ = (
        UniqueConstraint("issuer", "care_provider", "resource_type", "resource_id"),
        Index("ix_fhir_record_patient", "issuer", "care_provider", "patient_reference", "resource_type"),
    )

    key: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    resource_type: str = Field(max_length=64)
    resource_id: str = Field(max_length=64)
    version: int = 1
    patient_reference: str = Field(max_length=256)
    digest: str = Field(max_length=64)
    sealed_body: str
    updated_at: datetime = Field(sa_type=Instant)

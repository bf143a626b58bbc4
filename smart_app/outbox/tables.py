"""Tables of the outbox: what is to be written to an EHR, what has been written, and which EHR asked us to wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from smart_app.store.columns import Instant, Owned

WAITING = "waiting"
LEASED = "leased"
DELIVERED = "delivered"
PARKED = "parked"
KEPT = "kept"
OPEN_STATES = (WAITING, LEASED)


class OutboxRow(Owned, table=True):
    """One write to one EHR: a set of resources that belong together, of one case.

    Attributes:
        id: ascending; within a case also the order of delivery. Never used twice.
        launch_id: the launch whose token may carry it; None = Backend Services only.
        cause: what brought it about, e.g. "assessment", "contact", "worklist".
        kinds: kinds of its entries, comma-separated in order; readable without opening the payload.
        payload: the entries, sealed; None once delivered, or when a parked one was kept too long.
        digest: keyed digest of the entries, so that the same write waiting already is not put in twice.
        state: "waiting", "leased" (a worker is at it), "delivered", "parked" (refused for good until retried), "kept"
            (the EHR takes it in no form: here for download, and for another try).
        attempts: how often it was taken up since it was put in or retried.
        in_doubt: something may have been sent whose answer never came whole; look it up before sending again.
        not_before: earliest instant of the next attempt.
        fault: code of what stopped the last attempt (`smart_app.outbox.faults.Fault`); None when nothing did.
        fault_status: the HTTP status that came with it, when there was one.
        step: how the last attempt went about it: "transaction", "put", "document", "export"; None before it was chosen.
        step_why: what held the better steps back: "profile", "capability", "scopes",
            "refused".
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_due", "state", "not_before"),
        Index("outbox_of_case", "case_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: str = Field(foreign_key="sick_leave_case.id", max_length=36)
    patient_reference: str = Field(max_length=128)
    launch_id: str | None = Field(default=None, max_length=36)
    cause: str = Field(max_length=32)
    kinds: str = Field(max_length=256)
    payload: str | None = None
    digest: str | None = Field(default=None, max_length=64)
    state: str = Field(default=WAITING, max_length=16)
    attempts: int = 0
    in_doubt: bool = False
    not_before: datetime = Field(sa_type=Instant)
    lease_owner: str | None = Field(default=None, max_length=128)
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    fault: str | None = Field(default=None, max_length=32)
    fault_status: int | None = None
    step: str | None = Field(default=None, max_length=16)
    step_why: str | None = Field(default=None, max_length=16)
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)


class WrittenRow(Owned, table=True):
    """Where one thing that we wrote stands at the EHR, and in which version we know it.

    Attributes:
        identity: "system|value" of its identifier (or of its tag): ours, random, never used twice.
        full_url: the urn by which other entries of ours refer to it.
        outbox_id: the outbox row whose content was written last; an older row must not overwrite it.
        version_id: as the EHR gave it; None when it keeps no versions.
        status: the resource's status as it stands at the EHR after the last write.
    """

    __tablename__ = "written"
    __table_args__ = (
        UniqueConstraint("issuer", "care_provider", "identity"),
        Index("written_full_url", "issuer", "care_provider", "full_url"),
    )

    id: int | None = Field(default=None, primary_key=True)
    identity: str = Field(max_length=512)
    full_url: str = Field(max_length=128)
    kind: str = Field(max_length=32)
    case_id: str = Field(foreign_key="sick_leave_case.id", index=True, max_length=36)
    patient_reference: str = Field(max_length=128)
    outbox_id: int
    ehr_type: str = Field(max_length=64)
    ehr_id: str = Field(max_length=64)
    version_id: str | None = Field(default=None, max_length=64)
    status: str | None = Field(default=None, max_length=32)
    written_at: datetime = Field(sa_type=Instant)


class PauseRow(SQLModel, table=True):
    """An EHR that asked us to wait (429, 503) or could not be reached; no row of its is taken up before `until`."""

    __tablename__ = "outbox_pause"

    issuer: str = Field(primary_key=True, max_length=64)
    until: datetime = Field(sa_type=Instant)


class NotTakenRow(SQLModel, table=True):
    """A step of the ladder that an EHR refused though it says that it can; not tried there before `until`.

    Attributes:
        types: resource types that were refused together, sorted and comma-separated; "" = whatever is sent.
    """

    __tablename__ = "outbox_not_taken"

    issuer: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True, max_length=16)
    types: str = Field(primary_key=True, max_length=256)
    until: datetime = Field(sa_type=Instant)

"""What is kept of launches, of things that may be used once, and of our own keys."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from smart_app.store.columns import Instant, Owned, new_id

STARTED, EXCHANGING, OPEN, CLOSED = "started", "exchanging", "open", "closed"


class LaunchRow(SQLModel, table=True):
    """One launch, that is one tab: from the redirect to the EHR until it is closed.

    Care provider, unit, user and context are None until the callback has told them. `sealed` holds JSON: verifier and
    nonce while started, the access token while open, nothing once closed.
    """

    __tablename__ = "launch"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    issuer: str = Field(index=True, max_length=64)
    care_provider: str | None = Field(default=None, index=True, max_length=64)
    care_unit: str | None = Field(default=None, index=True, max_length=64)
    stage: str = Field(max_length=16)
    state_digest: str = Field(unique=True, max_length=64)
    cookie_digest: str = Field(max_length=64)
    asked: str
    created_at: datetime = Field(sa_type=Instant)
    last_used_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    patient: str | None = Field(default=None, max_length=80)
    encounter: str | None = Field(default=None, max_length=80)
    intent: str | None = Field(default=None, max_length=200)
    role: str | None = Field(default=None, max_length=32)
    user_reference: str | None = Field(default=None, max_length=130)
    user_hsa_id: str | None = Field(default=None, max_length=64)
    user_name: str | None = Field(default=None, max_length=200)
    unit_name: str | None = Field(default=None, max_length=200)
    need_patient_banner: bool = True
    granted: str = ""
    language: str = Field(default="sv", max_length=2)
    token_expires_at: datetime | None = Field(default=None, sa_type=Instant)
    sealed: str | None = None


class KeptFormRow(Owned, table=True):
    """What was filled in when a launch ended, sealed; whose it is and about whom stands in that launch's row."""

    __tablename__ = "kept_form"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    launch_id: str = Field(index=True, max_length=36)
    form: str = Field(max_length=32)
    kept_at: datetime = Field(sa_type=Instant, index=True)
    sealed_fields: str


class UsedOnceRow(SQLModel, table=True):
    """A value that must not be taken twice, e.g. the jti of an assertion somebody else sent us."""

    __tablename__ = "used_once"

    purpose: str = Field(primary_key=True, max_length=32)
    key: str = Field(primary_key=True, max_length=128)
    expires_at: datetime = Field(sa_type=Instant, index=True)


class SigningKeyRow(SQLModel, table=True):
    """One of our own key pairs; `public_jwk` is what we publish, the private half is sealed."""

    __tablename__ = "signing_key"

    kid: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    alg: str = Field(max_length=8)
    public_jwk: str
    sealed: str
    created_at: datetime = Field(sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)

"""What a completed launch gives: who, where, on whose behalf, and about which patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from smart_app.issuers import IssuerProfile
from smart_app.launch import scopes
from smart_app.launch.errors import LaunchClosed
from smart_app.launch.fhir_context import ContextItem
from smart_app.launch.scopes import Scopes
from smart_app.launch.tables import LaunchRow
from smart_app.store.owner import Owner

RoleName = Literal["physician", "coordinator", "head-of-unit"]
Language = Literal["sv", "en"]


@dataclass(frozen=True, slots=True)
class LaunchContext:
    """One open launch.

    Attributes:
        owner: issuer, care provider and care unit that every row is read and written for.
        role: None when neither codes, claims nor licence tell.
        user_reference: what authors refer to at the EHR, e.g. "PractitionerRole/12"; None when only claims told who.
        patient: "Patient/12"; None in a launch without a patient. Not yet read: an EHR may hand out a wrong id.
        encounter: "Encounter/12".
        intent: what the EHR wants opened; unknown values mean the usual page.
        need_patient_banner: the page must show whom it is about.
        lacking: what was asked for and not granted, e.g. "patient/RiskAssessment.c"; both roles are asked for where the
            role is not known beforehand, so something is always lacking then.
        style: values of our own custom properties that the EHR wants; {} = ours.
        fhir_context: what else the launch is about. Not yet read.
        form_token: stands in every form that changes something.
    """

    id: str
    profile: IssuerProfile
    owner: Owner
    role: RoleName | None
    user_reference: str | None
    user_hsa_id: str | None
    user_name: str | None = field(repr=False)
    unit_name: str | None
    patient: str | None = field(repr=False)
    encounter: str | None = field(repr=False)
    intent: str | None
    need_patient_banner: bool
    granted: Scopes
    language: Language
    expires_at: datetime
    form_token: str = field(repr=False)
    lacking: tuple[str, ...] = ()
    fhir_context: tuple[ContextItem, ...] = field(default=(), repr=False)
    style: Mapping[str, str] = field(default_factory=dict)


def context_of(
    row: LaunchRow,
    profile: IssuerProfile,
    form_token: str,
    fhir_context: tuple[ContextItem, ...] = (),
    style: Mapping[str, str] | None = None,
) -> LaunchContext:
    """The context that an open launch's row holds. Raises LaunchClosed when the callback has not filled it."""
    if row.care_provider is None or row.care_unit is None:
        raise LaunchClosed("unknown")
    granted = scopes.parse(row.granted)
    return LaunchContext(
        id=row.id,
        profile=profile,
        owner=Owner(row.issuer, row.care_provider, row.care_unit),
        role=cast("RoleName | None", row.role),
        user_reference=row.user_reference,
        user_hsa_id=row.user_hsa_id,
        user_name=row.user_name,
        unit_name=row.unit_name,
        patient=row.patient,
        encounter=row.encounter,
        intent=row.intent,
        need_patient_banner=row.need_patient_banner,
        granted=granted,
        language="en" if row.language == "en" else "sv",
        expires_at=row.expires_at,
        form_token=form_token,
        lacking=granted.missing(scopes.parse(row.asked)),
        fhir_context=fhir_context,
        style=style or {},
    )

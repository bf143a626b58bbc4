"""On whose behalf one patient is looked at: a physician's launch, or a unit run without anyone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fhir_mapping.read.organization import Unit
from fhir_mapping.read.role import Role, UserView
from risk.case import Scope, ScopeKind, SickLeaveCase
from smart_app.assessment.errors import NoPatient
from smart_app.audit.log import By
from smart_app.issuers import IssuerProfile
from smart_app.launch.context import LaunchContext
from smart_app.launch.fhir_context import in_launch
from smart_app.store.owner import Owner

BACKGROUND = "background"


@dataclass(frozen=True)
class Visit:
    """One look at one patient.

    Attributes:
        patient: "Patient/<id>" at the issuer.
        encounter: "Encounter/<id>"; None outside a visit.
        context: references to what else the launch is about.
        author: the signed-in user as resources name them; None for a unit run, where the software alone acts, and
            where only claims told who it is.
        actor: who the audit trail names.
        role: of the actor; None when unknown.
        launch_id: None for a unit run.
    """

    profile: IssuerProfile
    owner: Owner
    unit: Unit
    patient: str
    encounter: str | None = None
    context: tuple[str, ...] = ()
    author: UserView | None = None
    actor: str = BACKGROUND
    role: str | None = None
    launch_id: str | None = None

    @property
    def by(self) -> By:
        return By(self.actor, self.role)

    @property
    def scope(self) -> Scope:
        """Whose certificates make the case: the care provider's, everywhere, so that all doors see the same case.

        Source: a case is certificates of the same care provider (Inera); docs/explanation/cases.md.
        """
        return Scope(ScopeKind.CARE_PROVIDER, self.owner.care_provider)

    @property
    def everything(self) -> Scope:
        """All certificates that the EHR lets us read, whoever wrote them."""
        return Scope(ScopeKind.PERMITTED)

    def at_unit_of(self, case: SickLeaveCase | None) -> Visit:
        """The same visit, with the unit that is responsible for the case: the one that wrote its latest certificate.

        A physician of another unit of the same provider who opens the chart does not move the case to their list.
        """
        unit = next((one.care_unit for one in reversed(case.certificates) if one.care_unit), None) if case else None
        if unit is None or unit == self.owner.care_unit:
            return self
        return replace(
            self,
            owner=replace(self.owner, care_unit=unit),
            unit=Unit(hsa_id=unit, provider_hsa_id=self.unit.provider_hsa_id, provider_name=self.unit.provider_name),
        )


def visit_of(launch: LaunchContext) -> Visit:
    """The visit of an open launch.

    Raises:
        NoPatient: the launch carries no patient.
    """
    if launch.patient is None:
        raise NoPatient
    unit = Unit(
        hsa_id=launch.owner.care_unit,
        name=launch.unit_name,
        provider_hsa_id=launch.owner.care_provider,
    )
    return Visit(
        launch.profile,
        launch.owner,
        unit,
        launch.patient,
        encounter=launch.encounter,
        context=in_launch(launch.fhir_context),
        author=_author(launch),
        actor=launch.user_hsa_id or launch.user_reference or "unknown",
        role=launch.role,
        launch_id=launch.id,
    )


def _author(launch: LaunchContext) -> UserView | None:
    if launch.user_reference is None:
        return None
    return UserView(
        reference=launch.user_reference,
        name=launch.user_name,
        hsa_id=launch.user_hsa_id,
        care_unit=launch.owner.care_unit,
        care_unit_name=launch.unit_name,
        care_provider=launch.owner.care_provider,
        role=Role(launch.role) if launch.role else None,
    )

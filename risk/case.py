"""The sick-leave case (sjukskrivningsfall) and the certificates (intyg) that make it: plain, immutable values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Basis(StrEnum):
    """What a certificate is based on (question 1 of FK 7804)."""

    PHYSICAL_EXAMINATION = "physical-examination"
    DIGITAL_EXAMINATION = "digital-examination"
    PHONE = "phone"
    RECORDS = "records"
    RELATIVE = "relative"
    OTHER = "other"


class Occupation(StrEnum):
    """What the work capacity is judged against (question 28 of FK 7804)."""

    CURRENT_WORK = "current-work"
    JOB_SEEKER = "job-seeker"
    PARENTAL_LEAVE = "parental-leave"
    STUDIES = "studies"


class Sex(StrEnum):
    """Administrative sex; anything else in the record is unknown (None), never guessed."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class DegreePeriod:
    """One degree of reduced work capacity over whole days, both ends included.

    `degree` is a share: 1.0, 0.75, 0.5 or 0.25; None when the certificate does not say.
    """

    since: date
    until: date
    degree: float | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One sick-leave certificate FK 7804 as read from the record.

    Attributes:
        id: business identifier of the certificate (stable over corrections), else the resource id.
        reference: FHIR reference it was read from, e.g. "QuestionnaireResponse/12"; opaque here.
        periods: at least one, ascending by start.
        signed: when it was signed (aware, UTC); None when the record does not say.
        revoked: withdrawn by its author; such a certificate makes no case.
        infection_control: smittbärarpenning; such a certificate makes no case.
        diagnoses: ICD-10-SE without dot, main diagnosis first; empty when none was coded.
        basis: empty when not said.
        occupations: empty when not said.
        renews: `id` of the certificate that this one renews.
        care_provider, care_unit: HSA-ids of the issuer; None when the record does not say.
        first_absence: first day of absence when it is known (may lie before the first period).
        template: "fk7804-v1" or "fk7804-v2".
    """

    id: str
    reference: str
    periods: tuple[DegreePeriod, ...]
    signed: datetime | None = None
    revoked: bool = False
    infection_control: bool = False
    diagnoses: tuple[str, ...] = ()
    basis: frozenset[Basis] = frozenset()
    occupations: frozenset[Occupation] = frozenset()
    renews: str | None = None
    care_provider: str | None = None
    care_unit: str | None = None
    first_absence: date | None = None
    template: str = "fk7804-v2"

    @property
    def since(self) -> date:
        return self.periods[0].since

    @property
    def until(self) -> date:
        return max(period.until for period in self.periods)


class ScopeKind(StrEnum):
    """Whose certificates may make up the case; it stands on screen."""

    UNIT = "unit"
    CARE_PROVIDER = "care-provider"
    PERMITTED = "permitted"  # everything the EHR lets us read


@dataclass(frozen=True, slots=True)
class Scope:
    """`hsa_id` names the unit or provider; None for PERMITTED."""

    kind: ScopeKind
    hsa_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseSpan:
    """Certificates joined into one case: first to last day covered, certificates in order of (since, until, id)."""

    since: date
    until: date
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """What the rules need to know of the patient; None means unknown."""

    sex: Sex | None = None
    birth_date: date | None = None
    postal_code: str | None = None
    county_code: str | None = None


@dataclass(frozen=True, slots=True)
class CareHistory:
    """What the record tells of the patient's care, on day 1 and in the twelve months before.

    Attributes:
        other_diseases: long-lasting diseases beside the certified one, e.g. "diabetes".
        specialist_visits: days of visits in specialised care, ascending.
        hospital_days: days in hospital.
        diseases_whole, visits_whole, stays_whole, leave_whole: whether what is not seen was not there; False = it may
            have been.
        began_in_primary_care: None = unknown.
        basis: references of what was counted, opaque here.
    """

    other_diseases: tuple[str, ...] = ()
    diseases_whole: bool = False
    specialist_visits: tuple[date, ...] = ()
    visits_whole: bool = False
    hospital_days: int = 0
    stays_whole: bool = False
    leave_whole: bool = False
    began_in_primary_care: bool | None = None
    basis: tuple[str, ...] = ()


NOT_READ = CareHistory()


@dataclass(frozen=True, slots=True)
class SickLeaveCase:
    """The ongoing (or most recent) case of one patient as seen on day `on`.

    Attributes:
        on: the day it is looked at, Europe/Stockholm.
        since: day 1 of the case: known first day of absence, else first day of the first certificate.
        since_earliest: earliest possible day 1; equals `since` when day 1 is known.
        day1_known: whether day 1 was stated rather than taken from the first certificate.
        until: last day covered by a certificate.
        day: `on` - `since` + 1.
        chain_day: day of the rehabilitation chain: `day` plus the days of earlier cases that lie fewer than
            90 days before the next one (ISF 2015:5; Försäkringskassan decides).
        certificates: those of this case, ascending.
        diagnosis: main diagnosis of the latest certificate that has one; None when none was coded.
        first_diagnosis: main diagnosis of the earliest certificate that has one.
        degrees: degree over time, ascending, not overlapping.
        degree_now: degree on day `on`; None when unknown or no certificate covers the day.
        ongoing: some certificate covers day `on`.
        renewals: certificates after the first.
        renewals_without_examination: renewals based on phone, records or others only.
        prior_days_12_months: days on certificate in the 12 months before `since`, earlier cases only.
        prior_longest_case_days: length of the longest such case in that window; 0 = none was found.
        earlier: the patient's earlier cases, most recent first.
        person: the patient.
        occupations: of the latest certificate that says; empty = unknown.
        scope: whose certificates were looked at.
        unknown: names of what could not be found out, e.g. "diagnosis", "birth_date"; never guessed.
        warnings: remarks on the certificates, e.g. "overlap", "reversed-period"; shown, nothing is dropped in silence.
        care: what the record tells of the patient's care.
    """

    on: date
    since: date
    since_earliest: date
    day1_known: bool
    until: date
    day: int
    chain_day: int
    certificates: tuple[Certificate, ...]
    diagnosis: str | None
    first_diagnosis: str | None
    degrees: tuple[DegreePeriod, ...]
    degree_now: float | None
    ongoing: bool
    renewals: int
    renewals_without_examination: int
    prior_days_12_months: int
    prior_longest_case_days: int
    earlier: tuple[CaseSpan, ...]
    person: Person
    occupations: frozenset[Occupation]
    scope: Scope
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default_factory=tuple)
    care: CareHistory = NOT_READ

    @property
    def extension(self) -> bool:
        """Whether the case has been extended: more than one certificate."""
        return self.renewals > 0

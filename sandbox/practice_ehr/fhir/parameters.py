"""The search parameters of the practice EHR's own store: name, kind and where the value stands.

Source: HL7 FHIR R4 4.0.1, search parameter registry (a subset; names and meaning unchanged).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["token", "reference", "date", "string", "uri"]


class Parameter(NamedTuple):
    kind: Kind
    paths: tuple[str, ...]
    target: str | None = None  # the only type a reference may point to, when the parameter's name says so


_TABLE = """
*                     _id               token      id
*                     _lastUpdated      date       meta.lastUpdated
*                     _tag              token      meta.tag
*                     _security         token      meta.security
*                     _profile          uri        meta.profile
*                     identifier        token      identifier
Patient               name              string     name
Patient               family            string     name.family
Patient               given             string     name.given
Patient               birthdate         date       birthDate
Patient               gender            token      gender
Patient               active            token      active
Patient               organization      reference  managingOrganization
Patient               general-practitioner reference generalPractitioner
Practitioner          name              string     name
Practitioner          active            token      active
PractitionerRole      practitioner      reference  practitioner
PractitionerRole      organization      reference  organization
PractitionerRole      role              token      code
PractitionerRole      active            token      active
Organization          name              string     name
Organization          type              token      type
Organization          partof            reference  partOf
Organization          active            token      active
Condition             patient           reference  subject:Patient
Condition             subject           reference  subject
Condition             encounter         reference  encounter
Condition             clinical-status   token      clinicalStatus
Condition             verification-status token    verificationStatus
Condition             category          token      category
Condition             code              token      code
Condition             onset-date        date       onsetDateTime,onsetPeriod
Condition             recorded-date     date       recordedDate
Encounter             patient           reference  subject:Patient
Encounter             subject           reference  subject
Encounter             status            token      status
Encounter             class             token      class
Encounter             date              date       period
Encounter             service-provider  reference  serviceProvider
QuestionnaireResponse patient           reference  subject:Patient
QuestionnaireResponse subject           reference  subject
QuestionnaireResponse encounter         reference  encounter
QuestionnaireResponse author            reference  author
QuestionnaireResponse source            reference  source
QuestionnaireResponse authored          date       authored
QuestionnaireResponse questionnaire     reference  questionnaire
QuestionnaireResponse status            token      status
RiskAssessment        patient           reference  subject:Patient
RiskAssessment        subject           reference  subject
RiskAssessment        encounter         reference  encounter
RiskAssessment        condition         reference  condition
RiskAssessment        date              date       occurrenceDateTime,occurrencePeriod
RiskAssessment        method            token      method
RiskAssessment        performer         reference  performer
CarePlan              patient           reference  subject:Patient
CarePlan              subject           reference  subject
CarePlan              encounter         reference  encounter
CarePlan              status            token      status
CarePlan              intent            token      intent
CarePlan              category          token      category
CarePlan              date              date       period
CarePlan              condition         reference  addresses
CarePlan              activity-code     token      activity.detail.code
Goal                  patient           reference  subject:Patient
Goal                  subject           reference  subject
Goal                  lifecycle-status  token      lifecycleStatus
Task                  patient           reference  for:Patient
Task                  subject           reference  for
Task                  encounter         reference  encounter
Task                  status            token      status
Task                  business-status   token      businessStatus
Task                  intent            token      intent
Task                  priority          token      priority
Task                  code              token      code
Task                  owner             reference  owner
Task                  requester         reference  requester
Task                  focus             reference  focus
Task                  based-on          reference  basedOn
Task                  authored-on       date       authoredOn
Task                  modified          date       lastModified
Procedure             patient           reference  subject:Patient
Procedure             subject           reference  subject
Procedure             encounter         reference  encounter
Procedure             status            token      status
Procedure             code              token      code
Procedure             category          token      category
Procedure             date              date       performedDateTime,performedPeriod
Procedure             performer         reference  performer.actor
Procedure             based-on          reference  basedOn
Provenance            patient           reference  target:Patient
Provenance            target            reference  target
Provenance            agent             reference  agent.who
Provenance            recorded          date       recorded
Consent               patient           reference  patient:Patient
Consent               status            token      status
Consent               category          token      category
Observation           patient           reference  subject:Patient
Observation           subject           reference  subject
Observation           code              token      code
Observation           status            token      status
DocumentReference     patient           reference  subject:Patient
DocumentReference     subject           reference  subject
DocumentReference     status            token      status
DocumentReference     type              token      type
Device                device-name       string     deviceName.name
Questionnaire         url               uri        url
Questionnaire         status            token      status
CodeSystem            url               uri        url
ValueSet              url               uri        url
PlanDefinition        url               uri        url
"""


def _parse() -> dict[str, dict[str, Parameter]]:
    found: dict[str, dict[str, Parameter]] = {}
    for line in _TABLE.strip().splitlines():
        type_, name, kind, paths = line.split()
        path, _, target = paths.partition(":")
        found.setdefault(type_, {})[name] = Parameter(kind, tuple(path.split(",")), target or None)  # type: ignore[arg-type]
    return found


_PARAMETERS = _parse()


def parameters(type_: str) -> dict[str, Parameter]:
    """Parameters by name that can be asked for on `type_`; every type has the common ones."""
    return {**_PARAMETERS["*"], **_PARAMETERS.get(type_, {})}


def typed() -> tuple[str, ...]:
    """Types that have parameters of their own."""
    return tuple(sorted(set(_PARAMETERS) - {"*"}))

"""What our FHIR API serves: search parameters by type. The CapabilityStatement and the parsers read the same table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter. `own` parameters are defined by our published SearchParameter of that name."""

    name: str
    type: str
    documentation: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """One resource type."""

    type: str
    parameters: tuple[Parameter, ...]
    includes: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    documentation: str = ""
    public: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Every search parameter that is understood, those that shape the answer too."""
        shaping = [
            "_count",
            "_total",
            "_summary",
            *(["_sort"] if self.sorts else []),
            *(["_include"] if self.includes else []),
        ]
        return frozenset([*shaping, *(parameter.name for parameter in self.parameters)])


_ID = Parameter("_id", "token", "Id of the resource in this API.")
_PATIENT = Parameter("patient", "reference", "Patient as at the EHR: id, Patient/id or the full address.")
_IDENTIFIER = Parameter("identifier", "token", "Our identifier: value, or system|value.")

TASK = Served(
    "Task",
    (
        _ID,
        _IDENTIFIER,
        Parameter("status", "token", "Task.status; :not is understood."),
        Parameter("business-status", "token", "REKO status, e.g. REKO_3; :not is understood."),
        _PATIENT,
        Parameter("owner", "reference", "Who has taken it over; :missing=true finds those of the unit as a whole."),
        Parameter("unit", "token", "HSA-id of the responsible unit; only the caller's own has tasks.", own=True),
        Parameter("code", "token", "Task.code; all are follow-case."),
        Parameter("due", "date", "Restriction.period.end, the next milestone; eq ne gt ge lt le sa eb.", own=True),
    ),
    includes=("Task:focus", "Task:patient"),
    sorts=("rank", "due", "status", "business-status", "owner", "_lastUpdated"),
    documentation=(
        "One task per sick-leave case of the caller's care unit. Update needs If-Match and may change "
        "businessStatus, status and owner alone, by the allowed moves. _sort=rank is the numeric order of the worklist."
    ),
)
PATIENT = Served(
    "Patient",
    (_ID, Parameter("identifier", "token", "Personal number; only by POST _search, so that it stands in no address.")),
    documentation="What the worklist knows of a person; of a protected identity the id alone.",
)
COPIES = tuple(
    Served(kind, (_ID, *identifier, _PATIENT), documentation="Our copy of what was written to the EHR.")
    for kind, identifier in (
        ("RiskAssessment", (_IDENTIFIER,)),
        ("CarePlan", (_IDENTIFIER,)),
        ("Procedure", (_IDENTIFIER,)),
        ("Provenance", ()),
    )
)
_URL = Parameter("url", "uri", "Canonical address.")
DEFINITIONS = tuple(
    Served(kind, (_ID, _URL), documentation="Published by us; needs no token.", public=True)
    for kind in ("Questionnaire", "CodeSystem", "ValueSet", "ConceptMap", "SearchParameter", "StructureDefinition")
)
SERVED: dict[str, Served] = {each.type: each for each in (TASK, PATIENT, *COPIES, *DEFINITIONS)}
WITH_IDS_OF_OURS = frozenset({"Task", *(each.type for each in COPIES)})
NOT_BUILT = frozenset({"Goal", "Consent", "PlanDefinition", "Measure", "MeasureReport", "Subscription", "AuditEvent"})

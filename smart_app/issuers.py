"""Issuer profiles: one per EHR; the only source of outbound addresses. The file is read by `issuers_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

AuthMethod = Literal["private_key_jwt", "client_secret_basic", "public"]
SigningAlg = Literal["RS384", "ES384"]
WriteMode = Literal["auto", "transaction", "put", "document", "export"]
AssertionStyle = Literal["smart", "strict-audience"]
AuthorizeBy = Literal["auto", "get", "post"]
RefreshWish = Literal["online", "offline", "none"]
StyleWish = Literal["off", "on"]
RoleWord = Literal["physician", "coordinator", "head-of-unit"]

DEFAULT_SCOPES = {
    "physician": (
        "launch openid fhirUser patient/Patient.r patient/Condition.rs patient/Encounter.rs "
        "patient/QuestionnaireResponse.crs patient/RiskAssessment.crus patient/CarePlan.crus patient/Procedure.crs "
        "patient/DocumentReference.cus "
        "user/Task.crus user/Provenance.crs user/Practitioner.r user/PractitionerRole.rs user/Organization.rs"
    ),
    "coordinator": (
        "launch openid fhirUser user/Patient.rs user/Task.crus user/CarePlan.crus user/Procedure.crs "
        "user/Provenance.crs user/DocumentReference.cus user/Practitioner.r user/PractitionerRole.rs "
        "user/Organization.rs"
    ),
    "backend": (
        "system/Patient.rs system/Condition.rs system/Encounter.rs system/QuestionnaireResponse.rs "
        "system/RiskAssessment.crus system/CarePlan.crus system/Task.crus system/Procedure.crs "
        "system/Provenance.crs system/DocumentReference.cus system/Practitioner.rs system/PractitionerRole.rs "
        "system/Organization.rs"
    ),
}
DEFAULT_CLAIMS = {
    "hsa_id": ["employeeHsaId", "hsaid"],
    "name": ["name"],
    "care_unit": ["careUnitHsaId", "organization_hsaid"],
    "care_provider": ["healthCareProviderHsaId", "healthcareProviderId"],
    "commission": ["commissionHsaId"],
    "commission_name": ["commissionName"],
    "role": ["role", "commissionName"],
}


@dataclass(frozen=True)
class IssuerProfile:
    """What we know and demand of one EHR.

    Attributes:
        id: short name, used in rows and logs.
        name: name shown to users.
        fhir_base: exact `iss`, no trailing slash.
        allowed_origins: origins besides that of `fhir_base` that its addresses may have (authorization, token, keys).
        frame_ancestors: origins that may show our pages in a frame.
        client_id, auth, signing_alg, client_secret_env: how we authenticate; a secret is named by its variable.
        scopes: asked scopes by "physician", "coordinator", "backend".
        claims: id_token claim names by our concept, first present wins.
        roles: role by lower-case code or claim text: "physician", "coordinator", "head-of-unit".
        backend_client_id: client of Backend Services; None = not offered.
        unit_search: query that finds certificates of a unit; {unit} = Organization id at the EHR, {since} = date.
        questionnaires: canonicals (without version) read as FK 7804 besides our own.
        assertion: "strict-audience" addresses our assertions to the authorization server itself, under a type of their
            own, instead of to its token endpoint.
        authorize: how the browser brings the authorization request; "auto" = in the address, or as a form where the
            EHR takes forms and the address would be long.
        refresh: which refresh token to ask for where the EHR lists that permission: "online" ends with the user's
            sign-in there, "offline" does not.
        style: "on" takes colours and sizes from the style sheet that the EHR names in a launch; fonts never.
        write_mode: "auto" chooses by CapabilityStatement and granted scopes.
    """

    id: str
    name: str
    fhir_base: str
    client_id: str
    auth: AuthMethod = "private_key_jwt"
    signing_alg: SigningAlg = "ES384"
    client_secret_env: str | None = None
    allowed_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    scopes: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_SCOPES))
    claims: Mapping[str, list[str]] = field(default_factory=lambda: dict(DEFAULT_CLAIMS))
    roles: Mapping[str, str] = field(default_factory=dict)
    backend_client_id: str | None = None
    backend_care_provider: str | None = None
    unit_search: str = (
        "QuestionnaireResponse?author:PractitionerRole.organization=Organization/{unit}&authored=ge{since}&_count=100"
    )
    questionnaires: tuple[str, ...] = ()
    write_mode: WriteMode = "auto"
    id_token_issuer: str | None = None
    kva_system: str | None = None
    assertion: AssertionStyle = "smart"
    authorize: AuthorizeBy = "auto"
    refresh: RefreshWish = "online"
    style: StyleWish = "off"

    @property
    def origins(self) -> frozenset[str]:
        """Every origin that a request for this issuer may go to."""
        return frozenset({origin_of(self.fhir_base), *self.allowed_origins})

    def permits(self, url: str) -> bool:
        """Whether `url` may be requested for this issuer."""
        return origin_of(url) in self.origins


def origin_of(url: str) -> str:
    """Scheme, host and explicit or default port of `url`, lower case.

    >>> origin_of("HTTPS://Ehr.example:443/fhir")
    'https://ehr.example'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    default = {"https": 443, "http": 80}.get(parts.scheme.lower())
    return f"{parts.scheme.lower()}://{host}" + (f":{port}" if port is not None and port != default else "")

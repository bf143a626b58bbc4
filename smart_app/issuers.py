"""Issuer profiles: one per EHR, from the TOML file that ISSUERS names; the only source of outbound addresses."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
AuthMethod = Literal["private_key_jwt", "client_secret_basic", "public"]
SigningAlg = Literal["RS384", "ES384"]
WriteMode = Literal["auto", "transaction", "put", "document", "export"]
AssertionStyle = Literal["smart", "strict-audience"]
AuthorizeBy = Literal["auto", "get", "post"]
RefreshWish = Literal["online", "offline", "none"]

DEFAULT_SCOPES = {
    "physician": (
        "launch openid fhirUser patient/Patient.r patient/Condition.rs patient/Encounter.rs "
        "patient/QuestionnaireResponse.crs patient/RiskAssessment.crus patient/CarePlan.crus patient/Procedure.crs "
        "user/Task.crus user/Provenance.crs user/Practitioner.r user/PractitionerRole.rs user/Organization.rs"
    ),
    "coordinator": (
        "launch openid fhirUser user/Patient.rs user/Task.crus user/CarePlan.crus user/Procedure.crs "
        "user/Provenance.crs user/Practitioner.r user/PractitionerRole.rs user/Organization.rs"
    ),
    "backend": (
        "system/Patient.rs system/Condition.rs system/Encounter.rs system/QuestionnaireResponse.rs "
        "system/RiskAssessment.crus system/CarePlan.crus system/Task.crus system/Procedure.crs "
        "system/Provenance.crs system/Practitioner.rs system/PractitionerRole.rs system/Organization.rs"
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


@dataclass
class WrongIssuers(Exception):
    """What is wrong with the issuers file, one line per fault."""

    faults: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.faults)


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


def read_issuers(path: Path, *, insecure_loopback: bool = False) -> dict[str, IssuerProfile]:
    """Profiles by FHIR base.

    Args:
        path: TOML file with one [[issuer]] table per EHR.
        insecure_loopback: permit http on loopback (the demo).

    Raises:
        WrongIssuers: unreadable file, or every fault in it, each naming the issuer and the key.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise WrongIssuers((f"{path}: {wrong}",)) from wrong
    return parse_issuers(data, insecure_loopback=insecure_loopback)


def parse_issuers(data: Mapping[str, Any], *, insecure_loopback: bool = False) -> dict[str, IssuerProfile]:
    """Profiles by FHIR base, from parsed TOML. Raises WrongIssuers with every fault."""
    faults: list[str] = []
    profiles: dict[str, IssuerProfile] = {}
    tables = data.get("issuer", [])
    if not tables:
        faults.append("no [[issuer]] in the file")
    for number, table in enumerate(tables, start=1):
        profile = _profile(table, number, faults, insecure_loopback)
        if profile is None:
            continue
        if profile.fhir_base in profiles or profile.id in {p.id for p in profiles.values()}:
            faults.append(f"issuer {profile.id}: id or fhir_base stands twice")
        profiles[profile.fhir_base] = profile
    if faults:
        raise WrongIssuers(tuple(faults))
    return profiles


_CHOICES = {
    "auth": AuthMethod,
    "signing_alg": SigningAlg,
    "write_mode": WriteMode,
    "assertion": AssertionStyle,
    "authorize": AuthorizeBy,
    "refresh": RefreshWish,
}


def _profile(table: Mapping[str, Any], number: int, faults: list[str], insecure: bool) -> IssuerProfile | None:
    label = f"issuer {table.get('id', number)}"
    known = {f.name for f in fields(IssuerProfile)}
    before = len(faults)
    faults += [f"{label}: unknown key {key!r}" for key in table if key not in known]
    faults += [f"{label}: {key} is missing" for key in ("id", "name", "fhir_base", "client_id") if not table.get(key)]
    for key, allowed in _CHOICES.items():
        if key in table and table[key] not in get_args(allowed):
            faults.append(f"{label}: {key} must be one of {', '.join(get_args(allowed))}")
    if table.get("auth") == "client_secret_basic" and not table.get("client_secret_env"):
        faults.append(f"{label}: client_secret_env must name the variable that holds the secret")
    for key in ("fhir_base", "allowed_origins", "frame_ancestors"):
        for url in [table[key]] if isinstance(table.get(key), str) else table.get(key, []):
            if not _address_ok(url, insecure):
                faults.append(f"{label}: {key}: {url} must be https with a host (http only on loopback in the demo)")
    if len(faults) > before:
        return None
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    values["fhir_base"] = values["fhir_base"].rstrip("/")
    for key in ("allowed_origins", "frame_ancestors"):
        values[key] = tuple(origin_of(url) for url in values.get(key, ()))
    values["scopes"] = {**DEFAULT_SCOPES, **table.get("scopes", {})}
    values["claims"] = {**DEFAULT_CLAIMS, **table.get("claims", {})}
    values["roles"] = {str(k).lower(): v for k, v in table.get("roles", {}).items()}
    return IssuerProfile(**values)


def _address_ok(url: str, insecure_loopback: bool) -> bool:
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (insecure_loopback and parts.scheme == "http" and parts.hostname in LOOPBACK)

"""What the authorization server says about itself."""

from __future__ import annotations

from typing import Any

from sandbox.practice_ehr.config import PracticeConfig

from .client_auth import ALGORITHMS

_CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v2",
)


def smart_configuration(config: PracticeConfig) -> dict[str, Any]:
    """The document at {FHIR base}/.well-known/smart-configuration.

    Source: SMART App Launch 2.2, "Conformance".
    """
    base = ".." if config.quirks.relative_endpoints else config.base_url
    return {
        "issuer": config.base_url,
        "jwks_uri": f"{base}/auth/jwks",
        "authorization_endpoint": f"{base}/auth/authorize",
        "token_endpoint": f"{base}/auth/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint": f"{base}/auth/introspect",
        "revocation_endpoint": f"{base}/auth/revoke",
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [
            *["openid", "fhirUser", "launch", "launch/patient", "offline_access", "online_access"],
            *["patient/*.cruds", "user/*.cruds", "system/*.cruds"],
        ],
        "capabilities": _CAPABILITIES,
    }


def openid_configuration(config: PracticeConfig) -> dict[str, Any]:
    """The document at {issuer}/.well-known/openid-configuration."""
    base = config.base_url
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/auth/authorize",
        "token_endpoint": f"{base}/auth/token",
        "jwks_uri": f"{base}/auth/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "fhirUser"],
        "claims_supported": ["sub", "fhirUser", "name", "employeeHsaId", "commissionHsaId", "commissionName"],
    }

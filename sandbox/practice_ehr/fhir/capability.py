"""The CapabilityStatement of the own store, made from what the code can do."""

from __future__ import annotations

from sandbox.practice_ehr.config import SOFTWARE, VERSION, PracticeConfig

from .messages import Resource
from .parameters import parameters, typed

_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_INTERACTIONS = ("read", "vread", "history-instance", "search-type", "create", "update", "delete")


def capability_statement(config: PracticeConfig) -> Resource:
    """What GET /metadata says, also about how to get a token."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": config.now().date().isoformat(),
        "kind": "instance",
        "software": {"name": SOFTWARE, "version": VERSION},
        "implementation": {"description": "Invented patients only; lets anyone in", "url": config.fhir_url},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": security(config),
                "resource": [_type(type_) for type_ in typed()],
                "interaction": [{"code": "batch"}, *([{"code": "transaction"}] if config.quirks.transactions else [])],
            }
        ],
    }


def security(config: PracticeConfig) -> Resource:
    """The rest.security element: SMART, with the addresses older clients look for here."""
    addresses = {"authorize": "/auth/authorize", "token": "/auth/token", "introspect": "/auth/introspect"}
    uris = [{"url": name, "valueUri": config.base_url + path} for name, path in addresses.items()]
    code = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
    return {"extension": [{"url": _OAUTH, "extension": uris}], "service": [{"coding": [code], "text": "OAuth2, SMART"}]}


def _type(type_: str) -> Resource:
    return {
        "type": type_,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "referencePolicy": ["literal", "logical", "enforced"],
        "searchParam": [{"name": name, "type": found.kind} for name, found in sorted(parameters(type_).items())],
    }

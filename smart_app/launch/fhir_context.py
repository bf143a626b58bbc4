"""What else a launch is about besides patient and encounter: the token answer's fhirContext.

Source: SMART App Launch 2.2, "fhirContext".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from fhir_mapping.fhir_json import Json
from smart_app.ehr.addresses import relative
from smart_app.issuers import IssuerProfile
from smart_app.launch.errors import WrongDiscovery

LAUNCH = "launch"
MAX_ITEMS = 50
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,60}")
_ROLE = re.compile(r"[\x21-\x7e]{1,300}")
_TEXT = 500


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One thing in context, named by a reference at this EHR, a canonical or an identifier. Not yet read.

    Attributes:
        role: what it is in context for; "launch" when the EHR does not say.
        reference: "Type/id", never at another server.
        identifier: (system, value).
    """

    role: str
    type: str | None = None
    reference: str | None = field(default=None, repr=False)
    canonical: str | None = None
    identifier: tuple[str, str] | None = field(default=None, repr=False)


def read_fhir_context(profile: IssuerProfile, said: object) -> tuple[ContextItem, ...]:
    """The items of a fhirContext; () when there is none.

    Raises:
        WrongDiscovery: it is no list, too long, or one item names nothing or something at another server.
    """
    if said is None:
        return ()
    if not isinstance(said, list) or len(said) > MAX_ITEMS:
        raise WrongDiscovery("context-fhirContext", profile.id)
    return tuple(_item(profile, each) for each in said)


def in_launch(items: tuple[ContextItem, ...]) -> tuple[str, ...]:
    """References of what the launch itself is about; items of other roles are not ours to use."""
    return tuple(item.reference for item in items if item.role == LAUNCH and item.reference is not None)


def as_json(items: tuple[ContextItem, ...]) -> list[Json]:
    """The items as they are kept."""
    named = {"role": "role", "type": "type", "reference": "reference", "canonical": "canonical"}
    kept = [{key: getattr(item, name) for key, name in named.items() if getattr(item, name)} for item in items]
    for one, item in zip(kept, items, strict=True):
        if item.identifier is not None:
            one["identifier"] = dict(zip(("system", "value"), item.identifier, strict=True))
    return kept


def _item(profile: IssuerProfile, said: object) -> ContextItem:
    if not isinstance(said, dict):
        raise WrongDiscovery("context-fhirContext", profile.id)
    role, kind, canonical = said.get("role", LAUNCH), said.get("type"), said.get("canonical")
    reference = relative(profile, said["reference"]) if isinstance(said.get("reference"), str) else None
    identifier = _identifier(said.get("identifier"))
    right = (
        (isinstance(role, str) and _ROLE.fullmatch(role)),
        (kind is None or (isinstance(kind, str) and _TYPE.fullmatch(kind))),
        (canonical is None or (isinstance(canonical, str) and 0 < len(canonical) <= _TEXT)),
        ("reference" in said) == (reference is not None),
        ("identifier" in said) == (identifier is not None),
        any(one is not None for one in (reference, canonical, identifier)),
        (kind is None or reference is None or reference.startswith(f"{kind}/")),
    )
    if not all(right):
        raise WrongDiscovery("context-fhirContext", profile.id)
    return ContextItem(str(role), kind, reference, canonical, identifier)


def _identifier(said: Any) -> tuple[str, str] | None:
    if not isinstance(said, dict):
        return None
    system, value = said.get("system", ""), said.get("value")
    if not isinstance(system, str) or not isinstance(value, str) or not 0 < len(system + value) <= _TEXT:
        return None
    return system, value

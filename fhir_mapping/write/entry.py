"""One resource to be written, with what makes it the same thing when it is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fhir_mapping.fhir_json import Json
from fhir_mapping.read.dates import STOCKHOLM

Kind = Literal["assessment", "plan", "task", "procedure", "provenance", "answers", "document"]


@dataclass(frozen=True, slots=True)
class WriteEntry:
    """One resource to be written.

    Attributes:
        kind: what it is to us; also the last part of its identifier system.
        resource: FHIR JSON; links to the other entries are their `full_url`.
        full_url: "urn:uuid:...", the uuid being the identifier's value too.
        identifier: (system, value); None for Provenance, which has none in R4.
        tag: (system, code) in meta.tag, for what has no identifier.
        once: True: created once and never changed. False: one per case, created conditionally, later PUT with If-Match.
    """

    kind: Kind
    resource: Json = field(repr=False)
    full_url: str
    identifier: tuple[str, str] | None
    tag: tuple[str, str] | None
    once: bool

    @property
    def type(self) -> str:
        """FHIR resource type."""
        return str(self.resource["resourceType"])

    @property
    def condition(self) -> str:
        """Search that finds this very thing, e.g. "identifier=system|value": for ifNoneExist and for looking it up."""
        if self.identifier is not None:
            return f"identifier={self.identifier[0]}|{self.identifier[1]}"
        if self.tag is not None:
            return f"_tag={self.tag[0]}|{self.tag[1]}"
        raise ValueError(f"{self.kind} has neither identifier nor tag")


def urn(id_: str) -> str:
    """ "urn:uuid:..." of a random id.

    Raises:
        ValueError: it is no UUID; then it might be derived from something.
    """
    return f"urn:uuid:{UUID(id_)}"


def local_time(moment: datetime) -> str:
    """A FHIR dateTime in Swedish time with its offset: the day in the text is the day it was here."""
    return moment.astimezone(STOCKHOLM).isoformat(timespec="seconds")


def without_empty(resource: Mapping[str, Any]) -> Json:
    """The same object without None and without empty values, at the top level: absent is how FHIR says unknown."""
    return {key: value for key, value in resource.items() if value is not None and value not in ([], {}, "")}

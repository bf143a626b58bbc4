"""What a delivery needs of an EHR; `smart_app.ehr.client.EhrClient` is one such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from fhir_mapping.fhir_json import Json
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import Scopes


class Answered(Protocol):
    """What the EHR said of one resource written; None = it did not say."""

    @property
    def id(self) -> str | None: ...

    @property
    def version_id(self) -> str | None: ...


class EhrWriter(Protocol):
    """Writes to one EHR under one token; every method raises the faults of `smart_app.ehr.errors`."""

    @property
    def profile(self) -> IssuerProfile:
        """The EHR it writes to."""
        ...

    async def granted(self) -> Scopes:
        """What the present token permits."""
        ...

    async def metadata(self) -> Json:
        """The EHR's CapabilityStatement."""
        ...

    async def update(self, resource: Json, *, if_match: str | None) -> Answered:
        """Put a resource at its own id; `if_match` is the version id it is based on (None = whatever is there)."""
        ...

    async def create(self, resource: Json, *, if_none_exist: str | None = None) -> Answered:
        """Create a resource unless that search finds it."""
        ...

    async def transaction(self, bundle: Json) -> Json:
        """Send a transaction Bundle; the EHR's answering Bundle."""
        ...

    async def read(self, reference: str) -> Json:
        """The resource behind "Type/id"."""
        ...

    async def search(
        self, query: str, params: Mapping[str, str | Sequence[str]] | None = None, *, post: bool = False
    ) -> tuple[Json, ...]:
        """Everything that a search finds; with `post` nothing of it stands in an address."""
        ...


class Clients(Protocol):
    """Who gives a delivery its way to an EHR."""

    async def for_issuer(self, issuer_id: str, launch_id: str | None) -> EhrWriter:
        """A client for one EHR.

        Args:
            issuer_id: profile id.
            launch_id: the launch whose token may be used; None = Backend Services only.

        Raises:
            NoToken: no token can be had now; `why` is "unknown-issuer" when there is no such profile.
        """
        ...

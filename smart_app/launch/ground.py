"""What the launch is given to work with; `smart_app.wiring.Services` has all of it."""

from __future__ import annotations

from typing import Protocol

from smart_app.clock import Clock
from smart_app.http import AsyncClient
from smart_app.issuers import IssuerProfile
from smart_app.limits.share import Limits
from smart_app.sealing import Sealer
from smart_app.settings import Settings
from smart_app.store.database import Store


class Ground(Protocol):
    """Settings, database, keys, time and the way out."""

    @property
    def settings(self) -> Settings: ...

    @property
    def store(self) -> Store: ...

    @property
    def sealer(self) -> Sealer: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def http(self) -> AsyncClient: ...

    @property
    def limits(self) -> Limits: ...

    def profile(self, issuer_id: str) -> IssuerProfile:
        """The profile with that id. Raises KeyError."""
        ...

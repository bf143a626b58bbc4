"""What an assessment is given to work with; `smart_app.wiring.Services` has all of it."""

from __future__ import annotations

from typing import Protocol

from fhir_mapping.urls import Urls
from smart_app.launch.ground import Ground


class Given(Ground, Protocol):
    """The ground, and the URLs of this installation."""

    @property
    def urls(self) -> Urls: ...

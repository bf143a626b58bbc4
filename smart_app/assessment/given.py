"""What an assessment is given to work with; `smart_app.wiring.Services` has all of it."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from fhir_mapping.urls import Urls
from smart_app.launch.ground import Ground
from smart_app.model_choice import Models
from smart_app.own_rules import OwnRules


class Given(Ground, Protocol):
    """The ground, the URLs of this installation, its rules, and the models that it chose, by day."""

    @property
    def urls(self) -> Urls: ...

    def models_on(self, day: date) -> Models: ...

    @property
    def own(self) -> OwnRules: ...

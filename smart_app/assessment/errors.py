"""Why an assessment stops."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class NoPatient(Exception):
    """The launch carries no patient; open a patient's chart first."""


@dataclass
class NothingToSave(Exception):
    """There is no sick-leave case to assess, so nothing is written."""


@dataclass
class LookExpired(Exception):
    """What was shown is no longer kept; open the page again so that what is saved is what you see."""


@dataclass
class UnknownIntervention(Exception):
    """An intervention was accepted that was not proposed for this case."""

    intervention: str

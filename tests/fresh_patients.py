"""Patients made while a test runs: the chart of a sample patient under an id and a name of their own."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.practice_ehr.samples.build import sample_resources
from smart_app.clock import stockholm_day
from tests.running_line import Line, subject

MODEL = "p-eva-sandstrom"


class FreshPatients:
    """As many as are asked for, at the EHR of one line.

    Attributes:
        name: given and family name of all of them.
    """

    def __init__(self, line: Line, name: tuple[str, str]) -> None:
        today = stockholm_day(line.services.clock.now())
        self._line, self.name, self._made = line, name, 0
        self._chart = [
            each
            for each in sample_resources(today)
            if f"Patient/{MODEL}" == subject(each) or (each["resourceType"], each["id"]) == ("Patient", MODEL)
        ]

    def new(self) -> str:
        """The id of one more."""
        self._made += 1
        stem = f"{self.name[1].lower()}-{self._made}"
        for each in self._chart:
            new = _renamed(copy.deepcopy(each), stem)
            if new["resourceType"] == "Patient":
                new["name"] = [{"given": [self.name[0]], "family": self.name[1]}]
            self._line.ehr.put(new)
        return f"p-{stem}"


def _renamed(value: Any, stem: str) -> Any:
    """The same resource for another patient: ids and what refers to them."""
    if isinstance(value, dict):
        return {key: _renamed(each, stem) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, stem) for each in value]
    if isinstance(value, str) and "eva-sandstrom" in value:
        return value.replace("eva-sandstrom", stem)
    return value

"""Steps 3 to 6 of the line, without I/O: chart in, everything that page, card, list and record say out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from fhir_mapping.read.case import CaseReading, Chart, read_case
from risk.advice import Intervention, choose
from risk.assess import RiskResult, assess
from risk.case import CaseSpan, Scope, SickLeaveCase
from risk.certificates_to_cases import cases
from risk.milestones import Milestone, upcoming


@dataclass(frozen=True)
class Considered:
    """One chart, considered on one day. `result` is None when there is no case.

    `spans` are all cases of the patient, also those yet to begin, ascending; `at` is the place of `case` among them.
    """

    reading: CaseReading
    spans: tuple[CaseSpan, ...]
    result: RiskResult | None
    interventions: tuple[Intervention, ...]
    milestones: tuple[Milestone, ...]

    @property
    def case(self) -> SickLeaveCase | None:
        return self.reading.case

    @property
    def at(self) -> int | None:
        """Index of `case` in `spans`; None without a case."""
        if self.case is None:
            return None
        ids = {one.id for one in self.case.certificates}
        return next(i for i, span in enumerate(self.spans) if ids & {one.id for one in span.certificates})


def consider(chart: Chart, *, on: date, scope: Scope) -> Considered:
    """Read the chart as a case, and put figures and interventions to it.

    Raises:
        WrongPatient: a resource of another patient is in the chart.
        MappingFault: the Patient itself cannot be read.
    """
    reading = read_case(chart, on=on, scope=scope)
    spans = cases(reading.certificates, scope=scope)
    if reading.case is None:
        return Considered(reading, spans, None, (), ())
    result = assess(reading.case)
    return Considered(reading, spans, result, choose(reading.case, result), upcoming(reading.case, on))


def chart_fingerprint(considered: Considered) -> str:
    """Digest of what the chart says, whatever the day: the same until a certificate or the person's data change."""
    case = considered.case
    if case is None:
        raise ValueError("no case, no fingerprint")
    said: dict[str, Any] = {
        "certificates": [_plain(one) for span in considered.spans for one in span.certificates],
        "person": _plain(case.person),
        "scope": _plain(case.scope),
    }
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def fingerprint(considered: Considered) -> str:
    """Digest of the inputs of the figures: what the chart says, and the day it was considered on."""
    case = considered.case
    on = case.on.isoformat() if case else ""
    return hashlib.sha256(f"{chart_fingerprint(considered)}|{on}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Dataclasses as dicts, sets as sorted lists; references are left out, they change when an EHR moves."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != "reference"}
    if isinstance(value, frozenset | set):
        return sorted(str(one) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value

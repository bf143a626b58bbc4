"""One table from fault to answer: HTTP status, FHIR issue code, and what the user reads in Swedish and English.

Every fault class that can reach a door stands in faults.toml; `tests/unit/test_errors.py` proves it complete.
Texts say what happened, what it means and what to do next. They never hold a patient's data: placeholders in
braces are filled from the fault's own fields, and faults carry no such data.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from types import ModuleType
from typing import Any

from fhir_mapping import errors as mapping_errors
from smart_app import http, model_choice, sealing
from smart_app.api_tokens import errors as token_errors
from smart_app.assessment import errors as assessment_errors
from smart_app.case_register import errors as case_errors
from smart_app.ehr import errors as ehr_errors
from smart_app.fhir_records import errors as record_errors
from smart_app.launch import errors as launch_errors
from smart_app.limits import errors as limit_errors
from smart_app.outbox import errors as outbox_errors
from smart_app.routes import fhir_faults, fhir_terminology_faults
from smart_app.worklist import errors as worklist_errors
from terminology import errors as terminology_errors


@dataclass(frozen=True, slots=True)
class FaultText:
    """How one fault is answered. `retry_after_s` sets Retry-After."""

    status: int
    issue: str
    sv: str
    en: str
    retry_after_s: int | None = None


UNEXPECTED = FaultText(
    500,
    "exception",
    "Något gick fel hos oss. Inget har sparats. Försök igen, och hör av dig till förvaltningen om det händer igen.",
    "Something went wrong on our side. Nothing was saved. Try again, and tell operations if it happens again.",
)

_ROOMS: dict[str, ModuleType] = {
    "launch": launch_errors,
    "limits": limit_errors,
    "ehr": ehr_errors,
    "http": http,
    "models": model_choice,
    "sealing": sealing,
    "mapping": mapping_errors,
    "assessment": assessment_errors,
    "cases": case_errors,
    "outbox": outbox_errors,
    "worklist": worklist_errors,
    "records": record_errors,
    "tokens": token_errors,
    "api": fhir_faults,
    "term": fhir_terminology_faults,
    "codes": terminology_errors,
}


def _read_table() -> dict[type[Exception], FaultText]:
    """The table in faults.toml; AttributeError or KeyError when it names a room or class that does not exist."""
    table = tomllib.loads((files("smart_app") / "faults.toml").read_text(encoding="utf-8"))
    return {
        getattr(_ROOMS[room], name): FaultText(**entry)
        for room, faults in table.items()
        for name, entry in faults.items()
    }


FAULTS = _read_table()


def fault_text(fault: BaseException) -> FaultText:
    """The table's entry for `fault` or its nearest base class; UNEXPECTED when none."""
    for kind in type(fault).__mro__:
        if kind in FAULTS:
            return FAULTS[kind]
    return UNEXPECTED


def retry_after(fault: BaseException) -> dict[str, str]:
    """The header that says when asking again may help: the fault's own seconds, else the table's; or none."""
    seconds = getattr(fault, "retry_after_s", None) or fault_text(fault).retry_after_s
    return {} if seconds is None else {"Retry-After": str(seconds)}


def in_words(fault: BaseException, language: str) -> str:
    """What the user reads, `language` "sv" or "en", with the fault's own fields filled in."""
    entry = fault_text(fault)
    fields: dict[str, Any] = dict(vars(fault))
    return (entry.en if language == "en" else entry.sv).format_map(fields)


def preferred_language(accept_language: str | None) -> str:
    """ "en" when the first language that we have is English, else "sv".

    >>> preferred_language("en-GB,en;q=0.9,sv;q=0.5"), preferred_language(None)
    ('en', 'sv')
    """
    for part in (accept_language or "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith(("sv", "en")):
            return tag[:2]
    return "sv"


def operation_outcome(fault: BaseException, language: str) -> dict[str, Any]:
    """The fault as a FHIR R4 OperationOutcome."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": fault_text(fault).issue,
                "details": {"text": in_words(fault, language)},
                "diagnostics": type(fault).__name__,
            }
        ],
    }

"""The table of faults is complete: every fault of every room, in both languages, naming only fields that exist."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass
from string import Formatter

import pytest

import smart_app
from smart_app.errors import FAULTS, UNEXPECTED, FaultText, fault_text

ISSUE_CODES = frozenset(
    [
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    ]
)
"""HL7 FHIR R4 issue-type."""

NEVER_AT_A_DOOR = {
    "EhrFault": "only its subclasses are raised",
    "DanglingReference": "found while delivering; the entry is parked with a code",
    "Duplicates": "found while delivering; the entry is parked with a code",
    "MayNotLook": "found while delivering; the entry is parked with a code",
    "ExportOnly": "found while delivering; the entry is kept for download with a code",
}


def fault_classes() -> list[type[Exception]]:
    """Every exception that a room's errors.py, or the API's own file, defines."""
    found = []
    for each in pkgutil.walk_packages(smart_app.__path__, "smart_app."):
        if each.name != "smart_app.errors" and each.name.rpartition(".")[2] in ("errors", "fhir_faults"):
            module = importlib.import_module(each.name)
            found += [
                kind
                for _, kind in inspect.getmembers(module, inspect.isclass)
                if issubclass(kind, Exception)
                and kind.__module__ == module.__name__
                and kind.__name__ not in NEVER_AT_A_DOOR
            ]
    return found


@pytest.mark.parametrize("kind", fault_classes(), ids=lambda kind: kind.__name__)
def test_every_fault_has_its_answer(kind: type[Exception]) -> None:
    assert any(base in FAULTS for base in kind.__mro__), f"{kind.__module__}.{kind.__name__} is not in the table"


@pytest.mark.parametrize(("kind", "entry"), FAULTS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_texts_stand_in_both_languages_and_name_only_own_fields(kind: type[Exception], entry: FaultText) -> None:
    own = {field.name for field in fields(kind)} if is_dataclass(kind) else set()
    for text in (entry.sv, entry.en):
        assert text.strip()
        assert text.endswith(".")
        assert {name for _, name, _, _ in Formatter().parse(text) if name} <= own
    assert entry.sv != entry.en
    assert 400 <= entry.status < 600
    assert entry.issue in ISSUE_CODES


def test_what_nobody_foresaw_says_nothing_of_itself() -> None:
    assert fault_text(ValueError("secret")) is UNEXPECTED

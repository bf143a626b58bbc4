"""An EHR's answer -> JSON, or the fault that it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from fhir_mapping.fhir_json import dicts
from smart_app.ehr.errors import EhrBusy, EhrFault, EhrNonsense, EhrRefused, EhrUnclear, EhrUnreachable, EhrVersionClash
from smart_app.http import Answer

Json = dict[str, Any]
_ISSUE_CODE_MAX = 40
_FAILED = ("fatal", "error")
_NOT_BUILT = 501  # "not implemented" is an answer: nothing was done
MAX_DEPTH = 100
"""Objects and arrays inside each other. No FHIR resource needs half of it; walking deeper ones would exhaust us."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, for the fault that may follow. `changes` = the EHR may have acted on it."""

    issuer: str
    interaction: str
    changes: bool = False

    def lost(self, why: str) -> EhrFault:
        """No usable answer: unclear after a write, else unreachable."""
        return EhrUnclear(self.issuer, self.interaction, why) if self.changes else EhrUnreachable(self.issuer, why)


def resource(asked: Asked, answer: Answer, *, now: datetime, empty: bool = False) -> Json:
    """The FHIR resource in an answer.

    Args:
        empty: a successful answer may have no body (return=minimal); that gives {}.

    Raises:
        EhrFault: every status but 2xx, and a body that is not a FHIR resource.
    """
    if not 200 <= answer.status < 300:
        raise refusal(asked, answer, now=now)
    if empty and not answer.body.strip():
        return {}
    found = _json(answer.body)
    if found is None:
        raise asked.lost("not-json") if asked.changes else EhrNonsense(asked.issuer, "not-json")
    if not isinstance(found.get("resourceType"), str):
        raise asked.lost("not-fhir") if asked.changes else EhrNonsense(asked.issuer, "not-fhir")
    return found


def says_done(found: Json, kind: object) -> bool:
    """Whether the body of a successful answer bears it out: the resource, or an outcome that tells of no error.

    A gateway may wrap the failure of the server behind it in a 200.
    """
    if found["resourceType"] != "OperationOutcome":
        return bool(found["resourceType"] == kind)
    return not any(issue.get("severity") in _FAILED for issue in dicts(found.get("issue")))


def refusal(asked: Asked, answer: Answer, *, now: datetime) -> EhrFault:
    """The fault that a status other than 2xx stands for."""
    status = answer.status
    if status in (409, 412):
        return EhrVersionClash(asked.issuer, status, asked.interaction)
    if status in (429, 503):
        return EhrBusy(asked.issuer, status, retry_after_s(answer.headers.get("retry-after"), now=now))
    if status >= 500 and status != _NOT_BUILT:
        return asked.lost(f"status-{status}")
    if status < 400:
        return EhrNonsense(asked.issuer, "redirect" if status >= 300 else f"status-{status}")
    return EhrRefused(asked.issuer, status, asked.interaction, _issue_code(answer.body))


def retry_after_s(text: str | None, *, now: datetime) -> int | None:
    """Seconds from a Retry-After header, as a number or a date; None when it says nothing usable.

    >>> retry_after_s("120", now=datetime(2026, 1, 1, tzinfo=UTC))
    120
    """
    if text is None:
        return None
    if text.strip().isdecimal() and len(text) < 10:
        return int(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, round((until - now).total_seconds()))


def _json(body: bytes) -> Json | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and not _too_deep(found) else None


def _too_deep(found: Json) -> bool:
    level: list[Any] = [found]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _issue_code(body: bytes) -> str | None:
    """The first issue's code of an OperationOutcome: a code of FHIR's own, never its text, which may name a patient."""
    issues = (_json(body) or {}).get("issue")
    code = issues[0].get("code") if isinstance(issues, list) and issues and isinstance(issues[0], dict) else None
    if isinstance(code, str) and len(code) <= _ISSUE_CODE_MAX and code.replace("-", "").isascii() and code.islower():
        return code if code.replace("-", "").isalpha() else None
    return None

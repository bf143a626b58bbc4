"""What a scope string permits.

Source: SMART App Launch 2.2, "Scopes for requesting FHIR resources".
"""

from __future__ import annotations

import pytest

from smart_app.launch.scopes import parse

PERMITS = [
    # scope string, level, type, action, permitted
    ("patient/Condition.rs", "patient", "Condition", "r", True),
    ("patient/Condition.rs", "patient", "Condition", "c", False),
    ("patient/Condition.rs", "user", "Condition", "r", False),
    ("patient/Condition.rs", "patient", "ConditionX", "r", False),
    ("patient/*.cruds", "patient", "Task", "d", True),
    ("user/*.cruds", "patient", "Task", "d", False),
    ("system/Task.cru", "system", "Task", "s", False),
    ("patient/Condition.read", "patient", "Condition", "s", True),
    ("patient/Condition.read", "patient", "Condition", "u", False),
    ("patient/Condition.write", "patient", "Condition", "d", True),
    ("patient/Condition.write", "patient", "Condition", "r", False),
    ("user/*.*", "user", "Task", "c", True),
    ("patient/Observation.rs?category=laboratory", "patient", "Observation", "r", True),
    # actions must come in the order c r u d s: a server's misspelling grants nothing
    ("patient/Condition.sr", "patient", "Condition", "s", False),
    ("patient/Condition.rr", "patient", "Condition", "r", False),
    ("patient/Condition.", "patient", "Condition", "r", False),
    ("patient/Condition.rsx", "patient", "Condition", "r", False),
    ("Patient/Condition.rs", "patient", "Condition", "r", False),
    ("patient/condition.rs", "patient", "condition", "r", False),
    ("patient/Condition.read?x=1", "patient", "Condition", "r", False),
    ("xpatient/Condition.rs", "patient", "Condition", "r", False),
    ("", "patient", "Condition", "r", False),
    ("openid fhirUser launch", "patient", "Condition", "r", False),
]


@pytest.mark.parametrize(("text", "level", "kind", "action", "permitted"), PERMITS)
def test_scope_permits(text: str, level: str, kind: str, action: str, permitted: bool) -> None:
    assert parse(text).allows(level, kind, action) is permitted


MISSING = [
    # asked, granted, missing
    ("launch openid", "openid launch", ()),
    ("patient/Task.crus", "patient/Task.rs", ("patient/Task.c", "patient/Task.u")),
    ("patient/Task.read", "patient/Task.rs", ()),
    ("patient/Task.rs user/Task.r", "patient/*.cruds", ("user/Task.r",)),
    ("openid launch", "", ("launch", "openid")),
]


@pytest.mark.parametrize(("asked", "granted", "missing"), MISSING)
def test_what_was_asked_and_not_granted(asked: str, granted: str, missing: tuple[str, ...]) -> None:
    assert parse(granted).missing(parse(asked)) == missing


def test_limits_are_none_only_when_something_grants_without_them() -> None:
    limited = "patient/QuestionnaireResponse.rs?questionnaire=https://x|1.0"
    assert parse(limited).limits("QuestionnaireResponse", "s") == ("questionnaire=https://x|1.0",)
    assert parse(f"{limited} user/*.rs").limits("QuestionnaireResponse", "s") is None
    assert parse(limited).limits("Condition", "s") == ()

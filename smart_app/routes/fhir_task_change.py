"""What an updated Task asks for: only businessStatus, status and owner may differ from what stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mapping.fhir_json import codings
from fhir_mapping.urls import Urls
from fhir_mapping.write.reko import BY_CODE
from smart_app.routes.fhir_faults import WrongContent
from smart_app.worklist.actor import Assignee
from smart_app.worklist.change import Keep
from smart_app.worklist.moves import for_task_status

MAY_CHANGE = frozenset({"status", "businessStatus", "owner"})
NOT_COMPARED = frozenset({"meta", "text", "lastModified"})
"""Made by the server, or by the client for itself: what is sent there is left aside."""
_PERSON = re.compile(r"(PractitionerRole|Practitioner)/[A-Za-z0-9\-.]{1,64}", re.ASCII)
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class WantedChange:
    """`business_status` None and `assignee` Keep leave things as they are."""

    business_status: str | None
    assignee: Assignee | Keep | None


def wanted_change(sent: Mapping[str, Any], current: Mapping[str, Any], urls: Urls, ehr_base: str) -> WantedChange:
    """The difference between what was sent and what stands.

    Args:
        current: the Task as our API answers it now.

    Raises:
        WrongContent: something else differs, or a value is not one that a task may have.
    """
    for name in ("resourceType", "id"):
        if sent.get(name) != current[name]:
            raise WrongContent(f"Task.{name}", "not-this-task")
    for name in sorted({*sent, *current} - MAY_CHANGE - NOT_COMPARED):
        if sent.get(name) != current.get(name):
            shown = name if name in current or name.isalpha() else "?"
            raise WrongContent(f"Task.{shown[:40]}", "may-not-change")
    return WantedChange(_business_status(sent, current, urls), _assignee(sent, current, ehr_base))


def _business_status(sent: Mapping[str, Any], current: Mapping[str, Any], urls: Urls) -> str | None:
    system = urls.code_system("reko-status")
    before, after = _reko(current, system), _reko(sent, system)
    status = sent.get("status")
    if after is None or after not in BY_CODE:
        raise WrongContent("Task.businessStatus", "not-a-reko-status")
    if status == BY_CODE[after].task:
        return after
    if after != before:
        raise WrongContent("Task.status", "contradicts-business-status")
    meant = for_task_status(status) if isinstance(status, str) else None
    if meant is None:
        raise WrongContent("Task.status", "not-used-here")
    return meant.code


def _reko(task: Mapping[str, Any], system: str) -> str | None:
    found = {each.code for each in codings(task.get("businessStatus")) if each.system == system}
    return found.pop() if len(found) == 1 else None


def _assignee(sent: Mapping[str, Any], current: Mapping[str, Any], ehr_base: str) -> Assignee | Keep | None:
    owner = sent.get("owner")
    if owner == current.get("owner"):
        return Keep.AS_IS
    if owner is None:
        return None
    if not isinstance(owner, dict):
        raise WrongContent("Task.owner", "not-a-reference")
    reference = owner.get("reference")
    if reference is None:
        _refuse_other_units(owner, current)
        return None
    if not isinstance(reference, str) or not _PERSON.fullmatch(reference.removeprefix(f"{ehr_base}/")):
        raise WrongContent("Task.owner", "not-a-practitioner")
    display = owner.get("display")
    if display is not None and (not isinstance(display, str) or not display.strip() or len(display) > MAX_NAME):
        raise WrongContent("Task.owner.display", "not-understood")
    return Assignee(reference.removeprefix(f"{ehr_base}/"), display)


def _refuse_other_units(owner: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Without a literal reference, only the responsible unit itself may be named: the task is given back."""
    units = [each.get("valueReference", {}) for each in current.get("extension", []) if "valueReference" in each]
    if not any(owner.get("identifier") == unit.get("identifier") for unit in units):
        raise WrongContent("Task.owner", "not-the-responsible-unit")

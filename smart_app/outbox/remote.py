"""What others did at the EHR to something of ours: it is kept when ours is written over it."""

from __future__ import annotations

from typing import Any

from fhir_mapping.fhir_json import Json, codings, dicts

_FURTHER: dict[str, tuple[frozenset[str], ...]] = {
    # per type: statuses from early to late; what stands together is equally far
    "CarePlan": (
        frozenset({"draft"}),
        frozenset({"active"}),
        frozenset({"on-hold"}),
        frozenset({"completed", "revoked", "entered-in-error"}),
    ),
    "Task": (
        frozenset({"draft"}),
        frozenset({"requested"}),
        frozenset({"received"}),
        frozenset({"accepted", "ready"}),
        frozenset({"in-progress"}),
        frozenset({"on-hold"}),
        frozenset({"completed", "cancelled", "failed", "rejected", "entered-in-error"}),
    ),
    "CarePlan.activity.detail": (
        frozenset({"not-started"}),
        frozenset({"scheduled"}),
        frozenset({"in-progress"}),
        frozenset({"on-hold"}),
        frozenset({"completed", "cancelled", "stopped", "entered-in-error"}),
    ),
}
_WITH_STATUS = {
    "Task": ("status", "statusReason", "businessStatus", "owner"),
    "CarePlan": ("status", "statusReason"),
    "CarePlan.activity.detail": ("status", "statusReason"),
}
_SERVERS_OWN = frozenset({"id", "meta", "text", "implicitRules"})


def further(path: str, theirs: object, ours: object) -> bool:
    """Whether their status is further on than ours; an unknown status is not.

    >>> further("Task", "completed", "requested"), further("CarePlan", "draft", "active")
    (True, False)
    """
    places = {status: place for place, group in enumerate(_FURTHER[path]) for status in group}
    return places.get(str(theirs), -1) > places.get(str(ours), len(places))


def kept_from(remote: Json, ours: Json) -> Json:
    """Ours, with what stands at the EHR and must not be lost: a status that is further on, and what we never write.

    Args:
        remote: the resource as read from the EHR just now.
        ours: what we are about to write over it.
    """
    merged = {key: value for key, value in remote.items() if key not in ours and key not in _SERVERS_OWN} | ours
    kind = str(ours["resourceType"])
    if kind in _WITH_STATUS and further(kind, remote.get("status"), ours.get("status")):
        merged |= {key: remote[key] for key in _WITH_STATUS[kind] if key in remote}
    if kind == "CarePlan" and isinstance(ours.get("activity"), list):
        merged["activity"] = [_activity(each, remote) for each in ours["activity"]]
    return merged


def says_the_same(ours: Any, remote: Any) -> bool:
    """Whether everything that ours says stands in remote too; what the server adds does not count.

    A wrong "no" costs one more version at the EHR, never a loss.
    """
    if isinstance(ours, dict):
        if not isinstance(remote, dict):
            return False
        return all(says_the_same(value, remote.get(key)) for key, value in ours.items() if key not in _SERVERS_OWN)
    if isinstance(ours, list):
        if not isinstance(remote, list) or len(ours) != len(remote):
            return False
        return all(says_the_same(one, other) for one, other in zip(ours, remote, strict=True))
    return bool(ours == remote)


def _activity(ours: Json, remote: Json) -> Json:
    path = "CarePlan.activity.detail"
    mine = set(codings((ours.get("detail") or {}).get("code")))
    for theirs in dicts(remote.get("activity")):
        detail = theirs.get("detail")
        if not isinstance(detail, dict) or not mine & set(codings(detail.get("code"))):
            continue
        kept = {key: value for key, value in theirs.items() if key not in ours}
        if further(path, detail.get("status"), ours["detail"].get("status")):
            changed = {key: detail[key] for key in _WITH_STATUS[path] if key in detail}
            return {**kept, **ours, "detail": {**ours["detail"], **changed}}
        return {**kept, **ours}
    return ours

"""The invented codes in HAPI: a CodeSystem and a ValueSet of them, and the wait until HAPI has done its part.

HAPI stores concepts some seconds after an upload, and lists a value set beforehand by a task that it runs every ten
minutes. Until then `$expand` answers 500 with HAPI-0831, or lists in memory without looking at the filter, which is not
the same question.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from bench.asked import Asked, NotAnswered

SYSTEM = "https://sickleave-on-fhir.example/test/terminology/bench"
STORED_WITHIN_S = 150
LISTED_WITHIN_S = 11 * 60
NOT_LISTED_YET = "HAPI-0831"


def with_codes(base: str, codes: list[tuple[str, str]]) -> Asked | None:
    """HAPI when it has the codes; None when there is none, it refuses them, or it never finished storing them."""
    listed = [{"code": code, "display": text} for code, text in codes]
    head = {"url": SYSTEM, "version": "1", "name": "B", "status": "active"}
    system = {"resourceType": "CodeSystem", "id": "term-bench", "content": "complete", "concept": listed} | head
    rules = {"include": [{"system": SYSTEM}]}
    value_set = {"resourceType": "ValueSet", "id": "term-bench", "compose": rules} | head | {"url": f"{SYSTEM}-all"}
    try:
        for each in (system, value_set):
            if not _there(base, each):
                _put(base, each)
        asked = Asked(base)
    except OSError as fault:
        _told(f"no pair with HAPI: {base} {fault}")
        return None
    if not _within(STORED_WITHIN_S, lambda: _stored(asked, codes[-1][0])):
        _told(f"no pair with HAPI: {base} has not stored the codes after {STORED_WITHIN_S} s")
        return None
    return asked


def has_listed(asked: Asked, *, wait_s: float) -> bool:
    """Whether HAPI has listed the value set beforehand, waiting this long for it."""
    if _listed(asked):
        return True
    if wait_s > 0:
        _told(f"waiting at most {wait_s / 60:.0f} minutes until HAPI has listed its value set")
    return _within(wait_s, lambda: _listed(asked))


def _within(wait_s: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(wait_s / 100)
    return False


def _stored(asked: Asked, code: str) -> bool:
    try:
        asked("CodeSystem/$lookup", system=SYSTEM, code=code)
    except NotAnswered:
        return False
    return True


def _listed(asked: Asked) -> bool:
    """False only while HAPI says that it has not come to it: any other fault is for the one who measures."""
    try:
        asked("ValueSet/$expand", url=f"{SYSTEM}-all", count=20, filter="samtal")
    except NotAnswered as fault:
        return NOT_LISTED_YET not in fault.said
    return True


def _told(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _there(base: str, resource: dict[str, Any]) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/{resource['resourceType']}/{resource['id']}", timeout=20):
            return True
    except urllib.error.HTTPError:
        return False


def _put(base: str, resource: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{base}/{resource['resourceType']}/{resource['id']}",
        data=json.dumps(resource).encode(),
        method="PUT",
        headers={"Content-Type": "application/fhir+json"},
    )
    urllib.request.urlopen(request, timeout=60).close()

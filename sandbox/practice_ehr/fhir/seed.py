"""Putting the sample patients into a record: once per start, the same ids every time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

from .messages import Backend, FhirRequest, FhirResponse

_PER_BUNDLE = 150
_ATTEMPTS = 4


class SeedRefused(Exception):
    """The record did not take the samples."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the record answered {status}: {text}")
        self.status = status


async def seed(backend: Backend, resources: Iterable[dict[str, Any]]) -> int:
    """Write all samples with PUT and return how many there were.

    Raises:
        SeedRefused: with the record's own words.
    """
    count = 0
    for part in _parts(resources):
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}} for one in part
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = await _sent(backend, FhirRequest("POST", "", body=bundle))
        if answer.status != 200:
            issues = (answer.body or {}).get("issue", [{}])
            raise SeedRefused(answer.status, str(issues[0].get("diagnostics", ""))[:500])
        count += len(part)
    return count


async def _sent(backend: Backend, request: FhirRequest) -> FhirResponse:
    """The answer; a clash with somebody who seeds the same record at the same moment is tried again."""
    for attempt in range(_ATTEMPTS):
        answer = await backend.handle(request)
        if answer.status not in (409, 412):
            break
        await asyncio.sleep(0.5 * (attempt + 1))
    return answer


def _parts(resources: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for one in resources:
        part.append(one)
        if len(part) == _PER_BUNDLE:
            yield part
            part = []
    if part:
        yield part

"""Searchset Bundles, and cursors that hold the whole question sealed: no address of a next page shows a patient."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from smart_app.routes.fhir_answers import fhir
from smart_app.routes.fhir_faults import SearchRefused
from smart_app.routes.fhir_parameters import IGNORED, Pairs
from smart_app.routes.fhir_types import Served
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.owner import Owner

CURSOR = "_cursor"
DEFAULT_COUNT, MAX_COUNT = 50, 200
_PURPOSE = "fhir-cursor"
_SECRET = frozenset({"identifier", "patient:identifier"})
"""Parameters that may hold a personal number: they stand in no link."""


@dataclass(frozen=True, slots=True)
class Question:
    """A search as asked: its parameters, and where in the answer to begin."""

    pairs: Pairs
    offset: int = 0


def question(sealer: Sealer, owner: Owner, served: Served, pairs: Pairs, *, lenient: bool) -> Question:
    """The search of this request; with a cursor, the one that the cursor holds.

    Args:
        lenient: unknown parameters are left out, so that they stand in no link either; else they are refused later.

    Raises:
        SearchRefused: a cursor that we did not give to this unit for this type, or one beside other parameters.
    """
    if lenient:
        known = served.names | IGNORED | {CURSOR}
        pairs = tuple(pair for pair in pairs if _name(pair) in known)
    cursors = [value for name, value in pairs if name == CURSOR]
    if not cursors:
        return Question(pairs)
    if len(cursors) > 1 or any(name not in (CURSOR, "_format", "_pretty") for name, _ in pairs):
        raise SearchRefused(CURSOR, "not-alone")
    text = sealer.opened(_PURPOSE, _row(owner), served.type, cursors[0])
    if text is None:
        raise SearchRefused(CURSOR, "not-understood")
    held = json.loads(text)
    return Question(tuple((name, value) for name, value in held["pairs"]), held["offset"])


def searchset(
    sealer: Sealer,
    owner: Owner,
    base: str,
    resource_type: str,
    asked: Question,
    *,
    matches: Sequence[dict[str, Any]],
    included: Iterable[dict[str, Any]] = (),
    total: int | None,
    next_offset: int | None,
    closed: int = 0,
) -> Response:
    """The answer to a search.

    Args:
        base: our FHIR base address.
        matches, included: resources with ids.
        total: None leaves it out.
        closed: matches that no key opens: told as a warning in their place.
    """
    open_pairs = [pair for pair in asked.pairs if _is_used(pair) and pair[0] not in _SECRET]
    address = f"{base}/{resource_type}"
    links = [{"relation": "self", "url": f"{address}?{urlencode(open_pairs)}" if open_pairs else address}]
    if next_offset is not None:
        held = json.dumps({"pairs": asked.pairs, "offset": next_offset}).encode()
        cursor = sealer.seal(_PURPOSE, _row(owner), resource_type, held)
        links.append({"relation": "next", "url": f"{address}?{urlencode({CURSOR: cursor})}"})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "id": new_id(), "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = links
    entries = [_entry(base, each, "match") for each in matches] + [_entry(base, each, "include") for each in included]
    if closed:
        entries.append({"resource": _warning(closed), "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return fhir(bundle)


def _name(pair: tuple[str, str]) -> str:
    return pair[0].partition(":")[0]


def _is_used(pair: tuple[str, str]) -> bool:
    """Whether a parameter made a difference: only those stand in the link that tells what was answered."""
    return _name(pair) not in IGNORED and (_name(pair) != "_summary" or pair[1] == "count")


def _entry(base: str, resource: dict[str, Any], mode: str) -> dict[str, Any]:
    return {
        "fullUrl": f"{base}/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _warning(closed: int) -> dict[str, Any]:
    said = f"{closed}: en nyckel saknas, så de kan inte visas. A key is missing, so they cannot be shown."
    issue = {"severity": "warning", "code": "no-store", "details": {"text": said}, "diagnostics": "CannotUnseal"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _row(owner: Owner) -> str:
    return "\x1f".join((owner.issuer, owner.care_provider, owner.care_unit))

"""Transactions (all or nothing) and batches (each for itself)."""

from __future__ import annotations

from typing import Protocol

from sandbox.practice_ehr.config import Quirks

from . import references
from .interactions import Interaction, entry_request, interaction
from .messages import FhirFault, FhirRequest, FhirResponse, Resource
from .store import Store

_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "GET": 3}
_Step = tuple[int, FhirRequest, Interaction, str | None]  # place in the bundle, request, meaning, id for a create


class Record(Protocol):
    """What a bundle is carried out on."""

    store: Store

    @property
    def base(self) -> str:
        """The FHIR base, as absolute references begin."""
        ...

    def answer(self, request: FhirRequest) -> FhirResponse:
        """The answer to one interaction. Raises FhirFault."""
        ...

    def matching(self, type_: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
        """Ids of what a condition finds."""
        ...

    def existing(self, type_: str, condition: str | None) -> Resource | None:
        """What If-None-Exist finds. Raises FhirFault when it is more than one."""
        ...

    def write(
        self,
        asked: Interaction,
        request: FhirRequest,
        *,
        new_id: str | None = None,
        pending: frozenset[str] = frozenset(),
    ) -> FhirResponse:
        """Create or update. Raises FhirFault."""
        ...


def run_bundle(backend: Record, bundle: Resource | None, quirks: Quirks) -> Resource:
    """The response Bundle, entries in the order of the request.

    Raises:
        FhirFault: the bundle is no batch or transaction, or an entry of a transaction was refused;
            then nothing of it was kept.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise FhirFault(400, "invalid", "A Bundle is needed")
    entries = bundle.get("entry", [])
    if bundle.get("type") == "batch":
        answers = [_alone(backend, entry) for entry in entries]
        return _response("batch-response", answers, quirks)
    if bundle.get("type") != "transaction":
        raise FhirFault(400, "invalid", "Bundle.type must be transaction or batch")
    if not quirks.transactions:
        raise FhirFault(400, "not-supported", "This record does not accept transactions")
    return _response("transaction-response", _transaction(backend, entries), quirks)


def _alone(backend: Record, entry: Resource) -> FhirResponse:
    try:
        return backend.answer(entry_request(entry))
    except FhirFault as fault:
        return fault.response()


def _transaction(backend: Record, entries: list[Resource]) -> list[FhirResponse]:
    steps, known = _plan(backend, entries)
    answers: dict[int, FhirResponse] = {}
    mark = backend.store.mark()
    # All ids are given before anything is kept, so entries may refer to each other in any order.
    try:
        for place, request, meaning, new_id in steps:
            try:
                answers[place] = _one(backend, request, meaning, new_id, known)
            except FhirFault as fault:
                raise FhirFault(fault.status, fault.code, f"Bundle.entry[{place}]: {fault.text}") from None
    except FhirFault:
        backend.store.roll_back(mark)
        raise
    return [answers[place] for place in sorted(answers)]


def _plan(backend: Record, entries: list[Resource]) -> tuple[list[_Step], dict[str, str]]:
    steps: list[_Step] = []
    known: dict[str, str] = {}
    targets: set[str] = set()
    for place, entry in enumerate(entries):
        request = entry_request(entry)
        meaning = interaction(request)
        new_id: str | None = None
        if meaning.kind in ("create", "update-where"):
            new_id = _target(backend, request, meaning)
        target = f"{meaning.type}/{new_id or meaning.id}"
        if meaning.kind in ("create", "update", "update-where"):
            if target in targets:
                raise FhirFault(400, "duplicate", f"Bundle.entry[{place}]: {target} is written twice")
            targets.add(target)
            if entry.get("fullUrl"):
                known[entry["fullUrl"]] = target
        steps.append((place, request, meaning, new_id))
    return sorted(steps, key=lambda step: (_ORDER.get(step[1].method, 9), step[0])), known


def _target(backend: Record, request: FhirRequest, meaning: Interaction) -> str:
    condition = request.headers.get("if-none-exist") if meaning.kind == "create" else None
    if meaning.kind == "update-where":
        found = backend.matching(meaning.type, request.query)
        return found[0] if found else backend.store.new_id()
    existing = backend.existing(meaning.type, condition)
    return str(existing["id"]) if existing else backend.store.new_id()


def _one(
    backend: Record, request: FhirRequest, meaning: Interaction, new_id: str | None, known: dict[str, str]
) -> FhirResponse:
    if meaning.kind not in ("create", "update", "update-where"):
        return backend.answer(request)
    body = references.replaced(request.body, known, backend.base) if isinstance(request.body, dict) else None
    resolved = FhirRequest(request.method, request.path, request.query, request.headers, body)
    return backend.write(meaning, resolved, new_id=new_id, pending=frozenset(known.values()))


def _response(kind: str, answers: list[FhirResponse], quirks: Quirks) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": [_response_entry(one, quirks) for one in answers]}


_REASONS = {200: "200 OK", 201: "201 Created", 204: "204 No Content", 304: "304 Not Modified"}


def _response_entry(answer: FhirResponse, quirks: Quirks) -> Resource:
    response: Resource = {"status": _REASONS.get(answer.status, str(answer.status))}
    if "Location" in answer.headers and answer.status in (200, 201):
        response["location"] = "/".join(answer.headers["Location"].split("/")[-4:])
    if "ETag" in answer.headers:
        etag = answer.headers["ETag"]
        response["etag"] = etag.removeprefix("W/").strip('"') if quirks.bare_etag else etag
    if answer.body is not None and answer.status in (200, 201):
        response["lastModified"] = answer.body.get("meta", {}).get("lastUpdated")
    entry: Resource = {"response": {key: value for key, value in response.items() if value}}
    if answer.body is not None and answer.body.get("resourceType") == "OperationOutcome":
        entry["response"]["outcome"] = answer.body
    elif answer.body is not None and "Location" not in answer.headers:
        entry["resource"] = answer.body
    return entry

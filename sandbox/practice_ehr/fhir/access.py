"""Scope enforcement in front of a record, whichever record it is."""

from __future__ import annotations

from sandbox.practice_ehr.auth.scopes import Grant

from .interactions import Interaction, condition_pairs, entry_request, interaction
from .messages import Backend, FhirFault, FhirRequest, FhirResponse, Resource


async def guarded(backend: Backend, request: FhirRequest, grant: Grant) -> FhirResponse:
    """The record's answer when the grant opens it.

    Raises:
        FhirFault: 403 when a scope is missing or the data lies outside the patient's chart, and whatever
            is wrong with the request itself.
    """
    asked = interaction(request)
    if asked.kind == "bundle":
        await _check_bundle(backend, request, grant)
        return await backend.handle(request)
    if asked.kind == "search":
        answer = _within(await backend.handle(_narrowed(asked, request, grant)), grant)
        return answer if _counts_openly(asked, grant) else _without_total(answer)
    if asked.kind == "page":
        return _within(await backend.handle(request), grant)
    if asked.kind in ("read", "vread", "history"):
        return await _read(backend, asked, request, grant)
    await _check_write(backend, asked, request, grant)
    return await backend.handle(request)


def _refused(action: str, type_: str) -> FhirFault:
    return FhirFault(403, "forbidden", f"The granted scopes do not allow '{action}' on this {type_}")


async def _read(backend: Backend, asked: Interaction, request: FhirRequest, grant: Grant) -> FhirResponse:
    if not grant.of("r", asked.type):
        raise _refused("r", asked.type)
    answer = await backend.handle(request)
    found = answer.body or {}
    if asked.kind == "history":
        return _within(answer, grant, action="r")
    if answer.status == 200 and not grant.allows("r", found):
        raise _refused("r", asked.type)
    if answer.status == 304:
        await _read(backend, asked, FhirRequest("GET", request.path), grant)
    return answer


def _narrowed(asked: Interaction, request: FhirRequest, grant: Grant) -> FhirRequest:
    scopes = grant.of("s", asked.type)
    if not scopes:
        raise _refused("s", asked.type)
    if any(one.level != "patient" for one in scopes):
        return request
    key = "_id" if asked.type == "Patient" else "patient"
    for name, value in request.query:
        whose = {value, value.removeprefix("Patient/"), value.removeprefix(f"{grant.base}/Patient/")}
        if name in {key, "subject", "patient"} and grant.patient not in whose:
            raise FhirFault(403, "forbidden", "The granted scopes open another patient's chart")
    query = (*request.query, (key, str(grant.patient)))
    return FhirRequest(request.method, request.path, query, request.headers, request.body)


def _counts_openly(asked: Interaction, grant: Grant) -> bool:
    """Whether some scope opens the whole search, so that its total gives nothing away."""
    return any(not one.filters for one in grant.of("s", asked.type))


def _without_total(answer: FhirResponse) -> FhirResponse:
    body = {key: value for key, value in (answer.body or {}).items() if key != "total"}
    return FhirResponse(answer.status, body, answer.headers)


def _within(answer: FhirResponse, grant: Grant, action: str = "s") -> FhirResponse:
    bundle = answer.body
    if answer.status != 200 or not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return answer
    entries = bundle.get("entry", [])
    kept = [entry for entry in entries if _may_see(entry, grant, action)]
    if len(kept) == len(entries):
        return answer
    narrowed = {key: value for key, value in bundle.items() if key not in ("entry", "total")}
    return FhirResponse(200, {**narrowed, "entry": kept} if kept else narrowed, answer.headers)


def _may_see(entry: Resource, grant: Grant, action: str) -> bool:
    resource = entry.get("resource", {})
    if resource.get("resourceType") == "OperationOutcome":
        return True
    if entry.get("search", {}).get("mode") == "include":
        return grant.allows("r", resource) or grant.allows("s", resource)
    return grant.allows(action, resource)


async def _check_write(backend: Backend, asked: Interaction, request: FhirRequest, grant: Grant) -> None:
    body = request.body if isinstance(request.body, dict) else {}
    if asked.kind == "create":
        await _check_body(backend, asked, request, grant, body, "c")
        return
    current = await _current(backend, asked, request)
    if asked.kind == "delete":
        if not grant.of("d", asked.type) or (current and not grant.allows("d", current)):
            raise _refused("d", asked.type)
        return
    action = "u" if current else "c"
    if current and not grant.allows("u", current):
        raise _refused("u", asked.type)
    await _check_body(backend, asked, request, grant, body, action)


async def _check_body(
    backend: Backend, asked: Interaction, request: FhirRequest, grant: Grant, body: Resource, action: str
) -> None:
    if not grant.of(action, asked.type):
        raise _refused(action, asked.type)
    if body.get("resourceType") == asked.type and not grant.allows(action, body):
        raise _refused(action, asked.type)
    condition = request.headers.get("if-none-exist")
    if condition:
        for found in await _matches(backend, asked.type, condition_pairs(condition)):
            if not grant.allows(action, found):
                raise _refused(action, asked.type)


async def _current(backend: Backend, asked: Interaction, request: FhirRequest) -> Resource | None:
    if asked.kind == "update-where":
        return next(iter(await _matches(backend, asked.type, request.query)), None)
    answer = await backend.handle(FhirRequest("GET", f"{asked.type}/{asked.id}"))
    return answer.body if answer.status == 200 else None


async def _matches(backend: Backend, type_: str, pairs: tuple[tuple[str, str], ...]) -> list[Resource]:
    answer = await backend.handle(FhirRequest("GET", type_, pairs))
    if answer.status != 200 or not answer.body:
        return []
    return [entry["resource"] for entry in answer.body.get("entry", []) if "resource" in entry]


async def _check_bundle(backend: Backend, request: FhirRequest, grant: Grant) -> None:
    bundle = request.body if isinstance(request.body, dict) else {}
    for entry in bundle.get("entry", []):
        inner = entry_request(entry)
        asked = interaction(inner)
        if asked.kind in ("create", "update", "update-where", "delete"):
            await _check_write(backend, asked, inner, grant)
        elif asked.kind in ("read", "vread"):
            await _read(backend, asked, FhirRequest("GET", inner.path), grant)
        elif asked.kind != "search" or not any(
            one.level != "patient" and not one.filters for one in grant.of("s", asked.type)
        ):
            raise FhirFault(403, "forbidden", "Inside a Bundle only reads, and searches with user/ or system/ scopes")

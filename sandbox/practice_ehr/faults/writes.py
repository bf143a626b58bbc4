"""Faults of writes, above all of the answer to a transaction."""

from __future__ import annotations

import json
from collections.abc import Callable

from sandbox.practice_ehr.fhir.messages import FhirRequest

from .exchange import Asked, Does, Fault, Json, Reply, Turn
from .manners import (
    FHIR_JSON,
    HTML,
    LOGIN_PAGE,
    acts_but_says,
    changes,
    cut_after,
    cut_before,
    cut_half,
    refuses,
    says,
    searches,
    slow_after,
    writes,
)

_WRITTEN = ("RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance", "QuestionnaireResponse", "Device")
_OUTCOME = b'{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}'


def _write(name: str, imitates: str, does: Does, at: Callable[[Asked], bool] = writes) -> Fault:
    return Fault(f"write-{name}", "write", imitates, at, does)


def _transactions(asked: Asked) -> bool:
    return asked.path == "/fhir" and asked.method == "POST"


def _holds(type_: str) -> Callable[[Asked], bool]:
    """Writes of this type, alone or inside a Bundle."""

    def at(asked: Asked) -> bool:
        return writes(asked) and f'"resourceType":"{type_}"'.encode() in asked.body.replace(b'": "', b'":"')

    return at


def _responses(change: Callable[[Json, Turn], Json]) -> Does:
    """Each entry's response in the answer to a transaction."""

    def whole(said: Json, turn: Turn) -> Json:
        entries = [{**each, "response": change(each["response"], turn)} for each in said.get("entry", [])]
        return {**said, "entry": entries}

    return changes(whole)


def _without(*names: str) -> Callable[[Json, Turn], Json]:
    return lambda response, _: {key: value for key, value in response.items() if key not in names}


def _bare(response: Json, _: Turn) -> Json:
    return {**response, "etag": str(response.get("etag", "")).removeprefix("W/").strip('"')}


def _upstream(response: Json, _: Turn) -> Json:
    return {**response, "location": f"http://10.0.0.7:8080/fhir-internal/{response['location']}"}


def _without_version(response: Json, _: Turn) -> Json:
    return {"status": response["status"], "location": str(response["location"]).partition("/_history")[0]}


def _meanwhile(status: int) -> Does:
    """Somebody else changes what is about to be changed; a stale If-Match is answered with `status`."""

    async def does(turn: Turn) -> Reply:
        bundle = json.loads(turn.asked.body)
        for each in bundle.get("entry", []):
            if each["request"]["method"] == "PUT":
                path = each["request"]["url"]
                found = await turn.behind.backend.handle(FhirRequest("GET", path))
                if found.status == 200 and found.body is not None:
                    await turn.behind.backend.handle(FhirRequest("PUT", path, body=found.body))
        reply = await turn.answer()
        reply.status = status if reply.status == 412 else reply.status
        return reply

    return does


async def _all_there_are(turn: Turn) -> Reply:
    type_ = turn.asked.path.removeprefix("/fhir/").partition("/")[0]
    found = await turn.behind.backend.handle(FhirRequest("GET", type_, (("_count", "50"),)))
    return Reply(found.status, b"", {"content-type": FHIR_JSON}).with_json(found.body or {})


FAULTS = (
    _write("busy", "429 with Retry-After in seconds.", refuses(429, "throttled", retry_after="7")),
    _write(
        "away",
        "503 with Retry-After as a date in the past.",
        refuses(503, "transient", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    ),
    _write("away-for-days", "503 with Retry-After: 999999.", refuses(503, "transient", retry_after="999999")),
    _write("done-then-away", "It is done, and a gateway answers 503.", acts_but_says(503, b"", HTML)),
    _write("done-then-broken", "It is done, and 500 is answered.", acts_but_says(500, b"", HTML)),
    _write("done-then-gateway", "It is done, and a gateway answers 504.", acts_but_says(504, b"", HTML)),
    _write("broken", "500, and nothing is done.", refuses(500, "exception")),
    _write("reset", "The connection ends before anything is done.", cut_before),
    _write("done-then-reset", "It is done, and the connection ends.", cut_after),
    _write("done-then-half", "It is done, and half of the answer comes.", cut_half),
    _write("done-then-slow", "It is done, and the answer comes too late.", slow_after),
    _write(
        "done-then-login-page", "It is done, and 200 comes with a login page.", acts_but_says(200, LOGIN_PAGE, HTML)
    ),
    _write("done-without-body", "It is done, and 200 comes with nothing.", acts_but_says(200)),
    _write("done-then-outcome", "It is done, and 200 comes with an OperationOutcome.", acts_but_says(200, _OUTCOME)),
    _write("login-page", "200 with a login page, and nothing is done.", says(200, LOGIN_PAGE, HTML)),
    _write("redirect", "302 to another host.", says(302, b"", HTML, location="https://elsewhere.example/")),
    _write("conflict", "409 as HAPI says it, and nothing is done.", refuses(409, "conflict")),
    _write("precondition", "412 as the specification says it, and nothing is done.", refuses(412, "conflict")),
    _write("meanwhile-409", "Somebody else changes the plan first; stale is 409.", _meanwhile(409), _transactions),
    _write("meanwhile-412", "Somebody else changes the plan first; stale is 412.", _meanwhile(412), _transactions),
    _write("refused", "422: a rule of the record.", refuses(422, "business-rule")),
    _write("forbidden", "403: the user may not write.", refuses(403, "forbidden")),
    _write("unauthorized", "401 for a token that reads well.", refuses(401, "login")),
    _write("not-found", "404: the address takes no writes.", refuses(404, "not-found")),
    _write("too-large", "413.", refuses(413, "too-long")),
    _write("timed-out", "408.", refuses(408, "timeout")),
    _write("no-transactions", "400: transactions are not supported.", refuses(400, "not-supported"), _transactions),
    _write("no-tasks", "422 for whatever holds a Task.", refuses(422, "not-supported"), _holds("Task")),
    _write(
        "no-provenance", "422 for whatever holds a Provenance.", refuses(422, "not-supported"), _holds("Provenance")
    ),
    _write("bare-etags", "Bundle etags are bare numbers, as in HAPI.", _responses(_bare), _transactions),
    _write(
        "no-etags", "No etags and no dates in the answer.", _responses(_without("etag", "lastModified")), _transactions
    ),
    _write("no-versions", "A record that keeps no versions.", _responses(_without_version), _transactions),
    _write("upstream-location", "Location at the server behind the proxy.", _responses(_upstream), _transactions),
    _write(
        "no-location", "The answer does not say where anything stands.", _responses(_without("location")), _transactions
    ),
    _write(
        "fewer-answers",
        "An entry is missing in the answer.",
        changes(lambda s, _: {**s, "entry": s["entry"][:-1]}),
        _transactions,
    ),
    _write(
        "status-as-number",
        "Statuses without their words.",
        _responses(lambda r, _: {**r, "status": r["status"][:3]}),
        _transactions,
    ),
    Fault(
        "lookup-late",
        "write",
        "A search does not find yet what has just been written.",
        searches(*_WRITTEN),
        says(200, b'{"resourceType":"Bundle","type":"searchset","total":0}', FHIR_JSON),
    ),
    Fault(
        "lookup-away",
        "write",
        "Searches for what was written are answered with 503.",
        searches(*_WRITTEN[:-2]),
        refuses(503, "transient"),
    ),
    Fault(
        "lookup-unfiltered",
        "write",
        "Searches for what was written ignore the identifier and answer with everything.",
        searches(*_WRITTEN[:-2]),
        _all_there_are,
    ),
)

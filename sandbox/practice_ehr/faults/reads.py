"""Faults of reads and searches in the record."""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable

from .exchange import Asked, Does, Fault, Json, Reply, Turn
from .manners import (
    FHIR_JSON,
    HTML,
    LOGIN_PAGE,
    changes,
    cut_before,
    cut_half,
    reads,
    refuses,
    says,
    searches,
    slow_before,
)

_PATIENT = reads("Patient")
_CHART = searches("Condition", "Encounter", "QuestionnaireResponse")
_CERTIFICATES = searches("QuestionnaireResponse")
_CONDITIONS = searches("Condition")


def _read(name: str, imitates: str, does: Does) -> Fault:
    return Fault(f"read-{name}", "read", imitates, _PATIENT, does)


def _search(name: str, imitates: str, does: Does, at: Callable[[Asked], bool] = _CONDITIONS) -> Fault:
    return Fault(f"search-{name}", "read", imitates, at, does)


def _page_after(where: Callable[[Turn], str]) -> Does:
    return changes(lambda said, turn: {**said, "link": [{"relation": "next", "url": where(turn)}]})


def _entries(change: Callable[[list[Json]], list[Json]]) -> Does:
    return changes(lambda said, _: {**said, "entry": change(said.get("entry", []))})


def _without_ids(entries: list[Json]) -> list[Json]:
    return [{"resource": {k: v for k, v in each["resource"].items() if k != "id"}} for each in entries]


def _strange(entries: list[Json]) -> list[Json]:
    rubbish: list[Json] = [{}, {"resource": None}, {"resource": {"resourceType": 7}}]
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
    return [*rubbish, {"resource": outcome, "search": {"mode": "outcome"}}, *entries]


def _of_another(entries: list[Json]) -> list[Json]:
    other = {"reference": "Patient/p-anders-holmqvist"}
    mine = copy.deepcopy(entries[:1])
    for each in mine:
        each["resource"] |= {"subject": other, "id": "of-another"}
    return [*entries, *mine]


def _authors_elsewhere(said: Json, turn: Turn) -> Json:
    for each in said.get("entry", []):
        each["resource"]["author"] = {"reference": f"{turn.behind.elsewhere}/fhir/PractitionerRole/stranger"}
    return said


async def _packed(turn: Turn) -> Reply:
    reply = await turn.answer()
    return Reply(reply.status, gzip.compress(reply.body), {**reply.headers, "content-encoding": "gzip"})


async def _typed_as_page(turn: Turn) -> Reply:
    reply = await turn.answer()
    return Reply(reply.status, reply.body, {**reply.headers, "content-type": HTML})


def _huge(said: Json, _: Turn) -> Json:
    return {**said, "entry": [*said.get("entry", []), {"resource": {"resourceType": "Basic", "id": "x" * 6_000_000}}]}


def _again_and_again(turn: Turn) -> str:
    number = int(turn.asked.query.rpartition("_page=")[2] or 0) if "_page=" in turn.asked.query else 0
    query = turn.asked.query.partition("&_page=")[0]
    return f"{turn.behind.config.base_url}{turn.asked.path}?{query}&_page={number + 1}"


async def _endless(turn: Turn) -> Reply:
    body = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": _again_and_again(turn)}],
    }
    return Reply(200, b"", {"content-type": FHIR_JSON}).with_json(body)


FAULTS = (
    _read("away", "503 with Retry-After.", refuses(503, "transient", retry_after="20")),
    _read("busy", "429 with Retry-After.", refuses(429, "throttled", retry_after="20")),
    _read("broken", "500.", refuses(500, "exception")),
    _read("gateway", "502 with a page.", says(502, LOGIN_PAGE, HTML)),
    _read("refused", "403: this patient is blocked for the user.", refuses(403, "forbidden")),
    _read("gone", "410: the patient was merged into another.", refuses(410, "deleted")),
    _read("slow", "No answer for longer than anybody waits.", slow_before),
    _read("reset", "The connection ends without an answer.", cut_before),
    _read("half", "The connection ends in the middle of the answer.", cut_half),
    _read("login-page", "200 with the HTML of a login page.", says(200, LOGIN_PAGE, HTML)),
    _read("xml", "200 with XML.", says(200, b"<Patient/>", "application/fhir+xml")),
    _read("empty", "200 with nothing.", says(200)),
    _read("typed-as-page", "FHIR JSON that calls itself text/html.", _typed_as_page),
    _read("redirect", "302 to another host.", says(302, b"", HTML, location="https://elsewhere.example/")),
    _read("packed", "gzip though nobody asked for it.", _packed),
    _read(
        "other-type", "A Person where a Patient was asked for.", changes(lambda s, _: {**s, "resourceType": "Person"})
    ),
    _read(
        "other-id", "Another patient than the one asked for.", changes(lambda s, _: {**s, "id": "p-anders-holmqvist"})
    ),
    _read("outcome", "200 with an OperationOutcome.", refuses(200, "informational")),
    _read("deep", "JSON nested a thousand deep.", says(200, b'{"a":' * 5000 + b"1" + b"}" * 5000, FHIR_JSON)),
    _search("away", "503 on one of the searches.", refuses(503, "transient")),
    _search("refused", "403: the diagnoses are blocked for the user.", refuses(403, "forbidden")),
    _search("unknown-parameter", "400: a parameter is not supported.", refuses(400, "not-supported")),
    _search("certificates-refused", "403 for the certificates.", refuses(403, "forbidden"), _CERTIFICATES),
    _search("outcome", "200 with an OperationOutcome.", refuses(200, "informational")),
    _search("not-a-searchset", "A Bundle of another type.", changes(lambda s, _: {**s, "type": "collection"})),
    _search("huge", "A page of 6 MB.", changes(_huge)),
    _search("endless", "Each page names one more.", _endless),
    _search(
        "loop",
        "The next page is this page.",
        _page_after(lambda t: f"{t.behind.config.base_url}{t.asked.path}?{t.asked.query}"),
    ),
    _search(
        "next-elsewhere",
        "The next page is at another origin.",
        _page_after(lambda t: f"{t.behind.elsewhere}/fhir?_getpages=1"),
    ),
    _search(
        "next-upstream",
        "The next page is at the server behind the proxy.",
        _page_after(lambda _: "http://10.0.0.7/fhir?p=2"),
    ),
    _search(
        "next-climbs",
        "The next page climbs out of the base.",
        _page_after(lambda t: f"{t.behind.config.fhir_url}/../auth/jwks"),
    ),
    _search(
        "no-total",
        "No total and no self link.",
        changes(lambda s, _: {k: v for k, v in s.items() if k not in ("total", "link")}),
    ),
    _search("twice", "Each entry stands there twice.", _entries(lambda found: [*found, *found]), _CHART),
    _search("without-ids", "Entries without ids.", _entries(_without_ids), _CHART),
    _search("strange-entries", "Empty entries and outcomes between the others.", _entries(_strange), _CHART),
    _search("of-another", "A certificate of another patient among them.", _entries(_of_another), _CERTIFICATES),
    _search(
        "authors-elsewhere", "Authors are references to another server.", changes(_authors_elsewhere), _CERTIFICATES
    ),
)

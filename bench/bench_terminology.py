"""Codes over HTTP with 45 000 of them in 5 releases: against a bare SQLite point query, and against HAPI with 1 000.

Ours is the service as it is run, with every header, count and log line, in a process of its own. Both sides are asked
by the same bare client over one kept connection, with requests written beforehand: its own time is small and the same.
Both sides keep answers that they gave lately. So there are two figures for each: asked anew (each question is
one that was not asked before) and asked again (a few hundred questions in turn). HAPI has only 2 000 questions with the
right display or none, and keeps their answers for minutes: take that figure once, not twice in a row. In each round
an empty exchange is timed as well (`bench.carriage`): it is in both sides, and neither's work. Filters are
words, beginnings of words and phrases that find something on both sides, 20 codes a page. All codes are invented.

A pair that HAPI does not answer is left out, with a line on stderr; so are all of them when there is no HAPI. A HAPI
that was just started lists its value set within ten minutes: that is waited for, but not with one round (`--quick`).
"""

from __future__ import annotations

import gc
import os
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count, cycle
from pathlib import Path

import uvicorn

from bench import hapi_codes
from bench.asked import Asked, NotAnswered
from bench.beside import answering
from bench.carriage import carriage
from bench.pair import AT_LEAST_S, Figure, Pair, measure
from smart_app.app import build_app
from smart_app.cli.serve import OPTIONS
from smart_app.logging import configure_logging
from terminology.concept import Edition
from terminology.folder import open_codes
from terminology.lookup import look_up
from terminology.release import Release, of_year
from terminology.search import search
from terminology.sqlite_store import write_release
from tests.worklist_desk import a_desk

YEARS = (2031, 2032, 2033, 2034, 2035)
PER_RELEASE = 9_000
KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
CANONICAL = "https://sickleave-on-fhir.example/fhir"
Turning = Callable[[], object]
EXPAND = "ValueSet/$expand"
FILTERED, FILTERED_AGAIN = "$expand with a filter", "$expand with a filter asked again"
ONCE = "$validate-code right display or none"
WARMING = 200
HAPI = os.environ.get("HAPI_URL", "http://127.0.0.1:8090/fhir")
WORDS = ("Samtal", "Plan", "Besök", "Möte", "Träning", "Bedömning", "Uppföljning", "Rådgivning", "Behandling")


def codes(many: int) -> list[tuple[str, str]]:
    """Invented codes with texts in which a few words recur."""
    letters = "ABCDEFGHIJ"
    named = (f"{letters[n // 1000 % 10]}X{n % 1000:03}" for n in range(many))
    return [(code, f"{WORDS[n % 9]} av {WORDS[n // 9 % 9].lower()} {n % 500}") for n, code in enumerate(named)]


def releases(folder: Path) -> None:
    """Five releases as files."""
    for year in YEARS:
        first, last = of_year(year)
        editions = [Edition(code, f"{text} ({year})") for code, text in codes(PER_RELEASE)]
        write_release(folder / f"kva-{year}.sqlite", Release("kva", str(year), first, last, title="INVENTED"), editions)


def serve(folder: Path) -> None:
    """The service on a free port, which is printed, until the process is ended."""
    sys.stderr = (folder / "log").open("w", buffering=1, encoding="utf-8")
    configure_logging()
    desk = a_desk(f"sqlite:///{folder / 'worklist.db'}")
    settings = replace(desk.services().settings, terminology=folder, inline_outbox=False)
    app = build_app(settings, store=desk.store)
    gc.freeze()
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="error", timeout_keep_alive=600, **OPTIONS)
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def serving(folder: Path) -> Iterator[Asked]:
    """Our API in a process of its own."""
    with answering("bench.bench_terminology", str(folder)) as base:
        yield Asked(f"{base}/fhir")


def figures(rounds: int) -> Iterator[Figure]:
    """Every pair that is answered; with more rounds than one, HAPI is waited for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        releases(folder)
        with serving(folder) as ours:
            mine = _ours(ours)
            for pair in _pairs(folder, mine):
                yield measure(pair, rounds=rounds)
            theirs = hapi_codes.with_codes(HAPI, codes(1000))
            if theirs is not None:
                with carriage() as way:
                    yield from beside_hapi(mine, theirs, way, rounds=rounds)


def beside_hapi(
    mine: Mapping[str, Turning],
    theirs: Asked,
    way: Turning,
    *,
    rounds: int,
    wait_s: float = hapi_codes.LISTED_WITHIN_S,
    at_least_s: float = AT_LEAST_S,
) -> Iterator[Figure]:
    """The pairs with HAPI that it answers; what it does not answer is told on stderr and left out."""
    patience = wait_s if rounds > 1 else 0
    for operation, call in _theirs(theirs).items():
        name = f"{operation}, 45 000 codes / HAPI 1 000"
        try:
            if operation in (FILTERED, FILTERED_AGAIN) and not hapi_codes.has_listed(theirs, wait_s=patience):
                patience = 0
                print(f"left out: {name}: HAPI has not listed its value set yet", file=sys.stderr, flush=True)
                continue
            yield measure(
                Pair(name, mine[operation], call, unit="calls", carriage=way),
                rounds=rounds,
                at_least_s=at_least_s / 2 if operation == ONCE else at_least_s,
                warming=WARMING if rounds > 1 else 0,
            )
        except NotAnswered as fault:
            if fault.base != theirs.base:
                raise
            print(f"left out: {name}: {fault}", file=sys.stderr, flush=True)


def _turning(asked: Asked, requests: Iterable[bytes]) -> Turning:
    """Sends one of the requests at each call, in turn."""
    turn = cycle(list(requests))
    return lambda: asked.send(next(turn))


def _anew(asked: Asked, operation: str, queries: Iterable[dict[str, str]], name: str) -> Turning:
    """Sends a question that was never asked before at each call: `name` is a parameter that is counted up."""
    around = [asked.written(operation, **query, **{name: "COUNTED"}).split(b"COUNTED") for query in queries]
    turn, number = cycle(around), count(time.time_ns())
    return lambda: asked.send((b"sv-x-%d" % (next(number) % 10**7)).join(next(turn)))


def _filters() -> list[str]:
    """Words, their beginnings, and phrases, all of which are found in many texts on both sides."""
    words = [word.lower() for word in WORDS]
    return [*words, *(word[:4] for word in words), *(f"{one} av {other}" for one in words for other in words)]


def _ours(ours: Asked) -> dict[str, Turning]:
    days = [date(year, 6, 1).isoformat() for year in YEARS]
    all_of_them = [(code, text, day) for (code, text), day in zip(codes(PER_RELEASE), cycle(days), strict=False)]
    everything = {"url": f"{CANONICAL}/ValueSet/kva", "count": "20"}
    filters = [
        {**everything, "filter": text, "date": day} for text, day in zip(_filters() * 5, cycle(days), strict=False)
    ]
    of_the_year = [(code, f"{text} ({day[:4]})", {"date": day}) for code, text, day in all_of_them]
    return {**_point_queries(ours, KVA, of_the_year, every=37), **_expansions(ours, filters)}


def _theirs(theirs: Asked) -> dict[str, Turning]:
    everything = {"url": f"{hapi_codes.SYSTEM}-all", "count": "20"}
    filters = [{**everything, "filter": text} for text in _filters()]
    listed = [(code, text, dict[str, str]()) for code, text in codes(1000)]
    return {**_point_queries(theirs, hapi_codes.SYSTEM, listed, every=7), **_expansions(theirs, filters)}


def _expansions(asked: Asked, filters: list[dict[str, str]]) -> dict[str, Turning]:
    """Pages of 20 codes; anew in a language never named before, which both honour."""
    return {
        FILTERED: _anew(asked, EXPAND, filters, "displayLanguage"),
        FILTERED_AGAIN: _turning(asked, [asked.written(EXPAND, **each) for each in filters]),
    }


def _point_queries(
    asked: Asked, system: str, listed: list[tuple[str, str, dict[str, str]]], *, every: int
) -> dict[str, Turning]:
    """The calls for one code each; `listed` are code, text and what else is said.

    HAPI keeps `$lookup` by the language asked for, too, but `$validate-code` by code and display alone: so a question
    with the right display, or with none, is new to it only the first time.
    """
    lookups = [{"system": system, "code": code, **more} for code, _, more in listed]
    checks = [{"url": system, "code": code, **more} for code, _, more in listed]
    right = [{**each, "display": text} for each, (_, text, _) in zip(checks, listed, strict=True)]
    look_up, check = "CodeSystem/$lookup", "CodeSystem/$validate-code"
    once = [asked.written(check, **each) for both in zip(right, checks[1:] + checks[:1], strict=True) for each in both]
    return {
        "$lookup": _anew(asked, look_up, lookups, "displayLanguage"),
        ONCE: _turning(asked, once),
        "$validate-code wrong display": _anew(asked, check, checks, "display"),
        "$lookup asked again": _turning(asked, [asked.written(look_up, **each) for each in lookups[::every]]),
        "$validate-code asked again": _turning(asked, [asked.written(check, **each) for each in checks[::every]]),
    }


def _pairs(folder: Path, mine: Mapping[str, Turning]) -> Iterator[Pair]:
    turning = cycle(codes(PER_RELEASE)[::37])
    bare = sqlite3.connect(f"{(folder / 'kva-2033.sqlite').as_uri()}?mode=ro&immutable=1", uri=True)
    catalogue = open_codes(folder).catalogue
    store = catalogue.held_on("kva", date(2033, 6, 1)).store
    filters = cycle(_filters())

    def point() -> object:
        return bare.execute("SELECT text FROM edition WHERE code = ?", (next(turning)[0],)).fetchone()

    def alone() -> object:
        return look_up(catalogue, "kva", next(turning)[0], on=date(2033, 6, 1)).children

    def searched() -> object:
        return search(store, next(filters)).page(count=20)

    for operation, call in mine.items():
        yield Pair(f"{operation} / bare SQLite", call, point, unit="calls")
    yield Pair("$lookup without HTTP / bare SQLite", alone, point, unit="calls")
    yield Pair("search without HTTP / bare SQLite", searched, point, unit="calls")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

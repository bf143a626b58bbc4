"""Codes over HTTP with 45 000 of them in 5 releases: against a bare SQLite point query, and against HAPI with 1 000.

Every side that is asked over HTTP is asked by the same client on a kept connection, and runs in a process of its own;
"without HTTP" is the operation alone. The HAPI pairs (whose value set HAPI has expanded beforehand, some
minutes after it was uploaded) are left out when no
HAPI answers. All codes are invented.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from bench.pair import Pair
from smart_app.routes import fhir
from smart_app.routes.fhir_terminology_here import opened
from terminology.concept import Edition
from terminology.folder import open_codes
from terminology.lookup import look_up
from terminology.release import Release, of_year
from terminology.sqlite_store import write_release
from tests.worklist_desk import a_desk

YEARS = (2031, 2032, 2033, 2034, 2035)
PER_RELEASE = 9_000
KVA = "urn:oid:1.2.752.116.1.3.2.1.4"
CANONICAL = "https://sickleave-on-fhir.example/fhir"
THEIRS = "https://sickleave-on-fhir.example/test/terminology/bench"
HAPI = os.environ.get("HAPI_URL", "http://127.0.0.1:8090/fhir")
WORDS = ("Samtal", "Plan", "Besök", "Möte", "Träning", "Bedömning", "Uppföljning", "Rådgivning", "Behandling")
WAIT_S = 150


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


class Asked:
    """GET over one kept connection."""

    def __init__(self, base: str) -> None:
        parts = urllib.parse.urlsplit(base)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._path = parts.path

    def __call__(self, operation: str, **query: Any) -> bytes:
        address = f"{self._path}/{operation}?{urllib.parse.urlencode(query)}"
        try:
            self._connection.request("GET", address)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # kept too long without a question
            self._connection.close()
            self._connection.request("GET", address)
            answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{operation} answered {answer.status}: {content[:300]!r}")
        return content


def serve(folder: Path) -> None:
    """Our API on a free port, which is printed, until the process is ended."""
    desk = a_desk(f"sqlite:///{folder / 'worklist.db'}")
    app = FastAPI()
    app.state.services = desk.services()
    app.state.terminology = opened(replace(app.state.services.settings, terminology=folder))
    for router in fhir.routers:
        app.include_router(router)
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_keep_alive=600)).run(
        sockets=[listening]
    )


@contextmanager
def serving(folder: Path) -> Iterator[Asked]:
    """Our API in a process of its own, as HAPI is."""
    command = [sys.executable, "-m", "bench.bench_terminology", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            yield Asked(f"http://127.0.0.1:{port}/fhir")
        finally:
            process.terminate()


def hapi() -> Asked | None:
    """HAPI with 1 000 of the codes and a value set of them; None when there is none, or it never finished storing."""
    listed = [{"code": code, "display": text} for code, text in codes(1000)]
    head = {"url": THEIRS, "version": "1", "name": "B", "status": "active"}
    system = {"resourceType": "CodeSystem", "id": "term-bench", "content": "complete", "concept": listed} | head
    rules = {"include": [{"system": THEIRS}]}
    value_set = {"resourceType": "ValueSet", "id": "term-bench", "compose": rules} | head | {"url": f"{THEIRS}-all"}
    try:
        for each in (system, value_set):
            if not _there(each):
                _put(each)
    except (urllib.error.URLError, OSError):
        return None
    asked = Asked(HAPI)
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        try:
            asked("CodeSystem/$lookup", system=THEIRS, code=listed[-1]["code"])
        except RuntimeError:
            time.sleep(2)
        else:
            return asked
    return None


def _there(resource: dict[str, Any]) -> bool:
    try:
        with urllib.request.urlopen(f"{HAPI}/{resource['resourceType']}/{resource['id']}", timeout=20):
            return True
    except urllib.error.HTTPError:
        return False


def _put(resource: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{HAPI}/{resource['resourceType']}/{resource['id']}",
        data=json.dumps(resource).encode(),
        method="PUT",
        headers={"Content-Type": "application/fhir+json"},
    )
    urllib.request.urlopen(request, timeout=60).close()


def pairs() -> Iterator[Pair]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        releases(folder)
        with serving(folder) as ours:
            yield from _pairs(folder, ours, hapi())


def _pairs(folder: Path, ours: Asked, theirs: Asked | None) -> Iterator[Pair]:
    turning = cycle(codes(PER_RELEASE)[::37])
    few = cycle(codes(1000)[::7])
    days = cycle([date(year, 6, 1).isoformat() for year in YEARS])
    bare = sqlite3.connect(f"{(folder / 'kva-2033.sqlite').as_uri()}?mode=ro&immutable=1", uri=True)
    filters = cycle([f"{one.lower()} {other.lower()}" for one in WORDS for other in WORDS if one < other])
    everything = {"url": f"{CANONICAL}/ValueSet/kva", "count": 20}

    def point() -> object:
        return bare.execute("SELECT text FROM edition WHERE code = ?", (next(turning)[0],)).fetchone()

    def lookup() -> object:
        return ours("CodeSystem/$lookup", system=KVA, code=next(turning)[0], date=next(days))

    def validate() -> object:
        return ours("CodeSystem/$validate-code", url=KVA, code=next(turning)[0], date=next(days))

    def expand() -> object:
        return ours("ValueSet/$expand", **everything, filter=next(filters), date=next(days))

    for operation, call in (("$lookup", lookup), ("$validate-code", validate), ("$expand with a filter", expand)):
        yield Pair(f"{operation}, 45 000 codes / bare SQLite", call, point, unit="calls")
    catalogue = open_codes(folder).catalogue

    def alone() -> object:
        return look_up(catalogue, "kva", next(turning)[0], on=date(2033, 6, 1))

    yield Pair("$lookup without HTTP, 45 000 codes / bare SQLite", alone, point, unit="calls")
    if theirs is None:
        return

    def their_lookup() -> object:
        return theirs("CodeSystem/$lookup", system=THEIRS, code=next(few)[0])

    def their_validate() -> object:
        return theirs("CodeSystem/$validate-code", url=THEIRS, code=next(few)[0])

    def their_expand() -> object:
        return theirs("ValueSet/$expand", url=f"{THEIRS}-all", filter=next(filters), count=1000)

    yield Pair("$lookup without HTTP, 45 000 / HAPI with HTTP", alone, their_lookup, unit="calls")
    yield Pair("$lookup, 45 000 codes / HAPI 1 000", lookup, their_lookup, unit="calls")
    yield Pair("$validate-code, 45 000 codes / HAPI 1 000", validate, their_validate, unit="calls")
    yield Pair("$expand filter, 45 000 codes / HAPI 1 000", expand, their_expand, unit="calls")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

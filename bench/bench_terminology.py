"""Codes over HTTP with 45 000 of them in 5 releases: against a bare SQLite point query, and against HAPI with 1 000.

Ours is the service as it is run, with every header, count and log line, in a process of its own. Both sides are asked
by the same bare client over one kept connection, with requests written beforehand: its own time is small and the same.
Both sides keep answers that they gave lately. So there are two figures for point queries: asked anew (each question is
one that was not asked before) and asked again (a few hundred questions in turn). Filters are words, beginnings of
words and phrases that find something on both sides, 20 codes a page. The HAPI pairs (whose value set HAPI has expanded
beforehand, some minutes after it was uploaded) are left out when no HAPI answers. All codes are invented.
"""

from __future__ import annotations

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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count, cycle
from pathlib import Path
from typing import Any

import uvicorn

from bench.pair import Pair
from smart_app.app import build_app
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
    """GET over one kept connection, as bare as it can be."""

    def __init__(self, base: str) -> None:
        parts = urllib.parse.urlsplit(base)
        self._address = (parts.hostname or "", parts.port or 80)
        self._path = parts.path
        self._socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(self._address, timeout=60)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def written(self, operation: str, **query: Any) -> bytes:
        """The request, ready to be sent."""
        target = f"{self._path}/{operation}?{urllib.parse.urlencode(query)}"
        return f"GET {target} HTTP/1.1\r\nHost: {self._address[0]}:{self._address[1]}\r\n\r\n".encode()

    def send(self, request: bytes) -> bytes:
        """The body of the answer, which must be 200."""
        try:
            return self._exchange(request)
        except ConnectionError:  # kept too long without a question
            self._socket = self._connect()
            return self._exchange(request)

    def _exchange(self, request: bytes) -> bytes:
        self._socket.sendall(request)
        came = b""
        while b"\r\n\r\n" not in came:
            came += self._some()
        start = came.index(b"\r\n\r\n") + 4
        at = came.lower().find(b"content-length: ", 0, start)
        if at >= 0:
            end = start + int(came[at + 16 : came.index(b"\r", at)])
            while len(came) < end:
                came += self._some()
        else:
            while not came.endswith(b"0\r\n\r\n"):
                came += self._some()
        if not came.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"answered {came[:300]!r}")
        return came[start:]

    def _some(self) -> bytes:
        part = self._socket.recv(1 << 18)
        if not part:
            raise ConnectionResetError
        return part

    def __call__(self, operation: str, **query: Any) -> bytes:
        """One question, written and sent."""
        return self.send(self.written(operation, **query))


def serve(folder: Path) -> None:
    """The service on a free port, which is printed, until the process is ended."""
    sys.stderr = (folder / "log").open("w", buffering=1, encoding="utf-8")
    configure_logging()
    desk = a_desk(f"sqlite:///{folder / 'worklist.db'}")
    settings = replace(desk.services().settings, terminology=folder, inline_outbox=False)
    app = build_app(settings, store=desk.store)
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False, server_header=False, timeout_keep_alive=600)
    uvicorn.Server(config).run(sockets=[listening])


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


Turning = Callable[[], object]


def _turning(asked: Asked, requests: Iterable[bytes]) -> Turning:
    """Sends one of the requests at each call, in turn."""
    turn = cycle(list(requests))
    return lambda: asked.send(next(turn))


def _anew(asked: Asked, operation: str, queries: Iterable[dict[str, str]], name: str) -> Turning:
    """Sends a question that was never asked before at each call: `name` is a parameter that is counted up."""
    turn, number = cycle(list(queries)), count(time.time_ns())
    return lambda: asked(operation, **next(turn), **{name: f"sv-x-{next(number) % 10**7}"})


def _filters() -> list[str]:
    """Words, their beginnings, and phrases, all of which are found in many texts on both sides."""
    words = [word.lower() for word in WORDS]
    return [*words, *(word[:4] for word in words), *(f"{one} av {other}" for one in words for other in words)]


def _ours(ours: Asked) -> dict[str, Turning]:
    days = [date(year, 6, 1).isoformat() for year in YEARS]
    some = [(code, day) for (code, _), day in zip(codes(PER_RELEASE)[::37], cycle(days), strict=False)]
    many = [(code, day) for (code, _), day in zip(codes(PER_RELEASE), cycle(days), strict=False)]
    lookups = [{"system": KVA, "code": code, "date": day} for code, day in many]
    checks = [{"url": KVA, "code": code, "date": day} for code, day in many]
    again = [ours.written("CodeSystem/$lookup", system=KVA, code=code, date=day) for code, day in some]
    checked = [ours.written("CodeSystem/$validate-code", url=KVA, code=code, date=day) for code, day in some]
    everything = {"url": f"{CANONICAL}/ValueSet/kva", "count": 20}
    expand = [
        ours.written("ValueSet/$expand", **everything, filter=text, date=day)
        for text, day in zip(_filters() * 5, cycle(days), strict=False)
    ]
    return {
        "$lookup": _anew(ours, "CodeSystem/$lookup", lookups, "displayLanguage"),
        "$validate-code": _anew(ours, "CodeSystem/$validate-code", checks, "display"),
        "$lookup asked again": _turning(ours, again),
        "$validate-code asked again": _turning(ours, checked),
        "$expand with a filter": _turning(ours, expand),
    }


def _theirs(theirs: Asked) -> dict[str, Turning]:
    listed = [code for code, _ in codes(1000)]
    again = [theirs.written("CodeSystem/$lookup", system=THEIRS, code=code) for code in listed[::7]]
    checked = [theirs.written("CodeSystem/$validate-code", url=THEIRS, code=code) for code in listed[::7]]
    everything = {"url": f"{THEIRS}-all", "count": 20}
    lookups = [{"system": THEIRS, "code": code} for code in listed]
    checks = [{"url": THEIRS, "code": code} for code in listed]
    return {
        "$lookup": _anew(theirs, "CodeSystem/$lookup", lookups, "displayLanguage"),
        "$validate-code": _anew(theirs, "CodeSystem/$validate-code", checks, "display"),
        "$lookup asked again": _turning(theirs, again),
        "$validate-code asked again": _turning(theirs, checked),
        "$expand with a filter": _turning(
            theirs, [theirs.written("ValueSet/$expand", **everything, filter=text) for text in _filters()]
        ),
    }


def _pairs(folder: Path, ours: Asked, theirs: Asked | None) -> Iterator[Pair]:
    turning = cycle(codes(PER_RELEASE)[::37])
    bare = sqlite3.connect(f"{(folder / 'kva-2033.sqlite').as_uri()}?mode=ro&immutable=1", uri=True)
    catalogue = open_codes(folder).catalogue
    store = catalogue.held_on("kva", date(2033, 6, 1)).store
    filters = cycle(_filters())

    def point() -> object:
        return bare.execute("SELECT text FROM edition WHERE code = ?", (next(turning)[0],)).fetchone()

    def alone() -> object:
        return look_up(catalogue, "kva", next(turning)[0], on=date(2033, 6, 1))

    def searched() -> object:
        return search(store, next(filters)).page(count=20)

    mine = _ours(ours)
    for operation, call in mine.items():
        yield Pair(f"{operation} / bare SQLite", call, point, unit="calls")
    yield Pair("$lookup without HTTP / bare SQLite", alone, point, unit="calls")
    yield Pair("search without HTTP / bare SQLite", searched, point, unit="calls")
    if theirs is not None:
        for operation, call in _theirs(theirs).items():
            yield Pair(f"{operation}, 45 000 codes / HAPI 1 000", mine[operation], call, unit="calls")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

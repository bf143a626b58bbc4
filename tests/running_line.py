"""The whole line on real sockets: practice EHR in a thread, the service as a process, tabs as browsers make them."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from sandbox.practice_ehr.app import build_practice_ehr
from sandbox.practice_ehr.auth.grants import Grants
from sandbox.practice_ehr.config import PracticeConfig
from sandbox.practice_ehr.faults.switch import FaultSwitch
from sandbox.practice_ehr.fhir.messages import FhirRequest
from smart_app.cli.demo_launch import plan_form
from smart_app.cli.demo_places import Places
from smart_app.settings import read_settings
from smart_app.wiring import Services, wire
from tests.log_scan import issued

START_S = 40
BJORKEN, LINDEN = "SE2321000016-1010", "SE5555555555-2010"
PHYSICIAN, COORDINATOR = "amir-haddad", "sofia-oberg"
LINDEN_PHYSICIAN, LINDEN_COORDINATOR = "johan-berglund", "mikael-noren"


@dataclass
class Ehr:
    """The practice EHR, with a hand on its record and on what it answers."""

    base_url: str
    backend: Any
    switch: FaultSwitch
    grants: Grants
    answer_writes_with: int | None = None  # a status for every POST and PUT under /fhir, instead of acting
    writes: int = 0
    answer_reads_with: int | None = None  # the same for every GET under /fhir

    @property
    def fhir(self) -> str:
        return f"{self.base_url}/fhir"

    def put(self, resource: dict[str, Any]) -> None:
        """Store a resource behind everybody's back."""
        path = f"{resource['resourceType']}/{resource['id']}"
        self.backend.answer(FhirRequest("PUT", path, body=resource))

    def read(self, reference: str) -> dict[str, Any]:
        return dict(self.backend.answer(FhirRequest("GET", reference)).body)

    def all(self, kind: str, patient: str | None = None) -> list[dict[str, Any]]:
        """Every stored resource of a type, as the record has it."""
        found = self.backend.answer(FhirRequest("GET", kind, query=(("_count", "500"),))).body
        resources = [entry["resource"] for entry in found.get("entry", [])]
        return [each for each in resources if patient is None or subject(each) == f"Patient/{patient}"]


def subject(resource: dict[str, Any]) -> str | None:
    """Whose it is; a Provenance is the patient's through its targets, which the caller resolves."""
    return (resource.get("subject") or resource.get("for") or resource.get("patient") or {}).get("reference")


@dataclass
class Tab:
    """One browser tab: its own cookies, redirects followed between EHR and service."""

    line: Line
    cookies: dict[str, str] = field(default_factory=dict)
    url: str = ""
    page: httpx2.Response | None = None

    def open(self, url: str) -> httpx2.Response:
        for _ in range(10):
            own = url.startswith(self.line.service)
            answer = self.line.http.get(url, headers={"Cookie": self._cookie_line()} if own else {})
            self._keep(answer)
            if answer.status_code not in (302, 303, 307):
                self.url, self.page = url, answer
                return answer
            url = str(answer.url.join(answer.headers["location"]))
            for name in ("state", "code", "launch", "nonce"):
                issued(httpx2.URL(url).params.get(name, ""))
        raise AssertionError("too many redirects")

    def post(self, path: str, form: dict[str, Any], **headers: str) -> httpx2.Response:
        sent = {"Cookie": self._cookie_line(), "Origin": self.line.service, **headers}
        answer = self.line.http.post(f"{self.line.service}{path}", data=form, headers=sent)
        if answer.status_code in (302, 303):
            return self.open(str(answer.url.join(answer.headers["location"])))
        return answer

    def fhir(self, path: str) -> dict[str, Any]:
        answer = self.open(f"{self.line.service}/fhir/{path}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def launch(self) -> str:
        return next(iter(self.cookies)).removeprefix("__Host-sl-")

    def form(self) -> dict[str, Any]:
        assert self.page is not None
        return plan_form(self.page.text)

    def save(self) -> httpx2.Response:
        """Press the one button of the physician's page as it stands."""
        return self.post(f"/assessment/{self.launch}/plan", self.form())

    def _cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _keep(self, answer: httpx2.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.split(";")[0]
            if value:
                self.cookies[name] = issued(value)
            else:
                self.cookies.pop(name, None)


@dataclass
class Line:
    """EHR, service and the database between them."""

    ehr: Ehr
    places: Places
    services: Services
    http: httpx2.Client
    log: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    @property
    def service(self) -> str:
        return self.places.service

    def tab(self, user: str = PHYSICIAN, patient: str | None = None, intent: str | None = None) -> Tab:
        """A launch from the EHR, as far as it goes."""
        order = {"user": user, "patient": patient, "intent": intent}
        prepared = self.http.post(f"{self.ehr.base_url}/launches", json=order)
        prepared.raise_for_status()
        tab = Tab(self)
        tab.open(prepared.json()["url"])
        return tab

    def delivered(self, within_s: float = 30) -> None:
        """Wait until nothing waits in the outbox."""
        wait_until(lambda: self.backlog()[0] == 0, within_s)

    def backlog(self) -> tuple[int, int]:
        from smart_app.outbox.listing import backlog

        with self.services.store.reading() as session:
            found = backlog(session)
        return found.waiting, found.parked

    def sickleave(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One call of the command, under the line's settings."""
        done = subprocess.run(
            [sys.executable, "-m", "smart_app.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        with (self.places.home / "command.log").open("a") as log:
            log.write(done.stderr)  # searched by tests/log_scan.py
        return done


def wait_until(holds: Callable[[], bool], within_s: float) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "did not come about in time"
        time.sleep(0.05)


@contextmanager
def running_line(
    home: Path, database_url: str | None = None, settings: Mapping[str, str] | None = None, **config: Any
) -> Iterator[Line]:
    """EHR and service, up and empty, for the block.

    Args:
        settings: further environment of the service.
        config: of the practice EHR.
    """
    port, further = _free_port(), _database(database_url) | dict(settings or {})
    with _listener() as listener:
        places = Places(home, port, listener.getsockname()[1])
        served = PracticeConfig(base_url=places.ehr, service_url=places.service, **config)
        app = build_practice_ehr(served)
        ehr = Ehr(places.ehr, app.state.backend, app.switch, app.state.grants)
        with _served(_with_faults(app, ehr), listener), _service(places, further) as (process, log):
            environment = places.environment() | further
            services = wire(read_settings(environment))
            with plain_client(timeout=30) as plain:
                try:
                    yield Line(ehr, places, services, plain, log, process, environment)
                finally:
                    services.store.close()


def plain_client(**settings: Any) -> httpx2.Client:
    """A client for plain http on loopback; reading the root certificates would take longer than a request."""
    return httpx2.Client(trust_env=False, verify=False, **settings)


def _database(url: str | None) -> dict[str, str]:
    return {"SICKLEAVE_DATABASE_URL": url, "SICKLEAVE_INLINE_OUTBOX": "1"} if url else {}


def _free_port() -> int:
    with _listener() as probe:
        return int(probe.getsockname()[1])


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def _with_faults(app: Any, ehr: Ehr) -> Callable[..., Awaitable[None]]:
    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        writes = scope["type"] == "http" and scope["method"] in ("POST", "PUT") and scope["path"].startswith("/fhir")
        if writes and not scope["path"].endswith("/_search"):
            ehr.writes += 1
        reads = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith("/fhir/")
        status = ehr.answer_writes_with if writes else ehr.answer_reads_with if reads else None
        if status is not None:
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return asgi


@contextmanager
def _served(app: Any, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started, START_S)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextmanager
def _service(places: Places, further: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    log = places.home / "service.log"
    command = [sys.executable, "-m", "smart_app.cli", "serve", "--port", str(places.port)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=places.environment() | further, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: _up(places, process, log), START_S)
        yield process, log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _up(places: Places, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")[-3000:]
    return answers_ready(places.port)


def answers_ready(port: int) -> bool:
    """Whether a service on this port is up; asked without a client that reads all root certificates first."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def text_of(html: str) -> str:
    """What a reader sees of a page, roughly: tags out, white space folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


__all__ = ["BJORKEN", "COORDINATOR", "LINDEN", "LINDEN_COORDINATOR", "PHYSICIAN", "Line", "Tab", "os", "running_line"]

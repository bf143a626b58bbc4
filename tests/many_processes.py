"""Two processes of the service and two of the outbox on one PostgreSQL, the EHR behind a proxy that can break calls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from sandbox.practice_ehr.app import build_practice_ehr
from sandbox.practice_ehr.config import PracticeConfig
from smart_app.cli.demo_places import Places
from smart_app.settings import read_settings
from smart_app.wiring import wire
from tests.breaking_proxy import Proxy, proxy
from tests.running_line import Ehr, Line, Tab, _free_port, _listener, _served, answers_ready, plain_client, wait_until

START_S = 60


@dataclass
class Crowd(Line):
    """A line whose service is two processes behind one address, delivered by processes of their own.

    Attributes:
        to_ehr: between all of them and the EHR.
        workers: running `sickleave outbox run`.
    """

    to_ehr: Proxy = field(kw_only=True)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list, kw_only=True)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more delivering process; returns at once."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "smart_app.cli", "outbox", "run"],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(process)
        return process

    def kill_worker(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL: nothing of the process runs any more."""
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        self.workers.remove(process)

    def stop_workers(self) -> None:
        """No delivering process is left; each finished what it was at."""
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            worker.wait(timeout=30)
        self.workers.clear()

    def tab_of_its_own(self, patient: str) -> Tab:
        """A launch through an HTTP client of its own, so that it may run beside others."""
        own = plain_client(timeout=60, limits=httpx2.Limits(max_keepalive_connections=0))
        beside = Line(self.ehr, self.places, self.services, own, self.log, self.process, self.environment)
        return beside.tab(patient=patient)

    def delivered(self, within_s: float = 60) -> None:
        wait_until(lambda: self.backlog()[0] == 0, within_s)


@contextmanager
def crowd(home: Path, database_url: str, *, services: int = 2, workers: int = 2, issuer: str = "") -> Iterator[Crowd]:
    """All of it up and empty, for the block; `issuer` is more of the EHR's profile, as TOML."""
    with ExitStack() as stack:
        inner, outer, front = stack.enter_context(_listener()), _listener(), _listener()
        ports = [_free_port() for _ in range(services)]
        places = Places(home, front.getsockname()[1], outer.getsockname()[1])
        app = build_practice_ehr(PracticeConfig(base_url=places.ehr, service_url=places.service))
        stack.enter_context(_served(app, inner))
        to_ehr = stack.enter_context(proxy(outer, [inner.getsockname()[1]]))
        stack.enter_context(proxy(front, ports))
        environment = places.environment() | {
            "SICKLEAVE_DATABASE_URL": database_url,
            "SICKLEAVE_INLINE_OUTBOX": "0",
        }
        with Path(environment["SICKLEAVE_ISSUERS"]).open("a", encoding="utf-8") as profile:
            profile.write(issuer)
        log = home / "processes.log"
        running = [stack.enter_context(_process(["serve", "--port", str(port)], environment, log)) for port in ports]
        for port, process in zip(ports, running, strict=True):
            wait_until(lambda port=port, process=process: _up(port, process, log), START_S)  # type: ignore[misc]
        wired = wire(read_settings(environment))
        stack.callback(wired.store.close)
        http = stack.enter_context(plain_client(timeout=60, limits=httpx2.Limits(max_keepalive_connections=0)))
        ehr = Ehr(places.ehr, app.state.backend, app.switch, app.state.grants)
        made = Crowd(ehr, places, wired, http, log, running[0], environment, to_ehr=to_ehr)
        for _ in range(workers):
            made.start_worker()
        try:
            yield made
        finally:
            made.stop_workers()


@contextmanager
def _process(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "smart_app.cli", *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _up(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")[-3000:]
    return answers_ready(port)

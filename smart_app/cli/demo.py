"""`sickleave demo`: practice EHR and service as two processes on real sockets, and one real launch through them."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer

from smart_app.cli.demo_launch import DemoFailed, Shown, show
from smart_app.cli.demo_places import EHR_HOST, HAPI, SERVICE_HOST, Places, taken
from smart_app.cli.demo_words import in_words
from smart_app.cli.output import DONE, REFUSED, WRONG_USE, print_json
from smart_app.http import HttpError, reachable
from smart_app.store.private_folder import private_folder

START_S = 60
PORTS = 65_536


class NotStarted(Exception):
    """A process of the demo did not come up."""


def run(*, once: bool, as_json: bool, with_hapi: bool, port: int, ehr_port: int) -> int:
    """Perform the demo; exit code 0 only when everything written was read back from the EHR."""
    for host, wanted, option in ((SERVICE_HOST, port, "--port"), (EHR_HOST, ehr_port, "--ehr-port")):
        if not 0 < wanted < PORTS:
            typer.echo(f"{option} must be a number from 1 to {PORTS - 1}, not {wanted}", err=True)
            return WRONG_USE
        if taken(host, wanted):
            typer.echo(
                f"Port {wanted} is already taken; end what listens there or choose another with {option}.", err=True
            )
            return WRONG_USE
    if with_hapi and not reachable(f"{HAPI}/metadata"):
        typer.echo(f"No HAPI server answers on {HAPI}. Start it with `make hapi`.", err=True)
        return WRONG_USE
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: the two processes end with it
    with ExitStack() as stack:
        home = _home(stack, once)
        places = Places(home, port, ehr_port)
        try:
            stack.enter_context(
                _running(_ehr_command(places, with_hapi), None, f"{places.ehr}/health", home / "ehr.log")
            )
            stack.enter_context(
                _running(
                    [sys.executable, "-m", "smart_app.cli", "serve", "--port", str(port)],
                    places.environment(),
                    f"{places.service}/health/ready",
                    home / "service.log",
                )
            )
        except NotStarted as fault:
            typer.echo(str(fault), err=True)
            return REFUSED
        try:
            shown = asyncio.run(show(places, direct=HAPI if with_hapi else None))
        except (DemoFailed, HttpError) as fault:
            typer.echo(f"The demo did not come through: {fault}\n{_last_lines(home)}", err=True)
            return REFUSED
        print_json(shown.document()) if as_json else typer.echo(in_words(shown))
        if once:
            return DONE if shown.complete else REFUSED
        return _serve_on(places, shown)


def _home(stack: ExitStack, once: bool) -> Path:
    """A folder of its own: kept under ./var while serving, gone afterwards with --once."""
    if once:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sickleave-demo-")))
    home = private_folder(Path("var").resolve() / "demo")
    for old in home.glob("sickleave.db*"):
        old.unlink()  # the practice EHR begins empty each time, and so must what we know of it
    return home


def _ehr_command(places: Places, with_hapi: bool) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "sandbox.practice_ehr",
        "--port",
        str(places.ehr_port),
        "--service",
        places.service,
    ]
    return [*command, "--fhir", HAPI] if with_hapi else command


@contextmanager
def _running(command: list[str], environment: dict[str, str] | None, health: str, log: Path) -> Iterator[None]:
    """A process that is up (its health address answers) until the block ends; its output goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            deadline = time.monotonic() + START_S
            while not reachable(health):
                if process.poll() is not None or time.monotonic() > deadline:
                    last = log.read_text(errors="replace")[-2000:]
                    raise NotStarted(f"{' '.join(command[1:4])} did not come up:\n{last}")
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _serve_on(places: Places, shown: Shown) -> int:
    typer.echo(f"\nOpen {places.ehr} in a browser. Ctrl-C ends the demo.", err=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return DONE if shown.complete else REFUSED


def _last_lines(home: Path) -> str:
    return "".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in sorted(home.glob("*.log")))

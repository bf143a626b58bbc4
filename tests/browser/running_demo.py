"""The demo as people run it, on ports of its own: practice EHR and service as two processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

START_S = 90
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Demo:
    """Addresses of a running demo."""

    service: str
    ehr: str

    def launch(self, user: str, patient: str | None = None) -> str:
        """The address that the EHR's frame would open."""
        body = json.dumps({"user": user, "patient": patient}).encode()
        request = urllib.request.Request(f"{self.ehr}/launches", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            handle = json.load(answer)["launch"]
        return f"{self.service}/launch?" + urlencode({"iss": f"{self.ehr}/fhir", "launch": handle})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether something answers on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """The demo, started and with its worklist filled; ended afterwards."""
    port, ehr_port = free_port(), free_port()
    command = [sys.executable, "-m", "smart_app.cli", "demo", "--port", str(port), "--ehr-port", str(ehr_port)]
    log = folder / "demo.log"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START_S
            while f"Open http://localhost:{ehr_port}" not in log.read_text(errors="replace"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the demo did not come up:\n{log.read_text(errors='replace')[-3000:]}")
                time.sleep(0.3)
            yield Demo(f"http://127.0.0.1:{port}", f"http://localhost:{ehr_port}")
        finally:
            process.send_signal(signal.SIGTERM)  # as a supervisor ends it; Ctrl-C takes the same way
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    assert process.returncode == 0, log.read_text(errors="replace")[-3000:]
    assert not [each for each in (port, ehr_port) if listening(each)], "a process of the demo outlived it"

"""The HAPI FHIR R4 sandbox (sandbox/hapi) for tests: the server on loopback, and the validator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[1] / "sandbox" / "hapi" / "hapi"
DESCRIPTION = "sickleave-on-fhir HAPI sandbox"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoHapi(Exception):
    """No sandbox server answers and none can be started here."""


@dataclass(frozen=True)
class Issue:
    """One finding of the validator."""

    file: str
    severity: str
    path: str
    message: str


@dataclass(frozen=True)
class Validation:
    """What the validator said: how many resources it read, and every finding."""

    count: int
    issues: tuple[Issue, ...]

    @property
    def errors(self) -> tuple[Issue, ...]:
        return tuple(issue for issue in self.issues if issue.severity in {"ERROR", "FATAL"})


def ours(base: str) -> bool:
    """Whether our sandbox server (and not just anything) answers at this FHIR base."""
    try:
        with DIRECT.open(f"{base}/metadata", timeout=20) as answer:
            statement = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return bool(statement.get("implementation", {}).get("description") == DESCRIPTION)


def can_build() -> bool:
    """Java's compiler and Maven are here."""
    return all(shutil.which(tool) for tool in ("java", "javac", "mvn"))


def is_built() -> bool:
    """The sandbox was built before, so that starting it fetches nothing."""
    return bool(shutil.which("java")) and subprocess.run([SCRIPT, "built"], check=False).returncode == 0


def find_or_start(*, build: bool, started: Path) -> str:
    """FHIR base of a running sandbox server.

    Args:
        build: fetch and compile it when that was not done yet.
        started: file that is made when this call started the server, so that whoever ends the run stops it.

    Raises:
        NoHapi: nothing answers and nothing may be started.
    """
    if given := os.environ.get("HAPI_URL"):
        if not ours(given):
            raise NoHapi(f"HAPI_URL={given} does not answer as our sandbox")
        return given
    base = f"http://127.0.0.1:{os.environ.get('HAPI_PORT', '8090')}/fhir"
    if ours(base):
        return base
    refuse_unless_allowed(build=build)
    done = subprocess.run([SCRIPT, "start"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoHapi(f"it did not start: {done.stdout}{done.stderr}")
    if done.stdout.startswith("up:"):
        started.touch()
    return base


def refuse_unless_allowed(*, build: bool) -> None:
    """The server may be started when it is built, or may and can be built now.

    Raises:
        NoHapi: neither.
    """
    if is_built() or (build and can_build()):
        return
    if not can_build():
        raise NoHapi("Java and Maven are not installed (apt-get install openjdk-17-jdk-headless maven)")
    raise NoHapi("not built yet (run `make hapi` once)")


def stop() -> None:
    """Ends the server that `find_or_start` started."""
    subprocess.run([SCRIPT, "stop"], capture_output=True, check=False)


def validate(folder: Path, *, definitions: Path | None = None) -> Validation:
    """Everything HAPI's validator says of the .json and .ndjson files under a folder (6 to 14 s, so give it many).

    Args:
        folder: resources, one a file (or one a line in .ndjson).
        definitions: folder of conformance resources that the resources refer to.
    """
    known = ["-ig", str(definitions)] if definitions else []
    done = subprocess.run([SCRIPT, "validate", *known, folder], capture_output=True, text=True, check=False)
    counted = [line for line in done.stderr.splitlines() if line.endswith(" errors")]
    if done.returncode not in (0, 1) or not counted:
        raise RuntimeError(f"the validator failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    findings = [line.split("\t", 3) for line in done.stdout.splitlines() if line.count("\t") >= 3]
    return Validation(count=int(counted[-1].split()[0]), issues=tuple(Issue(*finding) for finding in findings))


def lay_out(resources: Iterable[Mapping[str, Any]], folder: Path) -> Path:
    """Writes resources as files named by type and number, ready for `validate`; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, resource in enumerate(resources):
        (folder / f"{resource['resourceType']}-{number:05}.json").write_text(json.dumps(resource), encoding="utf-8")
    return folder

"""What a person installs: the wheel holds every packaged file and nothing else, and the locks what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock", "requirements-full.lock")


def requirement_name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=~!;]", requirement, maxsplit=1)[0]).lower()


def locked(lock: str) -> dict[str, str]:
    """Each locked requirement's whole entry (its line with the hashes), by name."""
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / lock).read_text(encoding="utf-8"))
    return {requirement_name(entry): entry for entry in entries if not entry.startswith("#")}


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    subprocess.run([sys.executable, *build, "-w", str(folder), str(ROOT)], check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_every_file_of_the_packages(wheel_files: set[str]) -> None:
    shipped = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    expected = {name for name in shipped if not name.startswith("sandbox/hapi/")}

    assert expected - wheel_files == set()


def test_the_wheel_holds_nothing_else(wheel_files: set[str]) -> None:
    allowed = (*(f"{package}/" for package in PACKAGES), "sickleave_on_fhir-")

    assert [name for name in wheel_files if not name.startswith(allowed) or name.startswith("sandbox/hapi/")] == []
    assert any(name.endswith("licenses/LICENSE") for name in wheel_files)


def test_the_command_is_declared(wheel_files: set[str]) -> None:
    assert PROJECT["project"]["scripts"] == {"sickleave": "smart_app.cli:main"}
    assert any(name.endswith(".dist-info/entry_points.txt") for name in wheel_files)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_every_dependency_and_no_host(lock: str) -> None:
    serving, building = PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"]
    groups = PROJECT["dependency-groups"]
    wanted = {
        "requirements.lock": serving,
        "requirements-build.lock": building,
        "requirements-dev.lock": [*serving, *building, *groups["dev"]],
        "requirements-full.lock": groups["full"],
    }[lock]
    entries = locked(lock)

    assert [requirement for requirement in wanted if requirement_name(requirement) not in entries] == []
    assert [name for name, entry in entries.items() if "--hash=sha256:" not in entry] == []
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS)
def test_what_serves_and_builds_is_what_is_tested(lock: str) -> None:
    tested = locked("requirements-dev.lock")

    both = {name: entry for name, entry in locked(lock).items() if name in tested or lock != "requirements-full.lock"}
    assert [name for name, entry in both.items() if entry.split()[0] not in tested[name]] == []

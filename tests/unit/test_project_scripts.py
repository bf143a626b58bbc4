"""The scripts that judge the project: each planted fault is found, and only it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scripts import check, readback
from scripts.prove_dockerfile import instructions, kept

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.setattr(check, "ROOT", tmp_path)
    return tmp_path


def test_a_link_to_nothing_and_a_heading_that_is_not_there_are_found(project: Path) -> None:
    (project / "there.md").write_text("# Two words (sv)\n")
    (project / "page.md").write_text(
        "[a](there.md) [b](there.md#two-words-sv) [c](https://ehr.example/x) [d](gone.md) [e](there.md#gone)\n"
    )

    assert check.broken_links() == ["page.md: gone.md is not there", "page.md: there.md#gone: no such heading"]


def test_a_file_and_a_function_that_nobody_reads_are_found(project: Path) -> None:
    (project / "long.py").write_text("x = 1\n" * 451)
    (project / "deep.py").write_text("def endless():\n" + "    x = 1\n" * 80)
    (project / "fine.py").write_text("def short():\n    return 1\n")

    assert check.too_long() == [
        "deep.py:1: endless has 81 lines, at most 80",
        "long.py: 451 lines, at most 450",
    ]


def test_a_path_of_one_machine_is_found(project: Path) -> None:
    (project / "fine.txt").write_text("framework/x homework\n")
    (project / "bad.txt").write_text("see /wor" + "k/somewhere\n")

    assert [line.split(":")[0] for line in check.machine_paths()] == ["bad.txt"]


def test_what_the_demo_did_not_write_is_said() -> None:
    said = {"written": [{"type": "Task", "id": "1", "url": "x"}], "worklist": []}

    found = readback.faults(said, None)

    assert "no RiskAssessment was written" in found
    assert "the worklist is empty" in found
    assert "the key patient is missing" in found
    assert "no Task was written" not in found


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("smart_app/app.py", True),
        ("requirements.lock", True),
        ("sandbox/__init__.py", True),
        ("sandbox/practice_ehr/app.py", False),
        ("requirements-dev.lock", False),
        ("tests/conftest.py", False),
        ("risk/__pycache__/case.pyc", False),
        (".git/config", False),
    ],
)
def test_what_the_image_is_built_from(path: str, inside: bool) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]

    assert kept(path, rules) is inside


def test_the_image_runs_as_nobody_special_and_says_when_it_is_ill() -> None:
    said = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    last = said[max(number for number, (keyword, _) in enumerate(said) if keyword == "FROM") :]

    assert dict(last)["USER"] not in {"root", "0"}
    assert "/health/live" in dict(last)["HEALTHCHECK"]
    assert json.loads(dict(last)["CMD"])[0] == "sickleave"

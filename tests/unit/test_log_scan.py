"""The search through the logs finds what is planted, in what tests print and in what their processes write."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sandbox.practice_ehr.auth.grants import Approval, Grants, LaunchContext
from sandbox.practice_ehr.config import PracticeConfig
from sandbox.practice_ehr.samples.people import people
from smart_app.api_tokens.tokens import PREFIX
from smart_app.launch import cookies
from tests.log_scan import found, found_in

ROOT = Path(__file__).resolve().parents[2]
EVA = next(person for person in people() if person.id == "p-eva-sandstrom")
USUAL = """{"event": "request", "method": "GET", "route": "/assessment/{launch}", "status": 200, "ms": 31}
{"event": "launch open", "issuer": "practice", "launch": "44add19c-867c-44a1-b756-39cf547ca050", "role": "physician"}
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 medEva Kimono evaluate Sandströms
"""
RANDOM = "Ab3_-xY" * 6 + "Q"
PLANTED = f"""
import secrets, sys
from tests.log_scan import watch
watch()
def test_printed(): print({EVA.name!r})
def test_on_stderr(): print({EVA.number!r}, file=sys.stderr)
def test_nothing(): print("nobody")
def test_a_launch_id(): print(secrets.token_urlsafe(24))
def test_taken(capsys):
    print("[info     ] read", {EVA.id!r})
    capsys.readouterr()
def test_by_a_process(tmp_path): (tmp_path / "worker.log").write_text({EVA.id!r})
"""


def test_the_usual_log_is_clean() -> None:
    assert list(found(USUAL)) == []


@pytest.mark.parametrize(
    "planted",
    [
        *EVA.name.split(), EVA.id, EVA.number, EVA.number[2:], f"{EVA.number[2:8]}-{EVA.number[8:]}",
        f"GET /Patient/{EVA.id}?_id=1", f"name={EVA.name.split()[0]}&", f"[{EVA.number}]",
        "slf_" + "aB3-" * 8, "eyJhbGciOiJFUzM4NCJ9.e30.x", f"Bearer {RANDOM}", f"code={RANDOM}&", f"sl-1={RANDOM};",
    ],
)  # fmt: skip
def test_one_word_is_found(planted: str) -> None:
    assert len(list(found(USUAL + f'{{"event": "{planted}"}}\n'))) == 1


def test_every_token_is_found_that_the_ehr_or_we_have_made_whatever_it_looks_like() -> None:
    ehr = Grants(PracticeConfig(base_url="http://localhost:1", service_url="http://127.0.0.1:2"))
    approval = Approval("us", (), None, "f")
    made = [
        ehr.add_launch(LaunchContext("amir-haddad")), ehr.add_code(approval, "", ""), secrets.token_urlsafe(16),
        ehr.add_token(approval, "access", 60), ehr.add_token(approval, "refresh", 60), cookies.new_secret(),
    ]  # fmt: skip
    for token in made:
        for line in (token, f"state={token}&", f"token-{token}", f"{token}{secrets.token_hex(11)}", f"'{token}'"):
            assert list(found(USUAL + line)), line
    assert list(found(f"{PREFIX}{secrets.token_urlsafe(32)}"))


def test_the_terminal_may_show_the_patient_and_no_token(tmp_path: Path) -> None:
    shown = tmp_path / "demo.log"
    shown.write_text(EVA.name)
    assert found_in([shown]) == []
    shown.write_text("slf_" + "aB3-" * 8)
    assert len(found_in([shown])) == 1
    shown.unlink()


def test_a_run_in_which_something_is_planted_fails_where_it_is() -> None:
    with tempfile.TemporaryDirectory() as outside:  # the run that this test belongs to searches its own folder
        Path(outside, "test_planted.py").write_text(PLANTED)
        command = [sys.executable, "-m", "pytest", "-p", "tests.log_scan", "-p", "no:cacheprovider", "-c", "/dev/null"]
        done = subprocess.run(
            [*command, "-rE", f"--basetemp={outside}/base", f"{outside}/test_planted.py"],
            cwd=ROOT,
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "6 passed, 5 errors" in done.stdout, done.stdout
    for place in (
        "::test_printed",
        "::test_on_stderr",
        "::test_a_launch_id",
        "::test_taken",
        "worker.log, line 1: a patient's datum",
    ):
        assert place in done.stdout

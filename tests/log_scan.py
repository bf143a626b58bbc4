"""What programs print for operations names no sample patient and repeats no token: searched after every test run.

`tests/conftest.py` takes the hooks: what a test printed while it ran (our log goes to its output), and every `*.log`
that a process started by a test has written. Tokens are known twice: by what they look like, and one by one, as they
are made in a test's process (by the practice EHR and by us) or set by the service's. By itself:
`python -m tests.log_scan FILE...`, exit 1 when it finds some.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.practice_ehr.samples.people import people

TOKEN = re.compile(
    r"eyJ[\w-]{10,}"  # a JSON Web Token
    r"|slf_[\w-]{20,}"  # a token of our API
    r"|(?<![\w/+-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w=+-])",  # 256 random bits: cookies, codes, EHR tokens
    re.ASCII,
)
_LEAST = 16
_WORD = re.compile(rf"[\w-]{{{_LEAST},}}", re.ASCII)
ISSUED: set[str] = set()
"""Every token, code, launch id, cookie, state and verifier that was made while this process ran."""
_lengths: set[int] = set()
_LOG_LINE = re.compile(r'\[(?:info|warning|error|critical) *\]|"event": ?"')
_swallowed: list[str] = []
FOR_EYES = frozenset({"demo.log", "ci-demo.log", "ci-demo_on_hapi.log", "ci-demo-hapi.json", "ci-tests.log"})
"""Terminals that name the sample patient, as they should, and still no token: of whoever runs the demo, and the list of
tests, whose names hold patients."""


def issued(text: str) -> str:
    """Remember a secret; the text itself."""
    if len(text) >= _LEAST:
        ISSUED.add(text)
        _lengths.add(len(text))
    return text


def watch() -> None:
    """From now on remember what this process makes of `secrets.token_urlsafe`, as all of ours and of the EHR's are; and
    the log lines that a test takes out of its own output, where nobody else would see them."""
    made, read = secrets.token_urlsafe, pytest.CaptureFixture.readouterr
    secrets.token_urlsafe = lambda nbytes=None: issued(made(nbytes))

    def reading(self: pytest.CaptureFixture[str]) -> Any:
        said = read(self)
        _swallowed.extend(line for text in said for line in str(text).splitlines() if _LOG_LINE.search(line))
        return said

    pytest.CaptureFixture.readouterr = reading  # type: ignore[method-assign]


@cache
def persons() -> re.Pattern[str]:
    """Ids, names and numbers of all sample patients, as whole words."""
    words: set[str] = set()
    for person in people():
        words |= {person.id, person.number, person.number[2:], f"{person.number[2:8]}-{person.number[8:]}"}
        words |= set(person.name.split())
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{listed})(?![\w-])")


def found(text: str, *, also_persons: bool = True) -> Iterator[str]:
    """The lines that hold what they must not, each with what it is."""
    for number, line in enumerate(text.splitlines(), start=1):
        if also_persons and (person := persons().search(line)):
            yield f"line {number}: a patient's datum ({person.group()}): {line[:200]}"
        if token := next(_tokens(line), None):
            yield f"line {number}: a token ({token[:8]}...): {line[:200]}"


def _tokens(line: str) -> Iterator[str]:
    yield from (each.group() for each in TOKEN.finditer(line))
    for word in _WORD.findall(line):  # alone, or with something before or after it
        yield from (part for size in _lengths for part in (word[:size], word[-size:]) if part in ISSUED)


def found_in(files: Iterable[Path]) -> list[str]:
    """The same for files, each line with its file."""
    return [
        f"{file}, {said}"
        for file in files
        for said in found(file.read_text(errors="replace"), also_persons=file.name not in FOR_EYES)
    ]


@pytest.fixture(scope="session", autouse=True)
def processes_are_silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """At the end of the run: every log of every process that a test of this worker has started."""
    yield
    said = found_in(sorted(tmp_path_factory.getbasetemp().rglob("*.log")))
    assert not said, "\n".join(said[:20])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that printed what must not be logged has failed, whatever it was about."""
    report = yield
    if call.when == "setup":
        _swallowed.clear()
    if call.when == "teardown" and report.passed:
        sections = [*report.sections, ("taken by the test", "\n".join(_swallowed))]
        said = [f"{title}, {line}" for title, text in sections for line in found(text)]
        if said:
            report.outcome, report.longrepr = "failed", "\n".join(said[:20])
    return report


if __name__ == "__main__":
    everything = found_in(Path(name) for name in sys.argv[1:])
    print("\n".join(everything) or f"{len(sys.argv) - 1} files name nobody")
    sys.exit(bool(everything))

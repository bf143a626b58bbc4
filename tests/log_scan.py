"""What programs print for operations names no sample patient and repeats no token: searched after every test run.

`tests/conftest.py` takes the hooks: what a test printed while it ran (our log goes to its output), and every `*.log`
that a process started by a test has written. By itself: `python -m tests.log_scan FILE...`, exit 1 when it finds some.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from sandbox.practice_ehr.samples.people import people

TOKEN = re.compile(
    r"eyJ[\w-]{10,}"  # a JSON Web Token
    r"|slf_[\w-]{20,}"  # a token of our API
    r"|(?<![\w/+-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w=+-])",  # 256 random bits: cookies, codes, EHR tokens
    re.ASCII,
)
FOR_EYES = frozenset({"demo.log"})
"""The terminal of whoever runs the demo: it shows the sample patient, as it should, and still no token."""


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
        if token := TOKEN.search(line):
            yield f"line {number}: a token ({token.group()[:8]}...): {line[:200]}"


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
    if call.when == "teardown" and report.passed:
        said = [f"{title}, {line}" for title, text in report.sections for line in found(text)]
        if said:
            report.outcome, report.longrepr = "failed", "\n".join(said[:20])
    return report


if __name__ == "__main__":
    everything = found_in(Path(name) for name in sys.argv[1:])
    print("\n".join(everything) or f"{len(sys.argv) - 1} files name nobody")
    sys.exit(bool(everything))

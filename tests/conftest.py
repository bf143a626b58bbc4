"""What every test can ask for: real parts where the machine has them, and a report by name of what was skipped.

Fixtures: `postgres` (an empty database's URL), `database_url` (the test runs on SQLite and on PostgreSQL),
`hapi` (FHIR base of a real server), `validator` (HAPI's), `chromium` (a browser).
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: as the command does

import base64
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests import running_hapi, running_postgres
from tests.log_scan import (  # noqa: F401  (hooks: they watch every test)
    processes_are_silent,
    pytest_runtest_makereport,
    watch,
)
from tests.required import missing, required_parts

RUN_FOLDER = "TEST_RUN_FOLDER"  # shared by all worker processes of one run
CHROMIUM = ("chromium", "chromium-browser")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: long; runs only with `make full` (pytest -m full)")
    required_parts()
    watch()
    if not hasattr(config, "workerinput"):
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="sickleave-tests.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "full" in config.getoption("markexpr"):
        return
    long = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    folder = Path(os.environ.pop(RUN_FOLDER))
    if (folder / "hapi-started").exists():
        running_hapi.stop()
    shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        by_reason[reason.removeprefix("Skipped: ")].append(report.nodeid)
    if by_reason:
        terminalreporter.section("skipped, by name")
    for reason, names in sorted(by_reason.items()):
        terminalreporter.write_line(f"{reason} ({len(names)})")
        for name in sorted(names):
            terminalreporter.write_line(f"    {name}")


@pytest.fixture
def command() -> Iterator[Callable[..., Result]]:
    """`sickleave` with these words, in this process: its result with exit code and output."""
    from smart_app.cli.verbs import app
    from smart_app.logging import forget_logging

    def invoked(*words: str) -> Result:
        done = CliRunner().invoke(app, words)
        sys.stderr.write(done.stderr)  # searched by log_scan
        return done

    yield invoked
    forget_logging()  # the log was set up for an output that is closed by now


@pytest.fixture
def settings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Settings for commands run in this process, from the text of an issuers file: the URL of their database."""

    def given(issuers: str) -> str:
        monkeypatch.setattr("smart_app.cli.background.configure_logging", lambda: None)  # it would outlive the test
        (tmp_path / "issuers.toml").write_text(issuers, encoding="utf-8")
        database = f"sqlite:///{tmp_path / 'service.sqlite'}"
        for name, value in {
            "BASE_URL": "https://app.example",
            "SECRET_KEY": base64.b64encode(bytes(range(32))).decode(),
            "ISSUERS": str(tmp_path / "issuers.toml"),
            "DATABASE_URL": database,
        }.items():
            monkeypatch.setenv(f"SICKLEAVE_{name}", value)
        return database

    return given


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[running_postgres.Cluster]:
    try:
        cluster = running_postgres.start_cluster()
    except running_postgres.NoPostgres as absent:
        missing("postgres", str(absent))
    yield cluster
    cluster.stop()


@pytest.fixture
def postgres(postgres_cluster: running_postgres.Cluster) -> str:
    """SQLAlchemy URL of an empty PostgreSQL database of this test's own."""
    return postgres_cluster.new_database()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLAlchemy URL of an empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'service.sqlite'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def hapi() -> str:
    """FHIR base of a real HAPI R4 server; it is shared, so a test tells its own resources by ids of its own."""
    try:
        started = Path(os.environ[RUN_FOLDER]) / "hapi-started"
        return running_hapi.find_or_start(build="hapi" in required_parts(), started=started)
    except running_hapi.NoHapi as absent:
        missing("hapi", str(absent))


@pytest.fixture(scope="session")
def validator() -> Callable[..., running_hapi.Validation]:
    """`running_hapi.validate`: the folder's resources through HAPI's validator (6 to 14 s a call)."""
    try:
        running_hapi.refuse_unless_allowed(build="hapi" in required_parts())
    except running_hapi.NoHapi as absent:
        missing("hapi", str(absent))
    return running_hapi.validate


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A headless Chromium (playwright.sync_api.Browser); one per test file, since its event loop must end with it."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        missing("chromium", "it is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()

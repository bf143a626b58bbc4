"""A private PostgreSQL cluster that lives as long as the test run: loopback only, no password, nothing kept."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

UNSAFE_AND_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class NoPostgres(Exception):
    """PostgreSQL's server programs are not on this machine."""


def server_programs() -> Path:
    """The folder with initdb and pg_ctl.

    Raises:
        NoPostgres: none was found.
    """
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if not newest:
        raise NoPostgres("initdb was not found (apt-get install postgresql)")
    return newest[-1].parent


def free_port() -> int:
    """A TCP port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Cluster:
    """A running server; `new_database` gives an empty database in it."""

    home: Path
    programs: Path
    port: int

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs, as its own user when we are root (initdb refuses root)."""
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_user, str(self.programs / program), *arguments]
        done = subprocess.run(command, cwd=self.home, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")

    def new_database(self) -> str:
        """SQLAlchemy URL of a fresh, empty database."""
        name = f"t{uuid.uuid4().hex}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-T", "template0", name)
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """Ends the server and removes everything it wrote."""
        self.run("pg_ctl", "-D", str(self.home / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.home, ignore_errors=True)


def start_cluster() -> Cluster:
    """A new cluster on a free port (about 1 s).

    Raises:
        NoPostgres: the server programs are not installed.
    """
    programs = server_programs()
    home = Path(tempfile.mkdtemp(prefix="sickleave-pg."))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres")
    cluster = Cluster(home=home, programs=programs, port=free_port())
    data = str(home / "data")
    cluster.run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
    options = f"-p {cluster.port} -k {home} -c listen_addresses=127.0.0.1 {UNSAFE_AND_FAST}"
    cluster.run("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
    return cluster

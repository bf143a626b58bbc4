"""Carries out the Dockerfile's own lines in Debian roots, without a container engine, and waits for its healthcheck.

Every FROM becomes a fresh root, every RUN a chroot, every COPY a copy that honours .dockerignore. The last stage's CMD
is started as its USER, its HEALTHCHECK polled, what the image holds is looked at. Called by scripts/prove-dockerfile.
"""

from __future__ import annotations

import base64
import fnmatch
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHELL = ["bash", "-c"]
ROOTS = "source scripts/debian-root.sh; "
MUST_NOT_BE_THERE = ("sandbox/practice_ehr", "pytest", "playwright", "hatchling")


@dataclass
class Stage:
    """One FROM of the Dockerfile and what was said since."""

    name: str
    root: Path
    workdir: str = "/"
    user: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def run(self, command: list[str], *, user: str = "") -> list[str]:
        """The words that run a command inside this root."""
        path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        variables = [f"{name}={value}" for name, value in (path | self.environment).items()]
        inside = f'cd {self.workdir} && exec "$@"'
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        return ["env", *variables, *as_user, "sh", "-c", inside, "sh", *command]


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Keyword and rest of every instruction; comments dropped, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", "\n".join(line for line in dockerfile.splitlines() if not line.startswith("#")))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def kept(path: str, rules: list[str]) -> bool:
    """Whether .dockerignore lets this file into the build; the last rule that fits decides."""
    inside = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        parents = [path, *map(str, Path(path).parents)]
        fits = any(
            fnmatch.fnmatch(part, pattern) or fnmatch.fnmatch(f"/{part}", pattern.replace("**", "*"))
            for part in parents
            if part != "."
        )
        if fits:
            inside = rule.startswith("!")
    return inside


def build_context() -> list[str]:
    """Files of the work tree that .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return [name for name in listed.stdout.split("\0") if name and kept(name, rules)]


def copy(stage: Stage, words: list[str], context: list[str]) -> None:
    """COPY from the build context: files by name, or a folder's content."""
    *sources, target = words
    base = stage.root / stage.workdir.lstrip("/") / target
    for source in sources:
        for name in context:
            if name == source:
                place = base / Path(name).name
            elif name.startswith(f"{source}/"):
                place = base / name.removeprefix(f"{source}/")
            else:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place)


def in_root(stage: Stage, command: list[str], **options: object) -> subprocess.Popen[bytes]:
    """Starts a command inside the stage's root."""
    words = [*SHELL, f'{ROOTS}in_root "$@"', "in_root", str(stage.root), *command]
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True, **options)  # type: ignore[call-overload,no-any-return]  # noqa: S603


def carry_out(stage: Stage, keyword: str, rest: str, stages: dict[str, Stage], context: list[str]) -> None:
    """One instruction."""
    if keyword == "RUN":
        if in_root(stage, stage.run(["sh", "-c", rest])).wait() != 0:
            raise SystemExit(f"failed: RUN {rest}")
    elif keyword == "COPY" and rest.startswith("--from="):
        origin, source, target = rest.removeprefix("--from=").split()
        place = stage.root / target.lstrip("/")
        shutil.copytree(stages[origin].root / source.lstrip("/"), place, symlinks=True, dirs_exist_ok=True)
    elif keyword == "COPY":
        copy(stage, rest.split(), context)
    elif keyword == "WORKDIR":
        stage.workdir = rest
        (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif keyword == "ENV":
        stage.environment |= dict(pair.split("=", 1) for pair in rest.split())
    elif keyword == "USER":
        stage.user = rest
    elif keyword == "CMD":
        stage.command = json.loads(rest)
    elif keyword == "HEALTHCHECK":
        stage.health = json.loads(rest.split("CMD", 1)[1])
    elif keyword not in {"VOLUME", "EXPOSE"}:
        raise SystemExit(f"{keyword}: this instruction is not known here")


def build(folder: Path) -> Stage:
    """Every stage of the Dockerfile, in roots under `folder`; returns the last."""
    stages: dict[str, Stage] = {}
    context = build_context()
    stage: Stage | None = None
    for keyword, rest in instructions((ROOT / "Dockerfile").read_text(encoding="utf-8")):
        print(f"--- {keyword} {rest[:110]}", flush=True)
        if keyword == "FROM":
            words = rest.split()
            name = words[2] if len(words) > 2 else "image"
            stage = stages[name] = Stage(name=name, root=folder / name)
            subprocess.run([*SHELL, f"{ROOTS}new_root '{stage.root}'"], cwd=ROOT, check=True)  # noqa: S603
        elif stage is None:
            raise SystemExit(f"{keyword} before the first FROM")
        else:
            carry_out(stage, keyword, rest, stages, context)
    if stage is None:
        raise SystemExit("the Dockerfile has no FROM")
    return stage


def try_out(image: Stage) -> list[str]:
    """Starts the image's command and polls its healthcheck; what is wrong, if anything."""
    found = [name for name in MUST_NOT_BE_THERE for _ in image.root.glob(f"opt/sickleave/lib/*/site-packages/{name}")]
    faults = [f"{name} is in the image" for name in found]
    origin = "https://sickleave.example"
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    image.environment |= {"SICKLEAVE_BASE_URL": origin, "SICKLEAVE_SECRET_KEY": key}
    shutil.copy2(ROOT / "examples" / "issuers.toml", image.root / "srv/sickleave/issuers.toml")
    image.environment["SICKLEAVE_ISSUERS"] = "/srv/sickleave/issuers.toml"
    server = in_root(image, image.run(image.command, user=image.user))
    try:
        healthy = False
        for _ in range(60):
            time.sleep(1)
            if server.poll() is not None:
                break
            if in_root(image, image.run(image.health, user=image.user), stderr=subprocess.DEVNULL).wait() == 0:
                healthy = True
                break
        if not healthy:
            return [*faults, f"the healthcheck never passed; the command ended with {server.poll()}"]
        who = in_root(image, image.run(["id", "-un"], user=image.user), stdout=subprocess.PIPE).communicate()[0]
        if who.decode().strip() in {"root", ""}:
            faults.append("it runs as root")
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)
    return faults


def main() -> int:
    began = time.monotonic()
    image = build(Path(sys.argv[1]))
    faults = try_out(image)
    for fault in faults:
        print(f"prove-dockerfile: {fault}")
    print(f"prove-dockerfile: {len(faults)} faults, {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make check`: every check runs, every failure is counted, and the count decides the exit."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("smart_app", "fhir_mapping", "risk", "terminology", "sandbox")
FILE_LINES = 450
FUNCTION_LINES = 80
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
MACHINE_PATHS = re.compile("/wor" + r"k/|\.\./" + r"shared/|/root" + "/")  # in two parts: this file is searched too


def tracked(*patterns: str) -> list[Path]:
    """Files of the project: what git knows, and new ones that it does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    listed = done.stdout.split("\0")
    return sorted(path for name in set(listed) if name and (path := ROOT / name).is_file())


def tool(command: str, failure: str) -> Callable[[], list[str]]:
    """A check by another program: each line of its output that matches `failure` is one failure."""

    def run() -> list[str]:
        words = [str(Path(sys.executable).parent / command.split()[0]), *command.split()[1:]]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        output = (done.stdout + done.stderr).splitlines()
        found = [line for line in output if re.search(failure, line)]
        return found or (output[-20:] if done.returncode else [])

    return run


def anchors(markdown: str) -> set[str]:
    """Heading anchors as code hosts make them: lower case, words joined by hyphens."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in HEADING.findall(markdown)}


def broken_links() -> list[str]:
    """Relative links in Markdown whose file or heading is not there."""
    return [f"{path.relative_to(ROOT)}: {link}" for path in tracked("*.md") for link in missing_targets(path)]


def missing_targets(path: Path) -> Iterator[str]:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        if not target.exists():
            yield f"{link} is not there"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
            yield f"{link}: no such heading"


def too_long() -> list[str]:
    """Python files and functions beyond the size at which nobody reads them."""
    found = []
    for path in tracked("*.py", ":!*/migrations/versions/*"):  # those are generated, and never edited
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT)
        if (lines := text.count("\n")) > FILE_LINES:
            found.append(f"{name}: {lines} lines, at most {FILE_LINES}")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    found.append(f"{name}:{node.lineno}: {node.name} has {size} lines, at most {FUNCTION_LINES}")
    return found


def machine_paths() -> list[str]:
    """Paths of one machine in files that everyone gets."""
    found = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if MACHINE_PATHS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


CHECKS: dict[str, Callable[[], list[str]]] = {
    "format": tool("ruff format --check --output-format concise .", r"^\S+:\d+:\d+: unformatted"),
    "lint": tool("ruff check --output-format concise .", r"^\S+:\d+:\d+:"),
    "types": tool("mypy", r": error:"),
    "import rules": tool("lint-imports --no-cache", r" BROKEN$"),
    "doctests": tool(
        f"pytest --doctest-modules --ignore-glob=*/migrations/* -p no:cacheprovider {' '.join(PACKAGES)}",
        r"^(FAILED|ERROR)",
    ),
    "links": broken_links,
    "sizes": too_long,
    "machine paths": machine_paths,
}


def main() -> int:
    total = 0
    for name, check in CHECKS.items():
        began = time.monotonic()
        failures = check()
        total += len(failures)
        for failure in failures:
            print(f"  {failure}")
        print(f"{name}: {len(failures)} failures ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"make check: {total} failures in all")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())

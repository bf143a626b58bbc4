"""Which requirement of a public guide is shown by which test: tests carry the ids, `requirements.csv` decides each one.

`python -m tests.requirements_trace` writes the tests' names into the table anew and prints the page of it.
Source of the ids: requirement list of the SMART App Launch 2.2 test kit, github.com/inferno-framework
/smart-app-launch-test-kit (Apache-2.0), rows of the actor "Client" that are SHALL or SHALL NOT. Only ids, strength
and addresses are taken, never the sentences.
"""

from __future__ import annotations

import ast
import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS / "requirements.csv"
PAGE = TESTS.parent / "docs" / "reference" / "smart-requirements.md"
SET = "smart-app-launch_2.2_client"
BY_TEST, NOT_APPLICABLE, OPEN = "test", "not-applicable", "open"
COLUMNS = ("id", "strength", "url", "decision", "because")


@dataclass(frozen=True)
class Requirement:
    """One row; `because` holds the tests' names, or in words why it does not apply or is open."""

    id: str
    strength: str
    url: str
    decision: str
    because: str

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(self.because.split()) if self.decision == BY_TEST else ()


def read_table() -> tuple[Requirement, ...]:
    """The decisions as they stand."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(Requirement(**row) for row in csv.DictReader(lines))


def carried() -> dict[str, list[str]]:
    """Node ids (without parameters) of the tests that carry each requirement."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("*test*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = f"{path.relative_to(TESTS.parent)}::{node.name}"
                for number in _numbers(node):
                    found[f"{SET}@{number}"].append(name)
    return dict(found)


def _numbers(test: ast.FunctionDef) -> list[str]:
    marks = [each for each in test.decorator_list if isinstance(each, ast.Call)]
    told = [each for each in marks if ast.unparse(each.func) == "pytest.mark.requirement"]
    texts = [str(ast.literal_eval(argument)) for mark in told for argument in mark.args]
    return [number for text in texts if text.startswith(f"{SET}@") for number in text.partition("@")[2].split(",")]


def renewed() -> tuple[Requirement, ...]:
    """The table with the tests that carry the ids now; a requirement that no test carries any more becomes open."""
    tests = carried()
    rows = []
    for row in read_table():
        if row.id in tests:
            row = replace(row, decision=BY_TEST, because=" ".join(tests[row.id]))
        elif row.decision == BY_TEST:
            row = replace(row, decision=OPEN, because="no test shows it")
        rows.append(row)
    return tuple(rows)


def page(rows: tuple[Requirement, ...]) -> str:
    """The table as a page of the reference."""
    count = Counter(row.decision for row in rows)
    lines = [
        "# SMART App Launch 2.2: what an app must do, and where it is shown",
        "",
        "This page is printed from `tests/requirements.csv` (`python -m tests.requirements_trace`); "
        "a test fails when the two differ.",
        "",
        f"{len(rows)} mandatory requirements of the client: {count[BY_TEST]} shown by tests, "
        f"{count[NOT_APPLICABLE]} do not apply, {count[OPEN]} open.",
        "",
        "The ids are those of the requirement list that the Inferno test kit for the guide publishes; the address "
        "leads to the sentence itself. A test carries the ids it verifies: "
        f'`@pytest.mark.requirement("{SET}@41")`.',
        "",
        "| Id | Strength | Where | Decision | Shown by, or why not |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        number = row.id.partition("@")[2]
        names = (name.removeprefix("tests/").replace("::", " ") for name in row.tests)
        because = "<br>".join(f"`{name}`" for name in names) or row.because
        place = row.url.rpartition("/")[2]
        lines.append(f"| {number} | {row.strength} | [{place}]({row.url}) | {row.decision} | {because} |")
    return "\n".join(lines) + "\n"


def write(rows: tuple[Requirement, ...]) -> None:
    """Store table and page."""
    with TABLE.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([row.id, row.strength, row.url, row.decision, row.because] for row in rows)
    PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    write(renewed())

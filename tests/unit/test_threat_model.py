"""The threat model names code and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/explanation/threat-model.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line and "| rule |" not in line]


def test_every_rule_names_code_and_a_test() -> None:
    assert len(ROWS) > 25
    for row in ROWS:
        cells = row.strip("| ").split(" | ")
        assert len(cells) == 4, row
        assert "`smart_app/" in cells[2] or "`sandbox/" in cells[2], row
        assert "::test_" in cells[3], row


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`((?:smart_app|sandbox|tests)/[^`]+)`", TEXT))))
def test_what_is_named_exists(named: str) -> None:
    path, _, test = named.partition("::")
    assert (ROOT / path).is_file(), path
    if test:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), named

"""Reading the data files that ship with this package."""

from __future__ import annotations

import csv
import tomllib
from importlib.resources import files
from typing import Any


def packaged_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a packaged CSV file, e.g. "releases/kva.csv"."""
    text = (files("terminology") / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def packaged_toml(name: str) -> dict[str, Any]:
    """A packaged TOML file."""
    return tomllib.loads((files("terminology") / name).read_text(encoding="utf-8"))

"""Reading the data files that ship with the rules."""

from __future__ import annotations

import csv
import tomllib
from importlib.resources import files
from typing import Any

from risk.errors import CatalogueFault


def packaged_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a packaged CSV file, e.g. "figures/national_2017.csv"."""
    text = (files("risk") / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def packaged_toml(name: str) -> dict[str, Any]:
    """A packaged TOML file.

    Raises:
        CatalogueFault: the file is not TOML.
    """
    try:
        return tomllib.loads((files("risk") / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise CatalogueFault(file=name, key="-", reason=str(wrong)) from wrong


def packaged_names(folder: str, ending: str) -> tuple[str, ...]:
    """Names of the files in a packaged folder that end so, ascending."""
    return tuple(sorted(one.name for one in (files("risk") / folder).iterdir() if one.name.endswith(ending)))

"""The folder that `sickleave models` keeps: a register of who did what, and one folder per imported set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from risk.errors import ModelFileFault
from risk.model_register import Event, Step
from risk.model_set import ModelSet, load_set

REGISTER = "register.json"


def read_register(folder: Path) -> tuple[Event, ...]:
    """Every step taken, oldest first; none when nothing was imported yet.

    Raises:
        ModelFileFault: the register is there and cannot be read.
    """
    path = folder / REGISTER
    if not path.exists():
        return ()
    try:
        return tuple(_event(row) for row in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise ModelFileFault(file=REGISTER, reason=f"{type(wrong).__name__}: {wrong}") from wrong


def write_register(folder: Path, events: Sequence[Event]) -> None:
    """Put the register in the place of the one before, whole or not at all."""
    rows = [{name: value for name, value in asdict(event).items() if value is not None} for event in events]
    aside = folder / f"{REGISTER}.new"
    aside.write_text(json.dumps(rows, indent=1, default=str) + "\n", encoding="utf-8")
    aside.replace(folder / REGISTER)


def place_of(folder: Path, model_set: str, version: str) -> Path:
    """Where a set lies.

    Raises:
        ModelFileFault: id or version cannot name a folder.
    """
    name = f"{model_set}-{version}"
    if not name.replace("-", "").replace(".", "").replace("_", "").isalnum() or name.startswith("."):
        raise ModelFileFault(file="set.json", reason=f"id or version of {name} cannot name a folder")
    return folder / name


def sum_of(folder: Path) -> str:
    """SHA-256 of a set's set.json, which holds the sums of all its other files.

    Raises:
        ModelFileFault: it cannot be read.
    """
    try:
        return hashlib.sha256((folder / "set.json").read_bytes()).hexdigest()
    except OSError as missing:
        raise ModelFileFault(file=f"{folder.name}/set.json", reason="cannot be read") from missing


def imported_set(folder: Path, events: Sequence[Event], wanted: Event) -> ModelSet:
    """The set of an activation, every file of it read, and the same as when it was imported.

    Raises:
        ModelFileFault: a file is missing, changed, or no model.
    """
    place = place_of(folder, wanted.model_set, wanted.version)
    key = (wanted.model_set, wanted.version)
    sums = [one.sha256 for one in events if one.step is Step.IMPORTED and (one.model_set, one.version) == key]
    if sum_of(place) not in sums:
        raise ModelFileFault(file=f"{place.name}/set.json", reason="changed since it was imported (sha256 differs)")
    return whole(place)


def whole(folder: Path) -> ModelSet:
    """A set with every file of it read, so that a damaged one is found now and not at a patient.

    Raises:
        ModelFileFault: no set there, or one of its files is missing, changed, or no model.
    """
    found = load_set(folder)
    for key in found.listed:
        found.model(key)
    return found


def _event(row: dict[str, str]) -> Event:
    return Event(
        Step(row["step"]),
        row["model_set"],
        row["version"],
        row["by"],
        date.fromisoformat(row["on"]),
        date.fromisoformat(row["since"]) if "since" in row else None,
        row.get("sha256"),
    )

"""A diagnosis key stands in every file that has to know it; which one lacks it is said by name."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/how-to/add-a-diagnosis.md").read_text(encoding="utf-8")
KEYS = (
    "risk/figures/questions.csv",
    "terminology/releases/icd_10_se_titles.csv",
    "risk/catalogue/",
    "risk/training/tables/reference.csv",
    "risk/training/tables/effects.csv",
    "risk/models/simulated-2026/set.json",
    "docs/reference/models/",
)
GROUPS = ("risk/figures/national_2017.csv", "risk/training/tables/persons_2015.csv")
SUB_DIAGNOSES = ("risk/training/tables/levels.toml",)
NO_KEYS = {"ALL", "README", "interventions", "choice"}


def standing_in(place: str) -> set[str]:
    """The keys that a file or a folder knows."""
    path = ROOT / place
    if path.is_dir():
        found = {each.stem for each in path.iterdir()}
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as lines:
            found = {next(iter(row.values())) for row in csv.DictReader(lines)}
    elif path.suffix == ".json":
        found = set(json.loads(path.read_text(encoding="utf-8"))["keys"])
    else:
        found = set(tomllib.loads(path.read_text(encoding="utf-8"))["shares"])
    return found - NO_KEYS


def test_a_key_is_everywhere_or_nowhere() -> None:
    keys = set().union(*map(standing_in, KEYS))
    groups, subs = {key for key in keys if len(key) == 3}, {key for key in keys if len(key) > 3}
    wanted = {**dict.fromkeys(KEYS, keys), **dict.fromkeys(GROUPS, groups), **dict.fromkeys(SUB_DIAGNOSES, subs)}
    wrong = []
    for place, needed in wanted.items():
        there = standing_in(place)
        wrong += [f"{place} lacks {key}" for key in sorted(needed - there)]
        wrong += [f"{place} has {key}, which is no key" for key in sorted(there - needed)]
    assert not wrong, "\n".join(("docs/how-to/add-a-diagnosis.md tells what a key needs", *wrong))


def test_the_how_to_names_every_file() -> None:
    assert [place for place in (*KEYS, *GROUPS, *SUB_DIAGNOSES) if f"`{place}" not in HOW_TO] == []

"""The long runs of the verbs: a million persons simulated, a region's rows from simulation to report; time and memory.

python -m bench.full_risk million region bench
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from bench.__main__ import figures
from risk.columns import LEVELS, key_questions
from smart_app.cli.simulate import TYPES

Found = dict[str, Any]
_IN_NO_CHART = ("edu_cat_fct", "birth_cat_fct", "DP_atStart")
# a small process between: a child's highest memory begins with that of the one it was forked from
_WATCH = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], check=True)
seconds = round(time.perf_counter() - began, 1)
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu, memory = round(spent.ru_utime + spent.ru_stime, 1), spent.ru_maxrss // 1024
print("\\n" + json.dumps({"seconds": seconds, "cpu_seconds": cpu, "peak_memory_mb": memory}), flush=True)
"""


def million(seed: int = 7) -> Found:
    """Persons as rows and as FHIR: memory must not grow with their number.

    The FHIR files (15 GB for a million) are links to /dev/null: everything is made and written, nothing is stored.
    """
    found: Found = {"seed": seed, "rows": {}, "fhir": {}}
    for form, counts in (("rows", (100_000, 1_000_000)), ("fhir", (10_000, 200_000, 1_000_000))):
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                for kind in TYPES:
                    (Path(folder) / f"{kind}.ndjson").symlink_to("/dev/null")
                words = ("--patients", str(count), "--seed", str(seed), "--format", form)
                said, spent = _verb("simulate", *words, "--out", folder)
            found[form][str(count)] = {"written": said["written"], **spent}
    return found


def region(persons: int = 30_000, seed: int = 4) -> Found:
    """What a region does: rows, a set by person and one in time, an evaluation with report and cards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = ("--rows", str(folder / "made" / "rows.csv"))
        made, simulate = _verb(
            "simulate", "--patients", str(persons), "--seed", str(seed), "--out", str(folder / "made")
        )
        found, train = _verb("train", *rows, "--out", str(folder / "set"), "--name", "region-x")
        later, in_time = _verb(
            "train", *rows, "--out", str(folder / "later"), "--name", "region-x", "--split-on", "2022-07-01"
        )
        _take_away(folder / "made" / "rows.csv", folder / "holes.csv", seed)
        words = ("--rows", str(folder / "holes.csv"), "--out", str(folder / "holed"), "--name", "region-x")
        holed, with_holes = _verb("train", *words)
        new = _verb("simulate", "--patients", str(persons), "--seed", str(seed + 1), "--out", str(folder / "new"))[0]
        told = (
            "--models",
            str(folder / "set"),
            "--report",
            str(folder / "report.html"),
            "--cards",
            str(folder / "cards"),
        )
        fresh, evaluate = _verb("evaluate", "--rows", str(folder / "new" / "rows.csv"), *told)
        size = (folder / "report.html").stat().st_size
    return {
        "seed": seed,
        "cases": made["written"]["rows.csv"],
        "spent": {
            "simulate": simulate,
            "train": train,
            "train_in_time": in_time,
            "train_with_holes": with_holes,
            "evaluate": evaluate,
        },
        "models": len(found["keys"]),
        "left_out": found["left_out"],
        "leaning": found["leaning"],
        "held_out_by_person": _short(found),
        "held_out_in_time": _short(later),
        "fresh_cases": {"cases": new["written"]["rows.csv"], **_short({"overall": fresh["overall"]["region-x"]})},
        "difference_on_fresh_cases": fresh["differences"],
        "without_sensitive": found["without_sensitive"],
        "with_holes": {
            "models": len(holed["keys"]),
            "not_used": holed["not_used"],
            "held_out_by_person": _short(holed),
        },
        "report_bytes": size,
    }


def _take_away(rows: Path, out: Path, seed: int) -> None:
    """The rows as a record holds them: three columns told in 3 of 100 cases, a tenth of all other answers missing."""
    chance = Random(seed)
    with rows.open(encoding="utf-8", newline="") as source, out.open("w", encoding="utf-8", newline="") as target:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(target, reader.fieldnames or ())
        writer.writeheader()
        for row in reader:
            for name in LEVELS:
                if chance.random() < (0.97 if name in _IN_NO_CHART else 0.1):
                    row[name] = ""
            writer.writerow(row)


def bench(rows: int = 100_000, unknown: float = 0.25, seed: int = 1) -> Found:
    """The figures of `make bench ARGS="--only risk"`, and `risk --rows` with holes in a process of its own."""
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        asked, answered = Path(name) / "in.csv", Path(name) / "out.csv"
        with asked.open("w", encoding="utf-8", newline="") as target:
            lines = csv.writer(target, lineterminator="\n")
            lines.writerow(("icd10", *LEVELS))
            for key in random.choice(sorted(key_questions()), rows):
                open_ = random.random(len(LEVELS)) < unknown
                said = (random.choice(levels) for levels in LEVELS.values())
                lines.writerow([key, *("" if no else one for no, one in zip(open_, said, strict=True))])
        _, spent = _verb("risk", "--rows", str(asked), "--out", str(answered))
    return {
        "seed": seed,
        "load_before": round(os.getloadavg()[0], 2),
        "figures": [figure.as_json() for figure in figures("risk", 7)],
        "rows_with_holes": {"rows": rows, "unknown_share": unknown, **spent},
    }


def _short(found: Found) -> Found:
    side = found["overall"]
    at_90 = {name: side["90"][name] for name in ("auc", "brier", "slope", "intercept")}
    return {"c_index": side["c_index"], "integrated_brier": side["integrated_brier"], "day_90": at_90}


def _verb(*words: str) -> tuple[Found, Found]:
    """One verb with --json in a process of its own: what it printed, and its time and highest memory."""
    command = [sys.executable, "-m", "smart_app.cli", *words, "--json"]
    done = subprocess.run([sys.executable, "-c", _WATCH, *command], stdout=subprocess.PIPE, check=True)
    said, _, spent = done.stdout.rpartition(b"\n\n")
    return json.loads(said), json.loads(spent)

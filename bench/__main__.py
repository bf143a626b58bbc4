"""`make bench`: runs every bench/bench_*.py, prints one table and writes build/bench.json.

Each module has `pairs()`, which yields `bench.pair.Pair`s (or `figures(rounds)`, when both sides come from one run).
The two sides of a pair take turns (A B A B ...), so that what else the machine does falls on both; each side's figure
is the median of 7 rounds, its spread half the range over it. Where both are asked over HTTP, "carriage" is an exchange
with a process that looks at nothing, and "beyond" the ratio of what the two take beyond it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench.pair import Figure, Pair, measure

HERE = Path(__file__).parent
OUT = HERE.parent / "build" / "bench.json"
COLUMNS = "{:<46} {:>14} {:>14} {:>8} {:>9} {:>12} {:>9} {:>8}"


def figures(only: str, rounds: int) -> list[Figure]:
    """Measures every pair of every module whose name contains `only`."""
    found = []
    for path in sorted(HERE.glob("bench_*.py")):
        if only not in path.stem:
            continue
        module = import_module(f"bench.{path.stem}")
        measured = module.figures(rounds) if hasattr(module, "figures") else taken_in_turn(module.pairs(), rounds)
        for figure in measured:
            found.append(figure)
            print(row(figure), flush=True)
    return found


def taken_in_turn(pairs: Iterable[Pair], rounds: int) -> Iterator[Figure]:
    """Each pair, measured as it comes: a module may keep things open between them."""
    for pair in pairs:
        yield measure(pair, rounds=rounds)


def row(figure: Figure) -> str:
    """One line of the table."""
    rate = f"{figure.per_second:,.0f} {figure.unit}/s" if figure.unit else ""
    ours, against = f"{figure.ours_ms:,.3f} ms", f"{figure.against_ms:,.3f} ms"
    carriage, beyond = (
        ("", "") if figure.carriage_ms is None else (f"{figure.carriage_ms:,.3f} ms", f"{figure.beyond_carriage:.2f}")
    )
    spread = f"±{figure.spread:.0%}"
    return COLUMNS.format(figure.name, ours, against, f"{figure.ratio:.2f}", spread, rate, carriage, beyond).rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="", help="part of a module's name")
    parser.add_argument("--quick", action="store_true", help="one round: proves that every figure can be taken")
    asked = parser.parse_args()
    rounds = 1 if asked.quick else 7
    print(COLUMNS.format("figure", "ours", "against", "ratio", "spread", "rate", "carriage", "beyond").rstrip())
    found = figures(asked.only, rounds)
    OUT.parent.mkdir(exist_ok=True)
    taken = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "rounds": rounds,
        "figures": [figure.as_json() for figure in found],
    }
    OUT.write_text(json.dumps(taken, indent=2) + "\n", encoding="utf-8")
    print(f"{len(found)} figures, median of {rounds}: {OUT.relative_to(HERE.parent)}")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())

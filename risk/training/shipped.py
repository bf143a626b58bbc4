"""The set that ships: fitted on made-up cases, `python -m risk.training.shipped`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from risk.columns import key_questions
from risk.model_set import SHIPPED
from risk.training.export import write_set
from risk.training.make_set import SIMULATED_ABOUT, make_set, simulated_rows

SEED, CASES_PER_KEY, HELD_OUT_PER_KEY = 20260, 160_000, 60_000
FOLDER = Path(__file__).parent.parent / "models" / SHIPPED


def main() -> int:
    """Simulate, fit, measure on other cases, write."""
    keys = tuple(key_questions())
    rows = simulated_rows(keys, CASES_PER_KEY, SEED)
    held_out = simulated_rows(keys, HELD_OUT_PER_KEY, SEED + 1, censored=0.0)
    found = make_set(rows, held_out, seed=SEED, progress=lambda key, done, of: print(f"{key} {done}/{of}", flush=True))
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    made = {
        "seed": SEED,
        "held_out_seed": SEED + 1,
        "cases_per_key": CASES_PER_KEY,
        "held_out_per_key": HELD_OUT_PER_KEY,
        "commit": commit.stdout.strip(),
    }
    write_set(FOLDER, found.models, about=SIMULATED_ABOUT, made=made)
    return 0


if __name__ == "__main__":
    sys.exit(main())

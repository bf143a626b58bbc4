"""`sickleave simulate`: made-up persons as training rows or as FHIR NDJSON, streamed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import typer

from risk.training.histories import histories
from risk.training.persons import simulated_persons
from risk.training.rows import CaseRows, in_rows
from smart_app.cli.output import DONE, REFUSED, print_json
from smart_app.cli.simulated_fhir import of_case, of_person

TYPES = ("Patient", "Condition", "Encounter", "QuestionnaireResponse")


def run(patients: int, seed: int, out: Path, *, form: str, as_json: bool) -> int:
    """Write the persons into the folder `out`; memory does not grow with their number."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        blocks = _shown(simulated_persons(patients, seed), patients, quiet=as_json)
        counts = _as_rows(blocks, out) if form == "rows" else _as_fhir(blocks, out, seed)
    except OSError as fault:
        typer.echo(f"{out}: {fault}", err=True)
        return REFUSED
    document = {"persons": patients, "seed": seed, "format": form, "folder": str(out), "written": counts}
    if as_json:
        print_json(document)
    else:
        typer.echo(", ".join(f"{count} in {name}" for name, count in counts.items()) + f"  ({out}, seed {seed})")
    return DONE


def _shown(blocks: Iterator[CaseRows], persons: int, *, quiet: bool) -> Iterator[CaseRows]:
    if quiet:
        yield from blocks
        return
    with typer.progressbar(length=-(-persons // 20_000), label="simulating", file=None) as bar:
        for block in blocks:
            yield block
            bar.update(1)


def _as_rows(blocks: Iterator[CaseRows], out: Path) -> dict[str, int]:
    count = 0
    with (out / "rows.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        for number, block in enumerate(blocks):
            lines = in_rows(block)
            header = next(lines)
            if number == 0:
                writer.writerow(header)
            writer.writerows(lines)
            count += len(block.rows)
    return {"rows.csv": count}


def _as_fhir(blocks: Iterator[CaseRows], out: Path, seed: int) -> dict[str, int]:
    counts = dict.fromkeys(TYPES, 0)
    with ExitStack() as open_files:
        files = {name: open_files.enter_context((out / f"{name}.ndjson").open("wb")) for name in TYPES}
        for block in blocks:
            written: set[str] = set()
            for history in histories(block, seed):
                person = () if history.person_id in written else of_person(history)
                written.add(history.person_id)
                for resource in (*person, *of_case(history)):
                    kind = resource["resourceType"]
                    files[kind].write(orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE))
                    counts[kind] += 1
    return counts

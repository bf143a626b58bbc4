"""`sickleave simulate`, `train` and `evaluate`: from made-up or a region's own rows to a model set that is measured."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from smart_app.cli.output import wrong_use
from smart_app.cli.verbs.options import Json

making = typer.Typer()
Against = Annotated[
    str | None,
    typer.Option(help="Measure against these models too: as SICKLEAVE_MODELS, which is taken when left out."),
]


@making.command(epilog="Example: sickleave simulate --patients 10000 --seed 1 --out made-up --format rows")
def simulate(
    patients: Annotated[int, typer.Option(min=1, help="How many persons.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same persons.")],
    out: Annotated[Path, typer.Option(help="Folder to write into.")],
    form: Annotated[str, typer.Option("--format", help="rows (for train and evaluate) or fhir (NDJSON).")] = "rows",
    json: Json = False,
) -> None:
    """Make a population that does not exist: cases with certificates, or rows to train on."""
    if form not in ("rows", "fhir"):
        wrong_use(f"--format must be rows or fhir, not {form}")
    from smart_app.cli.simulate import run

    sys.exit(run(patients, seed, out, form=form, as_json=json))


@making.command(epilog="Example: sickleave train --rows made-up/rows.csv --out my-models --name region-x")
def train(
    rows: Annotated[Path, typer.Option(help="CSV, one case per row; see docs/how-to/train-your-own.md.")],
    out: Annotated[Path, typer.Option(help="Folder for the model set.")],
    name: Annotated[str, typer.Option(help="Id of the set.")] = "own",
    version: Annotated[str, typer.Option(help="Its version; one version is imported once.")] = "1",
    seed: Annotated[int, typer.Option(min=0, help="Of the persons held out and the draws.")] = 1,
    split_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Validation in time: fit on what was known on this day, measure on cases begun later. "
            "A fifth of the persons is held out when left out.",
        ),
    ] = None,
    against: Against = None,
    json: Json = False,
) -> None:
    """Fit a model set on a region's own rows and measure it; a wrong row is named and nothing is trained."""
    from smart_app.cli.train import run

    day = split_on.date() if split_on else None
    sys.exit(run(rows, out, seed=seed, name=name, version=version, split_on=day, against=against, as_json=json))


@making.command(epilog="Example: sickleave evaluate --rows made-up/rows.csv --models my-models --report report.html")
def evaluate(
    rows: Annotated[Path, typer.Option(help="CSV, one case per row, with known outcome.")],
    models_folder: Annotated[Path, typer.Option("--models", help="Folder of the model set, or the shipped one's id.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only cases begun on this day or later.")
    ] = None,
    against: Against = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page here.")] = None,
    cards: Annotated[Path | None, typer.Option(help="Write a Markdown card per diagnosis into this folder.")] = None,
    json: Json = False,
) -> None:
    """Measure a model set on rows: how sharp and how right, by groups of people, against others."""
    from smart_app.cli.evaluate import run

    day = since.date() if since else None
    sys.exit(run(rows, models_folder, since=day, against=against, out=report, cards=cards, as_json=json))

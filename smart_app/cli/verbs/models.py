"""`sickleave models list|import|activate|rollback|recalibrate|follow-up`: which model gives the figures."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from smart_app.cli.output import wrong_use
from smart_app.cli.verbs.options import Json

models = typer.Typer(help="Which model gives the figures.", no_args_is_help=True)

ModelsFolder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="Where imported sets and their register lie; else SICKLEAVE_MODELS, when it is one; else var/models.",
    ),
]


@models.command("list", epilog="Example: sickleave models list --json")
def models_list(json: Json = False) -> None:
    """Which models are there and which is in force."""
    from smart_app.cli.models_list import list_models

    sys.exit(list_models(as_json=json))


@models.command("import", epilog="Example: sickleave models import my-models --by anna.ek")
def models_import(
    source: Annotated[Path, typer.Argument(help="Folder of a set, or a neutral JSON of models fitted elsewhere.")],
    by: Annotated[str, typer.Option(help="Who does it.")],
    folder: ModelsFolder = None,
    name: Annotated[str | None, typer.Option(help="Id for models from a neutral JSON.")] = None,
    json: Json = False,
) -> None:
    """Check a model set and copy it in; it does not answer before somebody else activates it."""
    from smart_app.cli.models import bring_in

    sys.exit(bring_in(source, folder, by=by, name=name, as_json=json))


@models.command("activate", epilog="Example: sickleave models activate region-x 1 --by bo.alm --from 2027-01-01")
def models_activate(
    model_set: Annotated[str, typer.Argument(help="Id of the set.")],
    version: Annotated[str, typer.Argument(help="Its version.")],
    by: Annotated[str, typer.Option(help="Who approves; not the person who imported it.")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day in force; today if left out.")
    ] = None,
    folder: ModelsFolder = None,
    json: Json = False,
) -> None:
    """Approve an imported set, from a day."""
    from smart_app.cli.models import activate

    sys.exit(activate(model_set, version, folder, by=by, since=since.date() if since else None, as_json=json))


@models.command("rollback", epilog="Example: sickleave models rollback --by bo.alm")
def models_rollback(
    by: Annotated[str, typer.Option(help="Who does it.")],
    which: Annotated[
        tuple[str, str] | None, typer.Option("--set", help="Id and version; also one that is yet to come into force.")
    ] = None,
    folder: ModelsFolder = None,
    json: Json = False,
) -> None:
    """Take the set in force back; the one before answers again."""
    from smart_app.cli.models import roll_back

    sys.exit(roll_back(folder, by=by, which=which, as_json=json))


@models.command("recalibrate", epilog="Example: sickleave models recalibrate my-models --rows cases.csv --out moved")
def models_recalibrate(
    source: Annotated[Path, typer.Argument(help="Folder of a set, or the id of the shipped one.")],
    rows: Annotated[Path, typer.Option(help="CSV, one case per row; see docs/how-to/train-your-own.md.")],
    out: Annotated[Path, typer.Option(help="Folder for the moved set.")],
    version: Annotated[str, typer.Option(help="Version of the moved set.")] = "1",
    json: Json = False,
) -> None:
    """Move the level of each diagnosis to a region's own cases; effects stay."""
    from smart_app.cli.models import recalibrate

    sys.exit(recalibrate(source, rows, out, version=version, as_json=json))


@models.command("follow-up", epilog="Example: sickleave models follow-up --since 2026-01-01 --html follow-up.html")
def models_follow_up(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Predictions made from this day.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Predictions made up to this day, included.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="HSA-id of one care unit; all when left out.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write one HTML page here.")] = None,
    language: Annotated[str, typer.Option(help="sv or en.")] = "en",
    json: Json = False,
) -> None:
    """Compare kept predictions with what came, per diagnosis, sex, age, unit and own view; exit 1 when they drift."""
    if language not in ("sv", "en"):
        wrong_use(f"--language must be sv or en, not {language}")
    if since is not None and until is not None and since > until:
        wrong_use("--since must not be after --until")
    from smart_app.cli.follow_up import run

    first, last = since.date() if since else None, until.date() if until else None
    sys.exit(run(since=first, until=last, unit=unit, html=html, language=language, as_json=json))

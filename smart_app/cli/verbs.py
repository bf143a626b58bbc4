"""Every verb of `sickleave`: its words and options; the work stands in the modules that are imported when it runs."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from smart_app import VERSION
from smart_app.cli.output import wrong_use

app = typer.Typer(
    name="sickleave",
    help="Finds the sick leaves at risk of becoming long, and plans the way back. It advises; the physician decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
outbox = typer.Typer(help="What waits to be written to the EHRs.", no_args_is_help=True)
token = typer.Typer(help="Bearer tokens for our own FHIR API.", no_args_is_help=True)
terminology = typer.Typer(help="KVÅ and ICD-10-SE over the years.", no_args_is_help=True)
models = typer.Typer(help="Which model gives the figures.", no_args_is_help=True)
keys = typer.Typer(help="Our own key pairs, which EHRs know us by.", no_args_is_help=True)
app.add_typer(outbox, name="outbox")
app.add_typer(token, name="token")
app.add_typer(terminology, name="terminology")
app.add_typer(models, name="models")
app.add_typer(keys, name="keys")

ModelsFolder = Annotated[Path, typer.Option("--folder", help="Where imported sets and their register lie.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, logs on stderr.")]
SystemName = Annotated[str, typer.Option("--system", help="kva or icd-10-se.")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Day asked about; today if left out.")]


def _version(value: bool) -> None:
    if value:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    del version


@app.command(epilog="Example: SICKLEAVE_BASE_URL=https://sickleave.region.example sickleave serve --port 8000")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Run the service (settings in the environment, see the README)."""
    from smart_app.cli.serve import run

    run(host, port)


@app.command(epilog="Example: sickleave demo --once --json")
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the first launch.")] = False,
    json: Json = False,
    ehr: Annotated[
        str, typer.Option(help="practice, or hapi (a HAPI server on 127.0.0.1:8090 behind it).")
    ] = "practice",
    port: Annotated[int, typer.Option(help="Port of the service.")] = 8000,
    ehr_port: Annotated[int, typer.Option(help="Port of the practice EHR.")] = 8001,
) -> None:
    """Start the practice EHR and the service, perform one real EHR launch and show what came of it."""
    if ehr not in ("practice", "hapi"):
        wrong_use(f"--ehr must be practice or hapi, not {ehr}")
    from smart_app.cli.demo import run

    sys.exit(run(once=once, as_json=json, with_hapi=ehr == "hapi", port=port, ehr_port=ehr_port))


@app.command(
    epilog="Example: sickleave assess --ehr https://ehr.region.example/fhir --unit SE2321000016-1003 --dry-run"
)
def assess(
    ehr: Annotated[str, typer.Option(help="FHIR base, as in the issuers file.")],
    patient: Annotated[str | None, typer.Option(help="Patient id at the EHR.")] = None,
    unit: Annotated[str | None, typer.Option(help="HSA-id or Organization id of the care unit.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compute; write nothing, keep nothing.")] = False,
    json: Json = False,
) -> None:
    """Assess one patient, or every patient with an ongoing certificate at a unit, as a backend service."""
    if (patient is None) == (unit is None):
        wrong_use("give either --patient ID or --unit ID")
    from smart_app.cli.assess import run

    sys.exit(run(ehr=ehr, patient=patient, unit=unit, dry_run=dry_run, as_json=json))


@app.command(epilog="Example: sickleave risk --diagnosis F32 --sex female --age 45 --day 37 --json")
def risk(
    diagnosis: Annotated[str | None, typer.Option(help="ICD-10-SE code.")] = None,
    sex: Annotated[str | None, typer.Option(help="female or male.")] = None,
    age: Annotated[int | None, typer.Option(min=0, max=120, help="In years.")] = None,
    day: Annotated[int, typer.Option(min=1, help="Day of the case.")] = 15,
    answer: Annotated[
        list[str] | None, typer.Option(help="COLUMN=LEVEL, as in --rows; may be repeated. What is not said is unknown.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Id from `models list`, or the folder of a set; those in force when left out.")
    ] = None,
    rows: Annotated[Path | None, typer.Option(help="CSV with one case per row.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the scored rows go.")] = None,
    json: Json = False,
) -> None:
    """The curve and the risk beyond day 90, 180 and 365 for one case, or for every row of a file."""
    from smart_app.cli.risk import one_case, scored_rows

    if rows is not None:
        if out is None or diagnosis is not None:
            wrong_use("--rows goes with --out, and without --diagnosis")
        sys.exit(scored_rows(rows, out, model=model))
    if diagnosis is None:
        wrong_use("give --diagnosis CODE, or --rows FILE --out FILE")
    sys.exit(one_case(diagnosis, sex=sex, age=age, day=day, as_json=json, answers=answer or (), model=model))


@app.command("check-ehr", epilog="Example: sickleave check-ehr --ehr https://ehr.region.example/fhir")
def check_ehr(
    ehr: Annotated[str, typer.Option(help="FHIR base, as in the issuers file.")],
    json: Json = False,
) -> None:
    """Try what this service needs of an EHR, and say what is missing; reads only."""
    from smart_app.cli.check_ehr import run

    sys.exit(run(ehr, as_json=json))


@app.command(epilog="Example: sickleave audit --json")
def audit(json: Json = False) -> None:
    """Verify that no row of the audit trail was changed or taken out."""
    from smart_app.cli.upkeep import verify_audit

    sys.exit(verify_audit(as_json=json))


@app.command(epilog="Example: sickleave purge --json    (daily, from cron or a systemd timer)")
def purge(json: Json = False) -> None:
    """Delete what retention says has been kept long enough."""
    from smart_app.cli.upkeep import purge_old

    sys.exit(purge_old(as_json=json))


@outbox.command("run", epilog="Example: sickleave outbox run --once")
def outbox_run(
    once: Annotated[bool, typer.Option("--once", help="Deliver what is due, then stop.")] = False,
    json: Json = False,
) -> None:
    """Deliver what waits, until stopped."""
    from smart_app.cli.outbox import run

    sys.exit(run(once=once, as_json=json))


@outbox.command("list", epilog="Example: sickleave outbox list --json")
def outbox_list(json: Json = False) -> None:
    """What waits, what is parked and why (no patient data)."""
    from smart_app.cli.outbox import listing

    sys.exit(listing(as_json=json))


@outbox.command("retry", epilog="Example: sickleave outbox retry 17")
def outbox_retry(number: Annotated[int, typer.Argument(help="Number from `outbox list`.")], json: Json = False) -> None:
    """Send a parked entry again."""
    from smart_app.cli.outbox import retry

    sys.exit(retry(number, as_json=json))


@token.command(
    "create",
    epilog="Example: sickleave token create --client bi --unit SE2321000016-1003 --scope system/Task.rs --days 90",
)
def token_create(
    client: Annotated[str, typer.Option(help="Who will use it.")],
    unit: Annotated[str, typer.Option(help="HSA-id of the care unit.")],
    scope: Annotated[str, typer.Option(help="SMART scopes, for instance `system/Task.rs system/CarePlan.rs`.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")],
    provider: Annotated[str | None, typer.Option(help="HSA-id of the care provider; asked for when not known.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Issuer id; needed when the issuers file has several.")] = None,
    json: Json = False,
) -> None:
    """Make a bearer token for our own FHIR API; it is shown once and stored as a digest."""
    from smart_app.cli.token import create

    sys.exit(create(client, unit, scope, days, provider=provider, issuer=issuer, as_json=json))


@terminology.command("lookup", epilog="Example: sickleave terminology lookup --system kva DV077 --on 2021-06-01 --json")
def terminology_lookup(
    code: Annotated[str, typer.Argument(help="Code, in any spelling.")],
    system: SystemName,
    on: Day = None,
    json: Json = False,
) -> None:
    """Text of a code on a day; exit 1 with the reason when it did not exist that day, or its text is not known."""
    from smart_app.cli.terminology import lookup

    sys.exit(lookup(code, system, on=on.date() if on else None, as_json=json))


@terminology.command(
    "history", epilog="Example: sickleave terminology history plan-made --since 2020-01-01 --until 2024-12-31"
)
def terminology_history(
    subject: Annotated[str, typer.Argument(help="A code, or a code family such as plan-made or coordination.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day.")],
    system: SystemName = "kva",
    accept_inferred: Annotated[
        bool, typer.Option("--accept-inferred", help="Join also over changes that are only concluded.")
    ] = False,
    json: Json = False,
) -> None:
    """Texts and validity over the years, and which days may be counted together, or why not."""
    from smart_app.cli.terminology import tell

    sys.exit(
        tell(
            subject,
            system,
            since=since.date(),
            until=until.date(),
            accept_inferred=accept_inferred,
            as_json=json,
        )
    )


@terminology.command("search", epilog="Example: sickleave terminology search --system kva rehab plan")
def terminology_search(
    words: Annotated[
        list[str], typer.Argument(help="Words in Swedish, with or without accents, or a code's beginning.")
    ],
    system: SystemName,
    on: Day = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    json: Json = False,
) -> None:
    """Codes whose text has all the words, closest first."""
    from smart_app.cli.terminology import find

    sys.exit(find(" ".join(words), system, on=on.date() if on else None, count=count, as_json=json))


@terminology.command(
    "import", epilog="Example: sickleave terminology import --system icd-10-se --release 2024 icd-10-se-2024.txt"
)
def terminology_import(
    file: Annotated[Path, typer.Argument(help="Official file: text, .xlsx or ClaML.", exists=True, dir_okay=False)],
    system: SystemName,
    release: Annotated[str, typer.Option(help="The edition, usually its year.")],
    begins: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day it holds; else the first of January."),
    ] = None,
    unjudged: Annotated[
        str, typer.Option(help="When nobody has judged a change: stop, or mark it and cut trends there.")
    ] = "stop",
    sheet: Annotated[str | None, typer.Option(help="The only sheet to read.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of the release imported before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Read an official file as one release: whole or not at all, with what changed since the release before."""
    from smart_app.cli.terminology_import import run

    sys.exit(
        run(
            file,
            system,
            release,
            first_day=begins.date() if begins else None,
            unjudged=unjudged,
            sheet=sheet,
            replace=replace,
            dry_run=dry_run,
            as_json=json,
        )
    )


@keys.command("list", epilog="Example: sickleave keys list --json")
def keys_list(json: Json = False) -> None:
    """Which keys are published, and which of them sign."""
    from smart_app.cli.keys import show

    sys.exit(show(as_json=json))


@keys.command("rotate", epilog="Example: sickleave keys rotate --alg ES384")
def keys_rotate(
    alg: Annotated[str | None, typer.Option("--alg", help="RS384 or ES384; both if left out.")] = None,
    json: Json = False,
) -> None:
    """Make new pairs that sign from now on; the ones before stay published for a day. The service need not stop."""
    from smart_app.cli.keys import rotate

    sys.exit(rotate(alg, as_json=json))


@models.command("list", epilog="Example: sickleave models list --json")
def models_list(json: Json = False) -> None:
    """Which models are there and which is in force."""
    from smart_app.cli.risk import list_models

    sys.exit(list_models(as_json=json))


@models.command("import", epilog="Example: sickleave models import my-models --by anna.ek")
def models_import(
    source: Annotated[Path, typer.Argument(help="Folder of a set, or a neutral JSON of models fitted elsewhere.")],
    by: Annotated[str, typer.Option(help="Who does it.")],
    folder: ModelsFolder = Path("var/models"),
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
    folder: ModelsFolder = Path("var/models"),
    json: Json = False,
) -> None:
    """Approve an imported set, from a day."""
    from smart_app.cli.models import activate

    sys.exit(activate(model_set, version, folder, by=by, since=since.date() if since else None, as_json=json))


@models.command("rollback", epilog="Example: sickleave models rollback --by bo.alm")
def models_rollback(
    by: Annotated[str, typer.Option(help="Who does it.")],
    folder: ModelsFolder = Path("var/models"),
    json: Json = False,
) -> None:
    """Take the set in force back; the one before answers again."""
    from smart_app.cli.models import roll_back

    sys.exit(roll_back(folder, by=by, as_json=json))


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


@app.command(epilog="Example: sickleave simulate --patients 10000 --seed 1 --out made-up --format rows")
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


@app.command(epilog="Example: sickleave train --rows made-up/rows.csv --out my-models --name region-x")
def train(
    rows: Annotated[Path, typer.Option(help="CSV, one case per row; see docs/how-to/train-your-own.md.")],
    out: Annotated[Path, typer.Option(help="Folder for the model set.")],
    name: Annotated[str, typer.Option(help="Id of the set.")] = "own",
    seed: Annotated[int, typer.Option(min=0, help="Of the persons held out and the draws.")] = 1,
    json: Json = False,
) -> None:
    """Fit a model set on a region's own rows; a wrong row is named and nothing is trained."""
    from smart_app.cli.train import run

    sys.exit(run(rows, out, seed=seed, name=name, as_json=json))


@app.command(epilog="Example: sickleave evaluate --rows made-up/rows.csv --models my-models --report report.html")
def evaluate(
    rows: Annotated[Path, typer.Option(help="CSV, one case per row, with known outcome.")],
    models_folder: Annotated[Path, typer.Option("--models", help="Folder of the model set.")],
    report: Annotated[Path | None, typer.Option(help="Write one HTML page here.")] = None,
    json: Json = False,
) -> None:
    """Measure a model set on rows: accuracy and calibration, also by groups of people, against the national figures."""
    from smart_app.cli.evaluate import run

    sys.exit(run(rows, models_folder, out=report, as_json=json))

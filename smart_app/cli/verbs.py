"""Every verb of `sickleave`: its words and options; the work stands in the modules that are imported when it runs."""

from __future__ import annotations

import sys
from datetime import date, datetime
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
terminology = typer.Typer(help="KVÅ and ICD-10-SE as shipped.", no_args_is_help=True)
models = typer.Typer(help="Which model gives the figures.", no_args_is_help=True)
app.add_typer(outbox, name="outbox")
app.add_typer(token, name="token")
app.add_typer(terminology, name="terminology")
app.add_typer(models, name="models")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, logs on stderr.")]


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
    rows: Annotated[Path | None, typer.Option(help="CSV with one case per row.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the scored rows go.")] = None,
    json: Json = False,
) -> None:
    """The curve and the risk beyond day 90, 180 and 365 for one case, or for every row of a file."""
    from smart_app.cli.risk import one_case, scored_rows

    if rows is not None:
        if out is None or diagnosis is not None:
            wrong_use("--rows goes with --out, and without --diagnosis")
        sys.exit(scored_rows(rows, out))
    if diagnosis is None:
        wrong_use("give --diagnosis CODE, or --rows FILE --out FILE")
    sys.exit(one_case(diagnosis, sex=sex, age=age, day=day, as_json=json))


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


@terminology.command("lookup", epilog="Example: sickleave terminology lookup --system kva DV077 --json")
def terminology_lookup(
    code: Annotated[str, typer.Argument(help="Code to look up.")],
    system: Annotated[str, typer.Option(help="kva or icd-10-se.")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; codes over time are not built yet.")
    ] = None,
    json: Json = False,
) -> None:
    """Text of a code as shipped; exit 1 with the reason when it is not known."""
    from smart_app.cli.terminology import lookup

    day: date | None = on.date() if on else None
    sys.exit(lookup(code, system, on=day, as_json=json))


@models.command("list", epilog="Example: sickleave models list --json")
def models_list(json: Json = False) -> None:
    """Which models are there and which is in force."""
    from smart_app.cli.risk import list_models

    sys.exit(list_models(as_json=json))


def _not_built(verb: str, what: str) -> None:
    @app.command(verb, help=f"{what} (not built yet).", context_settings={"ignore_unknown_options": True})
    def refused(arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
        del arguments
        typer.echo(
            f"sickleave {verb} is not built yet: this version gives the national figures of 2017 only.", err=True
        )
        raise typer.Exit(1)


_not_built("simulate", "Make a simulated population")
_not_built("train", "Fit models on a region's own rows")
_not_built("evaluate", "Evaluate models on rows")

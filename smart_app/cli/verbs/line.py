"""The verbs of every day: serve, demo, assess, risk, check-ehr, audit, purge."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from smart_app.cli.output import wrong_use
from smart_app.cli.verbs.options import Json

line = typer.Typer()


@line.command(epilog="Example: SICKLEAVE_BASE_URL=https://sickleave.region.example sickleave serve --port 8000")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Run the service (settings in the environment, see the README)."""
    from smart_app.cli.serve import run

    run(host, port)


@line.command(epilog="Example: sickleave demo --once --json")
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


@line.command(
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


@line.command(epilog="Example: sickleave risk --diagnosis F32 --sex female --age 45 --day 37 --json")
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
    rows: Annotated[Path | None, typer.Option(help="CSV, one case per row: icd10, day (15 if empty), answers.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the scored rows go.")] = None,
    json: Json = False,
) -> None:
    """The curve and the risk beyond day 90, 180 and 365 for one case, or for every row of a file."""
    from smart_app.cli.risk import one_case, scored_rows

    if rows is not None:
        if out is None or diagnosis is not None:
            wrong_use("--rows goes with --out, and without --diagnosis")
        sys.exit(scored_rows(rows, out, as_json=json, model=model))
    if diagnosis is None:
        wrong_use("give --diagnosis CODE, or --rows FILE --out FILE")
    sys.exit(one_case(diagnosis, sex=sex, age=age, day=day, as_json=json, answers=answer or (), model=model))


@line.command("check-ehr", epilog="Example: sickleave check-ehr --ehr https://ehr.region.example/fhir")
def check_ehr(
    ehr: Annotated[str, typer.Option(help="FHIR base, as in the issuers file.")],
    json: Json = False,
) -> None:
    """Try what this service needs of an EHR, and say what is missing; reads only."""
    from smart_app.cli.check_ehr import run

    sys.exit(run(ehr, as_json=json))


@line.command(epilog="Example: sickleave audit --json")
def audit(
    known: Annotated[str | None, typer.Option(help="the last row's hash of an earlier time, kept elsewhere")] = None,
    json: Json = False,
) -> None:
    """Verify that no row of the audit trail was changed or taken out; with --known also that no end was cut off."""
    from smart_app.cli.upkeep import verify_audit

    sys.exit(verify_audit(known=known, as_json=json))


@line.command(epilog="Example: sickleave purge --json    (daily, from cron or a systemd timer)")
def purge(json: Json = False) -> None:
    """Delete what retention says has been kept long enough."""
    from smart_app.cli.upkeep import purge_old

    sys.exit(purge_old(as_json=json))

"""`sickleave assess`: the same line as a launch, for one patient or a whole unit, as a backend service."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import typer
from sqlmodel import col, select

from fhir_mapping.read.organization import Unit
from smart_app.assessment.consider import Considered, consider
from smart_app.assessment.look import chart_of
from smart_app.assessment.unit import UnitRun, assess_patients, unit_at
from smart_app.assessment.visit import Visit
from smart_app.cli.background import background_services, profile_or_exit
from smart_app.cli.output import DONE, REFUSED, print_json, wrong_use
from smart_app.ehr.addresses import is_reference
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrFault, EhrRefused, NoToken
from smart_app.ehr.unit_query import organization_of, patients_of_unit
from smart_app.errors import in_words
from smart_app.launch.errors import LaunchRefused
from smart_app.model_choice import ModelsDamaged
from smart_app.outbox.tables import DELIVERED, KEPT, PARKED, OutboxRow
from smart_app.store.owner import Owner
from smart_app.wiring import Services
from terminology.codes import pretty_icd

LOOK_BACK = timedelta(days=400)  # a certificate that still runs was signed within this time
PROGRESS_AFTER_S = 2.0
UNKNOWN_UNIT = Unit()
BECAME: dict[str, tuple[str, ...]] = {"delivered": (DELIVERED,), "refused": (PARKED,), "kept": (KEPT,)}
OTHERS_S = 5.0
REGISTER = (
    "The EHR gave the background client no token (code: {why}). Check that backend_client_id in the issuers file is "
    "registered there with client_credentials, and that the EHR reaches our keys at "
    "SICKLEAVE_BASE_URL/.well-known/jwks.json: the service must be running."
)


def run(*, ehr: str, patient: str | None, unit: str | None, dry_run: bool, as_json: bool) -> int:
    """Assess and print; exit 1 when some patient could not be read or something was refused."""
    if patient is not None and not is_reference(f"Patient/{patient.removeprefix('Patient/')}"):
        wrong_use("--patient must be the id of a Patient at the EHR, such as 123 or Patient/123")
    try:
        return asyncio.run(_run(ehr, patient, unit, dry_run, as_json))
    except NoToken as fault:
        typer.echo(REGISTER.format(why=fault.why), err=True)
    except EhrRefused as fault:
        asked = f"Patient/{patient.removeprefix('Patient/')}" if patient else f"care unit {unit}"
        absent = fault.status in (404, 410) and fault.interaction in ("read Patient", "read Organization")
        typer.echo(f"There is no {asked} at {ehr}." if absent else in_words(fault, "en"), err=True)
    except (EhrFault, LaunchRefused, ModelsDamaged) as fault:
        typer.echo(in_words(fault, "en"), err=True)
    return REFUSED


async def _run(ehr: str, patient: str | None, unit: str | None, dry_run: bool, as_json: bool) -> int:
    async with background_services() as services:
        profile = profile_or_exit(services, ehr)
        client = services.clients.backend(profile)
        if unit is not None:
            where = await unit_at(client, await organization_of(client, unit))
            since = services.clock.today() - LOOK_BACK
            patients = await patients_of_unit(client, profile, unit, since=since)
        else:
            patients = (f"Patient/{(patient or '').removeprefix('Patient/')}",)
            where = await _unit_of_patient(services, client, patients[0])
        if where.hsa_id is None or where.provider_hsa_id is None:
            typer.echo("The care unit or its care provider has no HSA-id at the EHR; nothing was done.", err=True)
            return REFUSED
        done, found = await assess_patients(
            services,
            client,
            where,
            patients,
            dry_run=dry_run,
            whole_unit=unit is not None,
            progress=_progress(),
        )
        document = _document(done, found, dry_run)
        document |= dict.fromkeys((*BECAME, "waiting")) if dry_run else await _sent(services, done.outbox_ids)
    print_json(document) if as_json else typer.echo(_in_words(document))
    return REFUSED if done.failed or done.stopped or document["refused"] else DONE


async def _unit_of_patient(services: Services, client: EhrClient, patient: str) -> Unit:
    """The unit that wrote the patient's latest certificate, whoever's it is."""
    nobody = Visit(client.profile, Owner(client.profile.id, "-", "-"), UNKNOWN_UNIT, patient)
    chart = await chart_of(services, nobody, client)
    today = services.clock.today()
    reading = consider(chart, on=today, scope=nobody.everything, models=services.models_on(today)).reading
    if reading.case is None:
        return UNKNOWN_UNIT
    last = reading.case.certificates[-1]
    return Unit(hsa_id=last.care_unit, provider_hsa_id=last.care_provider)


def _progress() -> Any:
    begun = time.monotonic()

    def said(number: int, of: int) -> None:
        if sys.stderr.isatty() and time.monotonic() - begun > PROGRESS_AFTER_S:
            typer.echo(f"\r{number} of {of} patients", err=True, nl=number == of)

    return said


def _document(done: UnitRun, found: tuple[Considered, ...], dry_run: bool) -> dict[str, Any]:
    return {
        "unit": done.unit.hsa_id,
        "care_provider": done.unit.provider_hsa_id,
        "dry_run": dry_run,
        "patients": done.read + len(done.failed),
        "ongoing": done.ongoing,
        "written": done.written,
        "unchanged": done.unchanged,
        "without_ongoing_case": done.skipped,
        "failed": [{"patient": patient, "why": why} for patient, why in done.failed.items()],
        "stopped": done.stopped,
        "not_tried": done.untried,
        "cases": [_case(one) for one in found],
    }


def _case(considered: Considered) -> dict[str, Any]:
    case, result = considered.case, considered.result
    if case is None or result is None:
        raise ValueError("only ongoing cases are listed")
    return {
        "patient": considered.reading.patient.reference,
        "diagnosis": pretty_icd(case.diagnosis) if case.diagnosis else None,
        "day": case.day,
        "until": case.until.isoformat(),
        "risk": {f"p{one.day}": one.share for one in result.horizons},
        "day1_known": case.day1_known,
        "range_over_day1": {f"p{one.day}": [one.share_low, one.share_high] for one in result.horizons if one.share},
        "passed": [one.day for one in result.horizons if one.passed],
        "band": result.band.value,
    }


def _in_words(document: dict[str, Any]) -> str:
    lines = [_case_in_words(case) for case in document["cases"]] if document["dry_run"] else []
    counts = f"Unit {document['unit']}: {_many(document['patients'], 'patient')}, "
    counts += f"{_many(document['ongoing'], 'ongoing case')}, {document['without_ongoing_case']} without one, "
    lines.append(f"{counts}{len(document['failed'])} not readable.")
    if document["stopped"]:
        left = _many(document["not_tried"], "patient")
        lines.append(f"The EHR was busy or away ({document['stopped']}): stopped with {left} left. Run it again later.")
    if document["dry_run"]:
        lines.append("Dry run: nothing was kept and nothing was written.")
    else:
        lines.append(
            f"{_many(document['written'], 'new assessment')}, {document['unchanged']} unchanged: "
            f"{document['delivered']} written to the EHR, {document['waiting']} waiting, {document['refused']} refused"
            + (f", {document['kept']} kept here because the EHR takes no writes." if document["kept"] else ".")
        )
    return "\n".join(lines)


def _case_in_words(case: dict[str, Any]) -> str:
    ahead = [f"day {name[1:]} {share:.0%}" for name, share in case["risk"].items() if share is not None]
    left = f"still on sick leave {', '.join(ahead)}" if ahead else "no figure ahead"
    return f"{case['patient']}: {case['diagnosis'] or 'no diagnosis'}, day {case['day']}, until {case['until']}, {left}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


async def _sent(services: Services, outbox_ids: Collection[int]) -> dict[str, int]:
    """Deliver what is due, and say what became of this run's entries, whichever process delivered them."""
    deadline = time.monotonic() + OTHERS_S
    while True:
        await services.outbox.drain()
        with services.store.reading() as session:
            states = session.exec(select(OutboxRow.state).where(col(OutboxRow.id).in_(outbox_ids))).all()
        found = {word: sum(state in counted for state in states) for word, counted in BECAME.items()}
        found["waiting"] = len(states) - sum(found.values())
        if not found["waiting"] or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.2)  # the service or `outbox run` may be at it

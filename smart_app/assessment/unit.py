"""A whole unit, or one patient of it, assessed in the background: every ongoing case stands in the worklist unasked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.concurrency import run_in_threadpool

from fhir_mapping.errors import MappingFault
from fhir_mapping.fhir_json import as_reference
from fhir_mapping.read.organization import Unit, unit_of
from risk.assess import has_ended
from risk.case import ScopeKind
from smart_app.assessment.consider import Considered, consider
from smart_app.assessment.given import Given
from smart_app.assessment.look import chart_of, remember
from smart_app.assessment.place import as_known
from smart_app.assessment.save import save_proposal
from smart_app.assessment.visit import Visit
from smart_app.clock import stockholm_day
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import EhrBusy, EhrNonsense, EhrRefused, EhrTooMuch, EhrUnreachable, NoToken
from smart_app.sealing import CannotUnseal
from smart_app.store.owner import Owner
from smart_app.worklist.unit_reading import note_reading


@dataclass
class UnitRun:
    """What a run came to; `failed` holds a word per patient that could not be read, never data of the patient's.

    A case is ongoing while a certificate that began today would still continue it (`risk.assess.has_ended`).
    `skipped` patients have no such case at the unit, or have died; `unchanged` say what they said last time.
    `stopped` is the fault that ended the run before its end, with `untried` patients left; None = it came to its end.
    """

    unit: Unit
    started_at: datetime
    read: int = 0
    ongoing: int = 0
    written: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    outbox_ids: list[int] = field(default_factory=list)
    stopped: str | None = None
    untried: int = 0


Progress = Callable[[int, int], None]
MAX_LEVELS = 10
AWAY = 3
"""So many patients in a row without an answer, and the EHR is taken to be away; fewer are those patients' own."""


async def assess_patients(
    services: Given,
    client: EhrClient,
    unit: Unit,
    patients: tuple[str, ...],
    *,
    dry_run: bool = False,
    whole_unit: bool = True,
    progress: Progress | None = None,
) -> tuple[UnitRun, tuple[Considered, ...]]:
    """Assess patients of one unit, one after the other; one that cannot be read does not stop the others.

    Args:
        unit: with the HSA-ids of unit and provider.
        patients: references at the issuer.
        dry_run: read and compute only; nothing is kept and nothing is sent.
        whole_unit: these are all of the unit's patients: the worklist's freshness line is renewed.

    Raises:
        EhrBusy, EhrUnreachable, NoToken: nobody could be read. After the first patient that ends the run instead.
    """
    if unit.hsa_id is None or unit.provider_hsa_id is None:
        raise ValueError("the unit needs its own HSA-id and its provider's")
    owner = Owner(client.profile.id, unit.provider_hsa_id, unit.hsa_id)
    run = UnitRun(unit, services.clock.now())
    found: list[Considered] = []
    away = 0
    for number, patient in enumerate(patients, start=1):
        if progress:
            progress(number, len(patients))
        visit = Visit(client.profile, owner, unit, patient)
        try:
            considered = await _one(services, client, visit, run, dry_run)
        except (MappingFault, EhrNonsense, EhrRefused, EhrTooMuch, CannotUnseal) as fault:
            run.failed[patient] = fault.reason if isinstance(fault, MappingFault) else type(fault).__name__
            continue
        except (EhrBusy, EhrUnreachable, NoToken) as fault:
            away += 1
            if isinstance(fault, EhrUnreachable) and away < min(AWAY, len(patients)):
                run.failed[patient] = type(fault).__name__
                continue
            if not run.read:
                raise
            run.stopped, run.untried = type(fault).__name__, len(patients) - number + 1
            break
        away = 0
        if considered is not None:
            found.append(considered)
    if whole_unit and not dry_run and run.stopped is None:
        await run_in_threadpool(_note, services, owner, run)
    return run, tuple(found)


async def _one(services: Given, client: EhrClient, visit: Visit, run: UnitRun, dry_run: bool) -> Considered | None:
    chart = await chart_of(services, visit, client)
    now = services.clock.now()
    on = stockholm_day(now)
    models = await run_in_threadpool(services.models_on, on)
    considered = await run_in_threadpool(consider, chart, on=on, scope=visit.scope, models=models, own=services.own)
    run.read += 1
    case = considered.case
    settled = visit.at_unit_of(case)
    if case is None or considered.result is None or has_ended(case) or settled.owner != visit.owner:
        run.skipped += 1
        if not dry_run:
            await run_in_threadpool(remember, services, settled, considered, now)
        return None
    run.ongoing += 1
    considered = await run_in_threadpool(as_known, services, visit, considered)
    if dry_run:
        return considered
    saved = await run_in_threadpool(save_proposal, services, visit, considered)
    if saved is None or saved.outbox_id is None:
        run.unchanged += 1
    else:
        run.written += 1
        run.outbox_ids.append(saved.outbox_id)
    return considered


def _note(services: Given, owner: Owner, run: UnitRun) -> None:
    with services.store.transaction() as session:
        note_reading(
            session,
            services.sealer,
            owner,
            scope=ScopeKind.CARE_PROVIDER,
            patients_read=run.read,
            failed=tuple(run.failed),
            now=run.started_at,
        )


async def unit_at(client: EhrClient, organization_id: str) -> Unit:
    """The care unit behind an Organization at the EHR, with its care provider.

    Raises:
        EhrFault: it could not be read.
    """
    chain = [await client.read(f"Organization/{organization_id}")]
    while len(chain) < MAX_LEVELS and (above := as_reference(chain[-1].get("partOf"), base=client.profile.fhir_base)):
        chain.append(await client.read(above))
    return unit_of(chain[0], chain[1:])

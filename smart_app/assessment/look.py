"""Looking at one patient: read the chart, consider it, and remember what was shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from fhir_mapping.read.case import Chart
from smart_app.assessment.consider import Considered, consider
from smart_app.assessment.errors import LookExpired
from smart_app.assessment.given import Given
from smart_app.assessment.looked import Looked
from smart_app.assessment.place import newest_assessment, place, plan_of
from smart_app.assessment.tables import LookRow
from smart_app.assessment.visit import Visit
from smart_app.audit.log import Action, in_care
from smart_app.clock import stockholm_day
from smart_app.ehr.case_query import read_chart
from smart_app.ehr.client import EhrClient
from smart_app.outbox.states import states
from smart_app.sealing import CannotUnseal

TEMPLATES = ("fk7804-v1", "fk7804-v2")
SINCE = date(2000, 1, 1)  # all there are: a certificate that falls out of the reading would look revoked
PURPOSE = "look"
COLUMN = "sealed_chart"


async def look(services: Given, visit: Visit, client: EhrClient) -> Looked:
    """Read the patient's chart now, and put the case where it belongs.

    Raises:
        EhrFault: the chart could not be read.
        WrongPatient, MappingFault: it cannot be used.
    """
    chart = await chart_of(services, visit, client)
    read_at = services.clock.now()
    on = stockholm_day(read_at)
    models = await run_in_threadpool(services.models_on, on)
    considered = await run_in_threadpool(consider, chart, on=on, scope=visit.scope, models=models, own=services.own)
    return await run_in_threadpool(remember, services, visit, considered, read_at, chart=chart)


async def chart_of(services: Given, visit: Visit, client: EhrClient) -> Chart:
    """The patient's chart, as far back as certificates may matter."""
    ours = (services.urls.questionnaire(name) for name in TEMPLATES)
    return await read_chart(
        client,
        patient=visit.patient,
        granted=await client.granted(),
        questionnaires=(*ours, *visit.profile.questionnaires),
        since=SINCE,
        encounter=visit.encounter,
        context=visit.context,
    )


def look_again(services: Given, visit: Visit) -> Looked:
    """What this launch was shown last, without asking the EHR again.

    Raises:
        LookExpired: nothing is kept (any more) for this launch and patient.
    """
    considered, read_at = shown(services, visit)
    with services.store.transaction() as session:
        return _placed(services, session, visit, considered, read_at)


def shown(services: Given, visit: Visit) -> tuple[Considered, datetime]:
    """The chart that this launch's page was made of, considered as then, and when it was read. Raises LookExpired."""
    chart, read_at = _kept_chart(services, visit)
    on = stockholm_day(read_at)
    return consider(chart, on=on, scope=visit.scope, models=services.models_on(on), own=services.own), read_at


def _kept_chart(services: Given, visit: Visit) -> tuple[Chart, datetime]:
    with services.store.reading() as session:
        row = session.get(LookRow, visit.launch_id) if visit.launch_id else None
    if row is None or row.patient_reference != visit.patient:
        raise LookExpired
    try:
        kept: dict[str, Any] = orjson.loads(services.sealer.unseal(PURPOSE, row.launch_id, COLUMN, row.sealed_chart))
    except CannotUnseal:
        raise LookExpired from None
    return (
        Chart(
            patient=kept["patient"],
            resources=tuple(kept["resources"]),
            withheld=tuple(kept["withheld"]),
            base=kept["base"],
            context_patient=kept["context_patient"],
            context_encounter=kept["context_encounter"],
            canonicals=frozenset(kept["canonicals"]),
        ),
        row.read_at,
    )


def remember(
    services: Given, visit: Visit, considered: Considered, read_at: datetime, *, chart: Chart | None = None
) -> Looked:
    """Put a considered chart in its place and note in the audit trail that it was read.

    Args:
        chart: kept, sealed, for the launch, so that what is saved is what was shown; None keeps nothing.
    """
    with services.store.transaction() as session:
        if visit.launch_id is not None and chart is not None:
            _keep_chart(services, session, visit, visit.launch_id, chart, read_at)
        looked = _placed(services, session, visit, considered, read_at)
        in_care(
            session,
            visit.owner,
            visit.by,
            Action.READ,
            f"chart read, {len(considered.reading.certificates)} certificates",
            now=read_at,
            patient=visit.patient,
        )
        return looked


def _keep_chart(
    services: Given, session: Session, visit: Visit, launch_id: str, chart: Chart, read_at: datetime
) -> None:
    kept = orjson.dumps(
        {
            "patient": chart.patient,
            "resources": list(chart.resources),
            "withheld": list(chart.withheld),
            "base": chart.base,
            "context_patient": chart.context_patient,
            "context_encounter": chart.context_encounter,
            "canonicals": sorted(chart.canonicals),
        }
    )
    session.merge(
        LookRow(
            **visit.owner.columns(),
            launch_id=launch_id,
            patient_reference=visit.patient,
            read_at=read_at,
            sealed_chart=services.sealer.seal(PURPOSE, launch_id, COLUMN, kept),
        )
    )


def _placed(services: Given, session: Session, visit: Visit, considered: Considered, read_at: datetime) -> Looked:
    placed = place(services, session, visit.at_unit_of(considered.case), considered, read_at)
    case_id, considered = placed.case_id, placed.considered
    if case_id is None:
        return Looked(read_at, considered)
    return Looked(
        read_at,
        considered,
        case_id,
        plan=plan_of(session, visit.owner, case_id),
        assessment=newest_assessment(session, visit.owner, case_id),
        task=placed.task,
        states=states(session, visit.owner, case_id),
    )

"""An outbox with a database, a fake EHR behind the real client, and a clock that stands still: for tests and bench."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import event
from sqlmodel import SQLModel, select

from fhir_mapping.write.entry import Kind, WriteEntry
from smart_app.case_register.tables import CaseRow
from smart_app.clock import FixedClock
from smart_app.ehr.client import EhrClient
from smart_app.ehr.errors import NoToken
from smart_app.ehr.tokens import AccessToken, FixedToken
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import parse
from smart_app.outbox.abilities import KnownAbilities
from smart_app.outbox.deliver import Delivery, deliver_due
from smart_app.outbox.enqueue import enqueue
from smart_app.outbox.tables import OutboxRow
from smart_app.sealing import Sealer
from smart_app.store.database import Store, open_store
from smart_app.store.owner import Owner
from tests.fake_ehr import BASE, FakeEhr

NAMESPACE = "https://sickleave-on-fhir.example/id/test"
OWNER = Owner("demo", "SE-PROVIDER-1", "SE-UNIT-1")
PATIENT = "Patient/p1"
PROFILE = IssuerProfile(id="demo", name="Demo", fhir_base=BASE, client_id="us")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TYPES: dict[Kind, str] = {"assessment": "RiskAssessment", "plan": "CarePlan", "task": "Task", "procedure": "Procedure"}


def new_uuid() -> str:
    return str(uuid.uuid4())


def entry(kind: Kind, id_: str, **fields: object) -> WriteEntry:
    """One resource of ours, as small as the rules of writing allow."""
    identifier = (f"{NAMESPACE}/{kind}", id_)
    resource = {
        "resourceType": TYPES[kind],
        "identifier": [{"system": identifier[0], "value": id_}],
        "subject": {"reference": PATIENT},
        **fields,
    }
    return WriteEntry(kind, resource, f"urn:uuid:{id_}", identifier, None, once=kind in ("assessment", "procedure"))


def provenance(id_: str, *targets: WriteEntry) -> WriteEntry:
    tag = (f"{NAMESPACE}/write", id_)
    resource = {
        "resourceType": "Provenance",
        "meta": {"tag": [{"system": tag[0], "code": id_}]},
        "target": [{"reference": target.full_url} for target in targets],
    }
    return WriteEntry("provenance", resource, f"urn:uuid:{id_}", None, tag, once=True)


@dataclass
class Ids:
    """The ids of one case's things; `assessment` and `provenance` are new for each write."""

    plan: str = field(default_factory=new_uuid)
    task: str = field(default_factory=new_uuid)
    assessment: str = field(default_factory=new_uuid)
    provenance: str = field(default_factory=new_uuid)


def assessment_write(ids: Ids, *, plan_status: str = "draft", title: str = "Plan") -> tuple[WriteEntry, ...]:
    """What one assessment writes, in the shape that the mapping gives it."""
    assessment = entry("assessment", ids.assessment, status="final")
    plan = entry(
        "plan",
        ids.plan,
        status=plan_status,
        title=title,
        supportingInfo=[{"reference": assessment.full_url}],
    )
    task = entry("task", ids.task, status="requested", focus={"reference": plan.full_url})
    return (assessment, plan, task, provenance(ids.provenance, assessment, plan, task))


@dataclass
class Desk:
    """Everything that a test of the outbox touches."""

    store: Store
    ehr: FakeEhr = field(default_factory=FakeEhr)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    sealer: Sealer = field(default_factory=lambda: Sealer([b"0123456789abcdef0123456789abcdef"]))
    scopes: str = "user/*.cruds"
    no_token: bool = False
    background: bool = True
    launches: list[str | None] = field(default_factory=list)
    profile: IssuerProfile = PROFILE
    abilities: KnownAbilities | None = None

    async def for_issuer(self, issuer_id: str, launch_id: str | None) -> EhrClient:
        self.launches.append(launch_id)
        if self.no_token or (launch_id is None and not self.background):
            raise NoToken(issuer_id, "expired")
        token = FixedToken(issuer_id, AccessToken("t", parse(self.scopes)))
        return EhrClient(self.ehr.client(), self.profile, token, clock=self.clock)

    def new_case(self, owner: Owner = OWNER, patient: str = PATIENT) -> str:
        id_ = new_uuid()
        with self.store.transaction() as session:
            session.add(
                CaseRow(
                    **owner.columns(),
                    id=id_,
                    patient_reference=patient,
                    number=uuid.UUID(id_).int % 1_000_000,
                    since=date(2026, 10, 1),
                    until=date(2026, 12, 1),
                    opened_at=NOON,
                )
            )
        return id_

    def put_in(self, case_id: str, *entries: WriteEntry, launch_id: str | None = "launch", owner: Owner = OWNER) -> int:
        with self.store.transaction() as session:
            return enqueue(
                session,
                self.sealer,
                owner,
                case_id=case_id,
                patient_reference=PATIENT,
                entries=entries,
                cause="assessment",
                launch_id=launch_id,
                now=self.clock.now(),
            )

    def deliver(self, *, worker: str = "w", limit: int = 100, at_once: int = 1) -> Delivery:
        self.abilities = self.abilities or KnownAbilities(self.clock)
        return asyncio.run(
            deliver_due(
                self.store,
                self.sealer,
                self,
                self.clock,
                worker=worker,
                limit=limit,
                at_once=at_once,
                abilities=self.abilities,
            )
        )

    def wait(self, **time: float) -> None:
        self.clock.instant += timedelta(**time)

    def row(self, outbox_id: int) -> OutboxRow:
        with self.store.reading() as session:
            row = session.exec(select(OutboxRow).where(OutboxRow.id == outbox_id)).one()
            session.expunge(row)
            return row

    def versions(self, kind: str) -> int:
        """How many versions the one resource of a type has at the EHR."""
        return int(self.ehr.only(kind)["meta"]["versionId"])

    def counts(self) -> dict[str, int]:
        kinds = ("RiskAssessment", "CarePlan", "Task", "Procedure", "Provenance")
        return {kind: len(self.ehr.all(kind)) for kind in kinds if self.ehr.all(kind)}


def open_desk(url: str) -> Desk:
    """A desk on an empty database, tables made; SQLite does not wait for the disk, as no test cuts the power."""
    store = open_store(url, migrate=False)
    if store.is_sqlite:
        event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    SQLModel.metadata.create_all(store.engine)
    return Desk(store)

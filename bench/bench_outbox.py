"""The outbox on SQLite, put in and delivered, held against as many bare commits as it needs for being durable."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.bench_chart import entries_of, longest_chart
from bench.pair import Pair
from fhir_mapping.write.entry import WriteEntry
from smart_app.case_register.tables import CaseRow
from smart_app.clock import SystemClock
from smart_app.ehr.client import Stored
from smart_app.issuers import IssuerProfile
from smart_app.launch.scopes import Scopes, parse
from smart_app.logging import configure_logging
from smart_app.outbox.deliver import deliver_due
from smart_app.outbox.enqueue import enqueue
from smart_app.outbox.payload import pack, unpack
from smart_app.sealing import Sealer
from smart_app.store.columns import new_id
from smart_app.store.database import Store, open_store
from smart_app.store.owner import Owner

DELIVERIES = 10
COMMITS_EACH = 3  # put in, taken with a lease, settled
OWNER = Owner("bench", "SE2321000016-1001", "SE2321000016-1003")
GRANTED = parse("system/*.cruds")
PROFILE = IssuerProfile(id="bench", name="Bench", fhir_base="https://ehr.example/fhir", client_id="bench")


@dataclass
class InstantEhr:
    """An EHR that accepts every transaction at once: what is measured is ours alone."""

    profile: IssuerProfile = field(default=PROFILE)

    async def granted(self) -> Scopes:
        return GRANTED

    async def metadata(self) -> dict[str, Any]:
        return {
            "resourceType": "CapabilityStatement",
            "rest": [{"mode": "server", "interaction": [{"code": "transaction"}]}],
        }

    async def update(self, resource: dict[str, Any], *, if_match: str | None) -> Stored:
        raise AssertionError(f"nothing is put: {resource['resourceType']} {if_match}")

    async def create(self, resource: dict[str, Any], *, if_none_exist: str | None = None) -> Stored:
        raise AssertionError(f"nothing is created alone: {resource['resourceType']} {if_none_exist}")

    async def transaction(self, bundle: dict[str, Any]) -> dict[str, Any]:
        answers = [
            {"response": {"status": "201", "location": f"{one['request']['url']}/{uuid.uuid4()}/_history/1"}}
            for one in bundle["entry"]
        ]
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}

    async def read(self, reference: str) -> dict[str, Any]:
        raise AssertionError(f"nothing is read: {reference}")

    async def search(
        self, query: str, params: Mapping[str, str | Sequence[str]] | None = None, *, post: bool = False
    ) -> tuple[dict[str, Any], ...]:
        raise AssertionError(f"nothing is searched: {query} {params} {post}")

    async def for_issuer(self, _issuer: str, _launch_id: str | None) -> InstantEhr:
        return self


def put_in(store: Store, sealer: Sealer, entries: Sequence[WriteEntry]) -> None:
    """One assessment of a new case, in one transaction."""
    now, case_id = datetime.now(UTC), new_id()
    with store.transaction() as session:
        case = CaseRow(
            **OWNER.columns(),
            id=case_id,
            patient_reference=f"Patient/{case_id}",
            number=1,
            since=date(2026, 10, 1),
            until=date(2026, 11, 30),
            opened_at=now,
        )
        session.add(case)
        session.flush()
        enqueue(
            session,
            sealer,
            OWNER,
            case_id=case_id,
            patient_reference=case.patient_reference,
            entries=entries,
            cause="assessment",
            launch_id=None,
            now=now,
        )


def renewed(made: bytes, ids: Sequence[str]) -> Sequence[WriteEntry]:
    """The same write with new ids, so that it is another thing; much cheaper than making it from a chart."""
    for one in ids:
        made = made.replace(one.encode(), new_id().encode())
    return unpack(made)


def deliver(store: Store, sealer: Sealer, made: bytes, ids: Sequence[str]) -> None:
    """Put in and deliver DELIVERIES assessments."""
    for _ in range(DELIVERIES):
        put_in(store, sealer, renewed(made, ids))
    came_to = asyncio.run(deliver_due(store, sealer, InstantEhr(), SystemClock(), worker="bench"))
    if came_to.delivered != DELIVERIES:
        raise AssertionError(f"{came_to} of {DELIVERIES}")


def bare_commits(store: Store) -> None:
    """As many durable commits of one small row each."""
    for _ in range(DELIVERIES * COMMITS_EACH):
        with store.transaction() as session:
            session.execute(text("insert into bare (words) values ('one small row')"))


def pairs() -> Iterator[Pair]:
    configure_logging(logging.WARNING)
    entries, sealer = entries_of(longest_chart()), Sealer([b"0123456789abcdef0123456789abcdef"])
    made, ids = pack(entries), [entry.full_url.removeprefix("urn:uuid:") for entry in entries]
    with tempfile.TemporaryDirectory(prefix="sickleave-bench.") as folder:
        store, floor = (open_store(f"sqlite:///{Path(folder) / name}") for name in ("ours.db", "floor.db"))
        with floor.transaction() as session:
            session.execute(text("create table bare (id integer primary key, words varchar(20))"))
        yield Pair(
            f"{DELIVERIES} writes put in and delivered / {DELIVERIES * COMMITS_EACH} commits",
            lambda: deliver(store, sealer, made, ids),
            lambda: bare_commits(floor),
            items=DELIVERIES,
            unit="deliveries",
        )
        store.close()
        floor.close()
